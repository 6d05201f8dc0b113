"""Images of every kind and with every fault."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from annotator.images import (
    BadImage,
    ImageLimits,
    display_copy,
    displayable,
    inspect,
    thumbnail,
)

RED, BLUE = (200, 30, 30), (30, 30, 200)


def encoded(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def two_halves(mode: str = "RGB", *, width: int = 64, height: int = 32) -> Image.Image:
    """Red above, blue below."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(BLUE, (0, height // 2, width, height))
    return image.convert(mode)


def reason_of(data: bytes, **limits: int) -> str:
    with pytest.raises(BadImage) as caught:
        inspect(data, limits=ImageLimits(**limits))
    assert not caught.value.retryable
    return caught.value.reason


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def close_to(colour: object, wanted: tuple[int, int, int], *, within: int = 20) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(a - b) <= within for a, b in zip(colour, wanted, strict=True))


FORMATS = [
    ("JPEG", "image/jpeg", True),
    ("PNG", "image/png", True),
    ("WEBP", "image/webp", True),
    ("GIF", "image/gif", True),
    ("BMP", "image/bmp", False),
    ("TIFF", "image/tiff", False),
    pytest.param(
        "AVIF",
        "image/avif",
        True,
        marks=pytest.mark.skipif(not features.check("avif"), reason="Pillow without AVIF"),
    ),
]


@pytest.mark.parametrize(("name", "mime", "shown"), FORMATS)
def test_accepted_formats(name: str, mime: str, shown: bool) -> None:
    data = encoded(two_halves(), name)
    facts = inspect(data)
    assert (facts.format, facts.mime, facts.n_bytes) == (name, mime, len(data))
    assert (facts.width, facts.height) == (64, 32)
    assert displayable(mime) is shown


@pytest.mark.parametrize(("name", "mime", "shown"), FORMATS)
@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_file_that_is_cut_off_is_broken(name: str, mime: str, shown: bool, kept: float) -> None:
    noise = Image.effect_noise((200, 200), 60).convert("RGB")
    data = encoded(noise, name)
    assert reason_of(data[: int(len(data) * kept)]) == "broken"


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_is_read_to_its_end(progressive: bool) -> None:
    noise = Image.effect_noise((640, 480), 60).convert("RGB")
    data = encoded(noise, "JPEG", progressive=progressive)
    assert inspect(data).width == 640
    assert reason_of(data[:-40]) == "broken"


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        (b"", "not_an_image", "empty"),
        (b"hello, world", "not_an_image", "no image"),
        (b"\n<!-- gone --> <!DOCTYPE HTML><html>404</html>", "not_an_image", "web page"),
        (b"\xef\xbb\xbf<html><svg></svg></html>", "not_an_image", "web page"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported", "SVG"),
        (
            b"<?xml version='1.0'?><!-- Made by hand --><!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>",
            "unsupported",
            "SVG",
        ),
        (b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "not_an_image", "XML"),
        (b'{"error": "rate limit"}', "not_an_image", "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "not_an_image", "git lfs pull"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "unsupported", "HEIC"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0", "not_an_image", "video"),
        (b"%PDF-1.7", "not_an_image", "PDF"),
        (b"\xff\xd8\xff\xe0 and then nothing", "broken", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "broken", "PNG"),
    ],
)
def test_what_is_no_image_is_named(data: bytes, reason: str, words: str) -> None:
    with pytest.raises(BadImage) as caught:
        inspect(data)
    assert caught.value.reason == reason
    assert words in caught.value.sentence


def test_a_page_of_comments_is_judged_at_once() -> None:
    began = time.thread_time()
    assert reason_of(b"<!-- -->" * 1000 + b"x") == "not_an_image"
    assert time.thread_time() - began < 5


def test_limits() -> None:
    data = encoded(two_halves(), "PNG")
    assert reason_of(data, max_bytes=len(data) - 1) == "too_large"
    assert reason_of(data, max_pixels=64 * 32 - 1) == "bomb"
    assert inspect(data, limits=ImageLimits(max_bytes=len(data), max_pixels=64 * 32))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99))


@pytest.mark.parametrize("side", [9_000, 10_000, 14_000, 65_000])
@pytest.mark.parametrize("strict", [False, True])
def test_a_bomb_is_refused_by_its_header(side: int, strict: bool) -> None:
    before = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        # Pillow warns above 89 megapixels and raises above 179: neither may get through.
        warnings.simplefilter("error" if strict else "ignore", Image.DecompressionBombWarning)
        assert reason_of(png_header(side, side)) == "bomb"
    assert before == Image.MAX_IMAGE_PIXELS


def test_the_header_is_judged_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("decoded")

    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load", never)
    assert reason_of(png_header(9_000, 9_000)) == "bomb"


