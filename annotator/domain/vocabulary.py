"""The closed lists of the field's words, each in one place.

Sources: MIA-Bench (arXiv 2407.01509) for levels and component types; MM-IFEval
(arXiv 2504.07957) for judge methods, where ``direct``, ``rule`` and ``compare`` stand for its
``direct_gpt``, ``rule_based`` and ``cmp_gpt``.
"""

from __future__ import annotations

from typing import Final

LEVELS: Final = ("basic", "intermediate", "advanced", "complex", "creative")
"""MIA-Bench's five levels of an instruction, its field ``type``."""

COMPONENT_TYPES: Final = (
    "describe",
    "length_limit",
    "mention",
    "linguistics",
    "grammar",
    "math",
    "perspective",
    "textual",
)
"""MIA-Bench's eight component types."""

JUDGE_METHODS: Final = ("direct", "rule", "compare")
"""How a component is scored: a judge with the image, code, or a judge comparing two responses."""

VERDICTS: Final = ("keep", "fix", "drop")
"""An annotator's verdict on an item; ``fix`` means kept with edits."""

FLAG_KINDS: Final = (
    "conflict",
    "misaligned component",
    "ambiguous",
    "unverifiable",
    "image problem",
    "unsafe",
    "other",
)
"""What a person can say is wrong with an item. A conflict names two or more components."""

FLAG_STATES: Final = ("open", "confirmed", "dismissed", "resolved", "withdrawn")
FINDING_STATES: Final = ("open", "confirmed", "dismissed", "gone")
"""``gone``: a later run of the checks no longer finds it."""

STANDING: Final = ("open", "confirmed")
"""The states of findings and flags that still say something is wrong."""

SEVERITIES: Final = ("note", "warning", "error")
"""From harmless to certainly wrong; the position in the tuple is the rank stored for sorting."""

ITEM_STATUSES: Final = ("open", "draft", "curated")
"""Nobody has worked on it; somebody has unfinished work on it; the curation is agreed."""

ANNOTATION_STATES: Final = ("draft", "submitted")
"""An annotation's two states; a later edit makes a submitted one a draft again."""

IMAGE_NOT_FETCHED: Final = "The image has not been fetched from its address yet."
"""Why an item whose image is named by a sound address has none so far: no fault of the item."""

IMAGE_WITHOUT_SCHEME: Final = "The image's address has no scheme"
IMAGE_MISSING: Final = (
    "The source names no image",
    "There is no f",
    "The image was taken down",
    "The image is not here",
    "The image could not be fetched",
)
"""How the sentences begin that say why an item has no image, where nothing was there to read."""

PERCEPTION_LEVELS: Final = ("P-Level", "perception")
"""MM-IFEval's level of items that are a question with ground-truth answers and no components."""

KEYED_BY_TYPE: Final = ("VLMEvalKit", "MIA-Bench's notebook")
"""Published kits that keep an item's scores by component type."""

KEYED_BY_TEXT: Final = ("lmms-eval",)
"""Published kits that keep an item's scores by component text."""
