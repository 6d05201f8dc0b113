"""What bytes are, judged by how they begin."""

from __future__ import annotations

import re
from dataclasses import dataclass

from annotator.images.errors import BadImage, BadImageReason

SNIFF_BYTES = 4096
"""So many bytes from the start are looked at."""

_IMAGE_STARTS = re.compile(
    rb"(?P<JPEG>\xff\xd8\xff)"
    rb"|(?P<PNG>\x89PNG\r\n\x1a\n)"
    rb"|(?P<GIF>GIF8[79]a)"
    rb"|(?P<WEBP>RIFF....WEBP)"
    rb"|(?P<BMP>BM.{4}\0{4})"
    rb"|(?P<TIFF>II[*+]\0|MM\0[*+])"
    rb"|(?P<AVIF>....ftypavi[fs])",
    re.DOTALL,
)


@dataclass(frozen=True)
class _Foreign:
    """A kind of file that people send in place of an image."""

    start: bytes
    reason: BadImageReason
    words: str

    def matches(self, head: bytes) -> bool:
        return bool(re.match(self.start, head, re.DOTALL | re.IGNORECASE))


# Possessive: a page of a thousand comments must not cost 2**1000 steps.
_BEFORE_HTML = rb"(?:\s|<\?xml[^>]*>|<!--.*?-->)*+"

_FOREIGN = (
    _Foreign(
        _BEFORE_HTML + rb"<(?:!doctype\s+html|html|head|body|script|title|meta)\b",
        "not_an_image",
        "a web page: the download was probably answered with an error or a login page",
    ),
    _Foreign(
        rb"\s*<(?:svg|(?:\?xml|!--|!doctype\s+svg).*?<svg)\b",
        "unsupported",
        "an SVG drawing, which can carry scripts; send it as PNG",
    ),
    _Foreign(rb"\s*<\?xml", "not_an_image", "an XML document, perhaps a server's error message"),
    _Foreign(
        rb"\s*[{\[]\s*[\"{\[\]}]",
        "not_an_image",
        "a JSON document, perhaps a server's error message",
    ),
    _Foreign(
        rb"version https://git-lfs\.github\.com/",
        "not_an_image",
        "a Git LFS pointer; run 'git lfs pull' where it came from",
    ),
    _Foreign(
        rb"....ftyp(?:hei[cfsx]|hev[cx]|mif1)", "unsupported", "a HEIC photo; send it as JPEG"
    ),
    _Foreign(rb"....JXL |\xff\x0a", "unsupported", "a JPEG XL image; send it as PNG or JPEG"),
    _Foreign(
        rb"....jP  |\xff\x4f\xff\x51", "unsupported", "a JPEG 2000 image; send it as PNG or JPEG"
    ),
    _Foreign(rb"8BPS", "unsupported", "a Photoshop document; send it as PNG"),
    _Foreign(rb"%PDF-", "not_an_image", "a PDF document"),
    _Foreign(rb"....ftyp|\x1aE\xdf\xa3", "not_an_image", "a video"),
    _Foreign(rb"PK\x03\x04|\x1f\x8b|7z\xbc\xaf", "not_an_image", "a compressed archive"),
)


def image_format(data: bytes) -> str | None:
    """The accepted image format that `data` begins like, in Pillow's spelling, or None."""
    match = _IMAGE_STARTS.match(data)
    return match.lastgroup if match else None


def refusal(data: bytes) -> BadImage:
    """Why `data`, which is none of the accepted formats, is refused: what it looks like."""
    if not data:
        return BadImage("not_an_image", "The file is empty.")
    head = data[:SNIFF_BYTES].removeprefix(b"\xef\xbb\xbf")
    for foreign in _FOREIGN:
        if foreign.matches(head):
            return BadImage(foreign.reason, f"This is {foreign.words}.")
    return BadImage("not_an_image", "This is no image in a format that we know.")
