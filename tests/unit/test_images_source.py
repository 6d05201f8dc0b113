"""References to images, as benchmarks write them."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annotator.images import BadImage, classify, decode_base64, decode_data_uri, read_local


def picture(name: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4)).save(buffer, name)
    return buffer.getvalue()


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", "path"),
        ("101.jpg", "path"),
        ("images/train/000001.jpg", "path"),
        ("./images.v2/a.jpg", "path"),
        ("my.images/a.jpg", "path"),
        ("/data/me/a.jpg", "path"),
        (r"C:\images\a.jpg", "path"),
        ("images/train/0123456789/0123456789/0123456789/0123456789", "path"),
        ("/9j/4AAQ", "path"),
        ("http://a.example/x.jpg", "url"),
        (" HTTPS://a.example/x.jpg\n", "url"),
        ("s3://bucket/x.jpg", "url"),
        ("file:///etc/passwd", "url"),
        ("live.staticflickr.com/74/x.jpg", "url_without_scheme"),
        ("farm1.static.example:8080/x.jpg", "url_without_scheme"),
        ("flickr.com/x.jpg", "url_without_scheme"),
        ("www.example.museum/x.jpg", "url_without_scheme"),
        ("//upload.example.org/x.jpg", "url_without_scheme"),
        ("localhost:8000/x.jpg", "url_without_scheme"),
        ("data:image/png;base64,iVBORw0KGgo=", "data_uri"),
        ("DATA:,x", "data_uri"),
    ],
)
def test_classify(text: str, kind: str) -> None:
    assert classify(text) == kind


@pytest.mark.parametrize("name", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
def test_bare_base64_is_known_by_its_first_bytes(name: str) -> None:
    data = picture(name)
    plain = in_base64(data)
    lines = base64.encodebytes(data).decode()
    url_safe = base64.urlsafe_b64encode(data).decode().rstrip("=")
    for text in (plain, lines, url_safe):
        assert classify(text) == "base64"
        assert decode_base64(text, max_bytes=10_000) == data


def test_long_base64_of_anything_is_base64() -> None:
    assert classify(in_base64(b"no image at all " * 400)) == "base64"


def test_classify_takes_no_longer_than_the_text_is_long() -> None:
    began = time.thread_time()
    assert classify("A" + " " * 100_000 + "!") == "path"
    assert time.thread_time() - began < 5


@given(st.text(max_size=120))
def test_classify_never_crashes(text: str) -> None:
    assert classify(text) in ("path", "url", "url_without_scheme", "data_uri", "base64")


@given(st.text(max_size=40))
def test_reading_gives_bytes_or_bad_image(text: str) -> None:
    for call in (decode_base64, decode_data_uri):
        try:
            assert isinstance(call(text, max_bytes=20), bytes)
        except BadImage as error:
            assert error.reason in ("broken", "too_large")
    with pytest.raises(BadImage):
        read_local(text, folder=Path("/nonexistent/folder"), max_bytes=20)


@given(st.binary(max_size=100))
def test_base64_and_data_uris_give_back_what_was_written(data: bytes) -> None:
    text = in_base64(data)
    assert decode_base64(text, max_bytes=100) == data
    assert decode_data_uri(f"data:image/png;base64,{text}", max_bytes=100) == data
    percent = "".join(f"%{byte:02x}" for byte in data)
    assert decode_data_uri(f"data:image/gif,{percent}", max_bytes=100) == data


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("data:image/png;base64", "broken"),
        ("data:image/png;base64,####", "broken"),
        ("data:image/png;base64,A", "broken"),
        ("data:image/png;base64," + "A" * 40, "too_large"),
        ("data:image/png," + "A" * 40, "too_large"),
        ("nothing", "broken"),
    ],
)
def test_bad_data_uris(uri: str, reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        decode_data_uri(uri, max_bytes=20)
    assert caught.value.reason == reason


def test_a_data_uri_may_have_parameters_and_percent_signs() -> None:
    data = b"\xfb\xef\xbe\x01"
    assert in_base64(data) == "++++AQ=="
    uri = "data:image/png;charset=utf-8;base64,%2B%2b++AQ%3D="
    assert decode_data_uri(uri, max_bytes=10) == data


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "images"
    (inside / "sub").mkdir(parents=True)
    (inside / "1.jpg").write_bytes(b"one")
    (inside / "sub" / "1.jpg").write_bytes(b"one in sub")
    (inside / "two words.jpg").write_bytes(b"two")
    (inside / "as%20written.jpg").write_bytes(b"three")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "images-too").mkdir()
    (tmp_path / "images-too" / "x.jpg").write_bytes(b"secret")
    (inside / "link-out.jpg").symlink_to(tmp_path / "secret.jpg")
    (inside / "link-in.jpg").symlink_to("sub/1.jpg")
    (inside / "folder-out").symlink_to(tmp_path)
    (inside / "loop").symlink_to("loop")
    return inside


@pytest.mark.parametrize(
    ("ref", "data"),
    [
        ("1.jpg", b"one"),
        (" ./1.jpg\n", b"one"),
        ("sub/1.jpg", b"one in sub"),
        ("sub/../1.jpg", b"one"),
        (r"sub\1.jpg", b"one in sub"),
        ("link-in.jpg", b"one in sub"),
        ("elsewhere/1.jpg", b"one"),
        ("/home/author/1.jpg", b"one"),
        ("../../1.jpg", b"one"),
        (r"D:\set\1.jpg", b"one"),
        ("https://a.example/74/1.jpg?size=big#top", b"one"),
        ("https://a.example/two%20words.jpg", b"two"),
        ("https://a.example/as%20written.jpg", b"three"),
        ("https://a.example/x%2F..%2F1.jpg", b"one"),
    ],
)
def test_read_local_finds(folder: Path, ref: str, data: bytes) -> None:
    assert read_local(ref, folder=folder, max_bytes=100) == data


def test_an_absolute_path_within_the_folder(folder: Path) -> None:
    assert read_local(str(folder / "sub" / "1.jpg"), folder=folder, max_bytes=100) == b"one in sub"


def test_a_folder_reached_through_a_link(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(folder)
    assert read_local("sub/1.jpg", folder=tmp_path / "alias", max_bytes=100) == b"one in sub"


@pytest.mark.parametrize(
    ("ref", "reason"),
    [
        ("../secret.jpg", "outside"),
        ("sub/../../secret.jpg", "outside"),
        ("../images-too/x.jpg", "outside"),
        ("link-out.jpg", "outside"),
        ("folder-out/secret.jpg", "outside"),
        ("/etc/passwd", "outside"),
        ("https://a.example/link-out.jpg", "outside"),
        ("file:///etc/passwd", "missing"),
        ("2.jpg", "missing"),
        ("sub", "missing"),
        ("", "missing"),
        (".", "missing"),
        ("..", "missing"),
        ("https://a.example/", "missing"),
        ("https://a.example/..%2Fsecret.jpg", "missing"),
        ("https://[broken/1.jpg", "missing"),
        ("loop", "missing"),
        ("1.jpg\0.png", "missing"),
        ("x" * 5000, "missing"),
    ],
)
def test_read_local_refuses(folder: Path, ref: str, reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        read_local(ref, folder=folder, max_bytes=100)
    assert caught.value.reason == reason


def test_read_local_has_a_limit(folder: Path) -> None:
    assert read_local("1.jpg", folder=folder, max_bytes=3) == b"one"
    with pytest.raises(BadImage) as caught:
        read_local("1.jpg", folder=folder, max_bytes=2)
    assert caught.value.reason == "too_large"