@pytest.mark.parametrize("name", ["GIF", "WEBP"])
def test_a_moving_image_counts_by_its_first_frame(name: str) -> None:
    first, second = Image.new("RGB", (20, 10), RED), Image.new("RGB", (20, 10), BLUE)
    data = encoded(first, name, save_all=True, append_images=[second], duration=50)
    assert inspect(data).width == 20
    assert close_to(opened(thumbnail(data, longest_side=9)).getpixel((4, 2)), RED)


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [
        (1, (16, 2)),
        (2, (16, 2)),
        (3, (16, 13)),
        (4, (16, 13)),
        (5, (2, 16)),
        (6, (13, 16)),
        (7, (13, 16)),
        (8, (2, 16)),
    ],
)
def test_exif_orientation(name: str, orientation: int, red_at: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(two_halves(), name, exif=exif.tobytes())
    facts = inspect(data)
    turned = orientation >= 5
    assert (facts.width, facts.height) == ((32, 64) if turned else (64, 32))
    small = opened(thumbnail(data, longest_side=32))
    assert small.size == ((16, 32) if turned else (32, 16))
    assert close_to(small.getpixel(red_at), RED)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_damaged_exif_is_no_orientation() -> None:
    data = encoded(two_halves(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff nonsense")
    assert inspect(data).width == 64


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"])
def test_every_mode_becomes_a_thumbnail(mode: str) -> None:
    source = two_halves("L" if mode in ("I;16", "F") else mode if mode != "LA" else "RGBA")
    image = source.convert(mode) if mode != "I;16" else Image.new("I;16", (64, 32), 40_000)
    name = "JPEG" if mode in ("CMYK", "YCbCr") else "TIFF" if mode == "F" else "PNG"
    small = opened(thumbnail(encoded(image, name), longest_side=16))
    assert (small.format, small.mode, small.size) == ("WEBP", "RGB", (16, 8))


def test_cmyk_keeps_its_colours() -> None:
    data = encoded(two_halves("CMYK"), "JPEG", quality=95)
    assert close_to(opened(thumbnail(data, longest_side=32)).getpixel((16, 2)), RED, within=30)


def test_sixteen_bits_keep_their_brightness() -> None:
    dark = encoded(Image.new("I;16", (8, 8), 0x2000), "PNG")
    light = encoded(Image.new("I;16", (8, 8), 0xC000), "PNG")
    assert close_to(opened(thumbnail(dark, longest_side=8)).getpixel((4, 4)), (32,) * 3, within=4)
    assert close_to(opened(thumbnail(light, longest_side=8)).getpixel((4, 4)), (192,) * 3, within=4)


def test_what_is_transparent_becomes_white() -> None:
    clear = encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), "PNG")
    grey_clear = encoded(Image.new("LA", (8, 8), (0, 0)), "PNG")
    indexed = encoded(Image.new("P", (8, 8), 0), "GIF", transparency=0)
    for data in (clear, grey_clear, indexed):
        assert close_to(opened(thumbnail(data, longest_side=8)).getpixel((4, 4)), (255,) * 3)


def test_small_images_are_not_enlarged_and_thin_ones_keep_a_pixel() -> None:
    assert opened(thumbnail(encoded(two_halves(), "PNG"), longest_side=500)).size == (64, 32)
    thin = encoded(two_halves(width=3000, height=2), "PNG")
    assert opened(thumbnail(thin, longest_side=100)).size == (100, 1)


def test_display_copy_says_what_it_is_and_keeps_the_colour_profile() -> None:
    profile = b"a profile that we only hand on"
    source = encoded(two_halves(width=300, height=100), "TIFF", icc_profile=profile)
    data, mime = display_copy(source, longest_side=150)
    assert displayable(mime)
    assert inspect(data).mime == mime
    assert opened(data).size == (150, 50)
    assert opened(data).info["icc_profile"] == profile


@pytest.mark.parametrize("data", [b"<html>", encoded(two_halves(), "PNG")[:60]])
def test_copies_refuse_what_inspect_refuses(data: bytes) -> None:
    for call in (thumbnail, display_copy):
        with pytest.raises(BadImage):
            call(data, longest_side=9)


SAMPLES = [encoded(two_halves(), name) for name in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")]


@settings(max_examples=150, deadline=None)
@given(
    data=st.sampled_from(SAMPLES),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
)
def test_damage_is_either_harmless_or_named(data: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            facts = inspect(bytes(damaged), limits=ImageLimits(max_pixels=1_000_000))
            thumbnail(bytes(damaged), longest_side=16)
        except BadImage as error:
            assert error.sentence
        else:
            assert facts.width * facts.height <= 1_000_000
