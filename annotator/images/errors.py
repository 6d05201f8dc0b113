"""What can be wrong with an image, in a code for programs and a sentence for people.

AnnotatorError
└── BadImage          these bytes, or this reference, give no image we can use
    └── FetchFailed   an address gave nothing; says whether trying again may help
"""

from __future__ import annotations

from typing import Literal

from annotator.errors import AnnotatorError

BadImageReason = Literal[
    "bomb",
    "broken",
    "missing",
    "not_an_image",
    "outside",
    "too_large",
    "unsupported",
]
"""Codes of `BadImage`, stable: they are stored and counted."""

FetchReason = Literal[
    "address",
    "bad_url",
    "connect",
    "credentials",
    "dns",
    "encoded",
    "interrupted",
    "redirects",
    "scheme",
    "status",
    "timeout",
    "tls",
    "too_large",
]
"""Codes of `FetchFailed`, stable: they are stored and counted."""


class BadImage(AnnotatorError):
    """No usable image.

    Args:
        reason: a stable code.
        sentence: what is wrong, and where it helps, what to do about it.
    """

    retryable = False
    """Whether the same request may succeed later."""

    def __init__(self, reason: BadImageReason | FetchReason, sentence: str) -> None:
        self.reason, self.sentence = reason, sentence
        super().__init__(sentence)


class FetchFailed(BadImage):
    """An address gave no image data.

    Args:
        reason: a stable code.
        sentence: what happened.
        retryable: whether the same request may succeed later.
        status: the HTTP status, where the server answered with an unusable one.
    """

    def __init__(
        self,
        reason: FetchReason,
        sentence: str,
        *,
        retryable: bool = False,
        status: int | None = None,
    ) -> None:
        super().__init__(reason, sentence)
        self.retryable, self.status = retryable, status
