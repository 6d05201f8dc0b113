"""Look into images and make smaller copies of them.

Nothing here trusts the bytes: the size in the header is judged before anything is decoded, and
only decoding shows whether a file is whole.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

from PIL import Image, features

from annotator.domain.looks import SIDE, look_of
from annotator.images.errors import BadImage
from annotator.images.sniff import image_format, refusal

_MIME = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "AVIF": "image/avif",
}
_SHOWN_BY_BROWSERS = frozenset(_MIME.values()) - {"image/bmp", "image/tiff"}
_FORMATS = tuple(name for name in _MIME if name != "AVIF" or features.check("avif"))

# Pillow's decoders answer damaged bytes with any of these.
_DECODER_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)

_LEAST_FOR_LOOK = 96
_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ON_ITS_SIDE = (5, 6, 7, 8)


@dataclass(frozen=True, kw_only=True)
class ImageLimits:
    """How much of an image is accepted.

    Args:
        max_bytes: size of the file.
        max_pixels: width × height. Pillow refuses 179 megapixels and more, whatever stands here.
    """

    max_bytes: int = 30 * 2**20
    max_pixels: int = 64_000_000


@dataclass(frozen=True, kw_only=True)
class ImageFacts:
    """What an image is.

    Args:
        format: Pillow's name of the format, such as "JPEG".
        mime: the media type, such as "image/jpeg".
        width: in pixels, as shown, that is after the EXIF orientation.
        height: likewise.
        n_bytes: size of the file.
        look: how it looks (``annotator.domain.looks``), None where there is nothing to see.
    """

    format: str
    mime: str
    width: int
    height: int
    n_bytes: int
    look: str | None = None


_DEFAULT_LIMITS = ImageLimits()


def inspect(data: bytes, *, limits: ImageLimits = _DEFAULT_LIMITS) -> ImageFacts:
    """Decode an image, the first frame of a moving one, and say what it is.

    Raises:
        BadImage: "too_large" (bytes), "bomb" (pixels), "broken" (damaged or cut off),
            "not_an_image", "unsupported" (an image in a format we do not show).
    """
    if len(data) > limits.max_bytes:
        raise BadImage(
            "too_large",
            f"The file has {_mib(len(data))}; at most {_mib(limits.max_bytes)} are accepted.",
        )
    with _opened(data) as image:
        _refuse_bomb(image.size, max_pixels=limits.max_pixels)
        width, height = _decoded_size(image)
        if _orientation(image) in _ON_ITS_SIDE:
            width, height = height, width
        name = _format_name(image)
        look = look_of(_grey(image))
    return ImageFacts(
        format=name, mime=_MIME[name], width=width, height=height, n_bytes=len(data), look=look
    )


def displayable(mime: str) -> bool:
    """Whether browsers show this media type, so that the original can be sent as it is."""
    return mime in _SHOWN_BY_BROWSERS


def thumbnail(data: bytes, *, longest_side: int) -> bytes:
    """A small WebP copy: upright, on white, no side longer than `longest_side` pixels.

    An image that is smaller keeps its size.

    Raises:
        BadImage: as `inspect`, without the limits of the caller.
    """
    with _opened(data) as image:
        return _saved(_fitted(image, longest_side), "WEBP", quality=80)


def display_copy(data: bytes, *, longest_side: int) -> tuple[bytes, str]:
    """A copy for the screen and its media type, shaped as by `thumbnail`.

    It is a JPEG with full colour resolution: WebP halves it, which blurs coloured lettering in
    charts and screenshots.

    Raises:
        BadImage: as `thumbnail`.
    """
    with _opened(data) as image:
        profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA", "P") else None
        copy = _fitted(image, longest_side)
        return _saved(copy, "JPEG", quality=90, subsampling=0, icc_profile=profile), "image/jpeg"


def shown_as_is(data: bytes, *, longest_side: int) -> str | None:
    """The media type, if a browser can be given this image as it is, else None.

    Only the header is read.

    Raises:
        BadImage: as `thumbnail`.
    """
    with _opened(data) as image:
        mime = _MIME[_format_name(image)]
        return mime if displayable(mime) and max(image.size) <= longest_side else None


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    known = image_format(data)
    if known is None:
        raise refusal(data)
    if known not in _FORMATS:
        raise BadImage("unsupported", f"This is an {known} image; this Pillow cannot read it.")
    try:
        with Image.open(io.BytesIO(data), formats=(known,)) as image:
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BadImage("bomb", f"The image would fill the memory: {error}") from error
    except _DECODER_ERRORS as error:
        raise BadImage("broken", f"The {known} image is damaged or cut off: {error}.") from error


def _refuse_bomb(size: tuple[int, int], *, max_pixels: int) -> None:
    width, height = size
    if width * height > max_pixels:
        raise BadImage(
            "bomb",
            f"The image has {width} × {height} pixels; at most {max_pixels / 1e6:g} million"
            " are accepted.",
        )


def _decoded_size(image: Image.Image) -> tuple[int, int]:
    # A draft reads a JPEG to its end but computes a part of it: three times as fast.
    full_size = image.size
    is_draft = image.draft(None, (_LEAST_FOR_LOOK, _LEAST_FOR_LOOK)) is not None
    image.load()
    return full_size if is_draft else image.size


def _grey(image: Image.Image) -> bytes:
    """The image, decoded already, as few grey pixels, upright."""
    small = _flattened(image).convert("L")
    turn = _TURNS.get(_orientation(image))
    upright = small.transpose(turn) if turn is not None else small
    return upright.resize((SIDE, SIDE), Image.Resampling.BOX).tobytes()


def _format_name(image: Image.Image) -> str:
    # Pillow calls a JPEG with a second picture behind the first, as phones write it, an MPO.
    name = image.format or ""
    return "JPEG" if name == "MPO" else name


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation 1–8; 1 where it is missing or unreadable, as browsers do."""
    try:
        value = image.getexif().get(_ORIENTATION_TAG, 1)
    except _DECODER_ERRORS:
        return 1
    return value if value in _TURNS else 1


def _fitted(image: Image.Image, longest_side: int) -> Image.Image:
    """`image` in RGB, upright, at most `longest_side` wide and high."""
    image.draft(None, (2 * longest_side, 2 * longest_side))
    image.load()
    turn = _TURNS.get(_orientation(image))
    small = _flattened(image)
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small.transpose(turn) if turn is not None else small


def _flattened(image: Image.Image) -> Image.Image:
    """A copy in RGB; what is transparent becomes white."""
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 bits; 32-bit and floating point from its darkest to its lightest."""
    wide = image.convert("F")
    if image.mode.startswith("I;16"):
        low, span = 0.0, 65535.0
    else:
        low, high = cast("tuple[float, float]", wide.getextrema())
        span = (high - low) or 1.0
    return wide.point(lambda value: value * (255 / span) - low * 255 / span).convert("L")


def _saved(image: Image.Image, name: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()


def _mib(n_bytes: int) -> str:
    return f"{n_bytes / 2**20:.1f} MiB"
