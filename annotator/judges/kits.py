"""What the published kits make of a reply, as far as what is known of them says.

    vlmevalkit   MIA-Bench: the text up to the first full stop, split at commas. Each piece gives
                 what stands between its first and second colon, without its first character, as
                 whole numbers a/b; the last piece is the total, the others are the components in
                 order, keyed by their type. Anything else makes it drop the row.
    mia-bench    the benchmark's own notebook: the same reading of components; of its versions one
                 reads the total, the other takes the last component's share for it.
    lmms-eval    "component N: a/b" with whole numbers; what it does not find scores 0; keyed by
                 the component's text. Versions differ in where they look and in decimals.

MM-IFEval's replies: VLMEvalKit takes "right" anywhere for right, and leaves a comparison that
failed out of the mean. Where the facts end the outcome is "unknown"; nothing is guessed.

Sources: open-compass/VLMEvalKit, EvolvingLMMs-Lab/lmms-eval (tasks/mia_bench) and
apple/ml-mia-bench (evaluation.ipynb), read for what they do; the code here is our own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from annotator.domain.regex import regex
from annotator.judges.result import Ask, Form

Outcome = Literal["read", "overwritten", "misread", "dropped", "zero", "unknown"]

_WHOLE: Final = regex(r"component\s+(\d+)\s*:\s*(\d+)\s*/\s*(\d+)", re.IGNORECASE)
_NEARLY: Final = regex(
    r"(?:component|constraint)[\s_]*\d+\s*[:=]\s*\d+(?:\.\d+)?\s*/\s*\d", re.IGNORECASE
)
_DIRECT: Final = regex(r"Score of constraint_(\d+): ([01])/1(?=[,.]|\Z)")


@dataclass(frozen=True, slots=True)
class KitReading:
    """What one kit makes of one reply.

    ``outcome``: ``read`` as the judge wrote it; ``overwritten`` where a repeated type replaced its
    sibling; ``misread`` where a score was taken for another; ``dropped`` with the whole row;
    ``zero`` where some component counts 0 because it was not found; ``unknown``.
    ``components`` are shares from 0 to 1 in the item's order, None where the kit keeps none;
    empty where unknown. ``total`` is the share it counts for the item.
    """

    outcome: Outcome
    why: str
    components: tuple[float | None, ...] = ()
    total: float | None = None

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "outcome": self.outcome,
            "why": self.why,
            "components": list(self.components) or None,
            "total": self.total,
        }


def kits(reply: str, ask: Ask, form: Form) -> dict[str, KitReading]:
    """What each kit that scores this form makes of the reply, by the kit's name."""
    if form == "mia":
        sentence = _by_sentence(reply, ask)
        return {
            "vlmevalkit": sentence,
            "lmms-eval": _by_pattern(reply, ask),
            "mia-bench": _by_notebook(reply, sentence),
        }
    rest = KitReading("unknown", "Nothing is known of how it reads this form.")
    readers = {"direct": _direct, "compare": _compare, "perception": _perception}
    return {"vlmevalkit": readers[form](reply, ask), "lmms-eval": rest}


def _by_sentence(reply: str, ask: Ask) -> KitReading:
    count = len(ask.weights)
    pieces = reply.partition(".")[0].split(",")
    shares = [_share(piece) for piece in pieces]
    if len(pieces) == 1:
        return KitReading("dropped", "The first sentence holds no comma to split at.")
    for place, share in enumerate(shares, start=1):
        if share is None:
            return KitReading(
                "dropped", f"Piece {place} of the first sentence is no whole a/b behind ': '."
            )
    if len(pieces) > count + 1:
        return KitReading(
            "dropped", f"The first sentence has {len(pieces)} pieces for {count} types."
        )
    parts, total = shares[:-1], shares[-1]
    if len(parts) < count:
        kept = (*parts, *[None] * (count - len(parts)))
        why = "A component is missing and not missed; the last piece counts as the total."
        return KitReading("misread", why, kept, total)
    return _keyed(tuple(parts), total, ask)


def _by_notebook(reply: str, sentence: KitReading) -> KitReading:
    """The same reading, but for the total, on which the notebook's versions differ."""
    pieces = reply.partition(".")[0].split(",")
    parts = [_share(piece) for piece in pieces[:-1]]
    if sentence.outcome == "dropped" and parts and None not in parts and _share(pieces[-1]) is None:
        return KitReading("unknown", "Its versions differ in whether a total must be readable.")
    return replace(sentence, total=None)


def _share(piece: str) -> float | None:
    """The a/b of one piece as a share; None where the kit fails on it."""
    fields = piece.split(":")
    if len(fields) < 2:
        return None
    sides = fields[1][1:].split("/")
    if len(sides) < 2:
        return None
    try:
        return int(sides[0]) / int(sides[1])
    except (ValueError, ZeroDivisionError, OverflowError):
        return None


def _keyed(parts: tuple[float | None, ...], total: float | None, ask: Ask) -> KitReading:
    """Scores keyed by type: of components with the same type the last one stays."""
    if not ask.types:
        why = "Read; without the types it cannot be told whether one score overwrites another."
        return KitReading("read", why, parts, total)
    last = {name: place for place, name in enumerate(ask.types)}
    kept = tuple(
        p if last[n] == i else None for i, (n, p) in enumerate(zip(ask.types, parts, strict=True))
    )
    if len(last) == len(ask.types):
        return KitReading("read", "Read as the judge wrote it.", kept, total)
    again = sorted({n for i, n in enumerate(ask.types) if last[n] != i})
    why = f"Scores are keyed by type: {', '.join(again)} occurs again and overwrites its sibling."
    return KitReading("overwritten", why, kept, total)


def _by_pattern(reply: str, ask: Ask) -> KitReading:
    """lmms-eval: what is found anywhere and what is found before the first full stop must agree."""
    sentence = reply.partition(".")[0]
    if _found(sentence, ask) != _found(reply, ask):
        return KitReading(
            "unknown", "Its versions differ in whether they look beyond the first full stop."
        )
    if len(_NEARLY.findall(sentence)) != len(_WHOLE.findall(sentence)):
        return KitReading("unknown", "Its versions differ in whether they read this form.")
    found = _found(sentence, ask)
    count = len(ask.weights)
    shares = tuple(found.get(number, 0.0) for number in range(1, count + 1))
    if len(found) == count:
        return KitReading("read", "Every component was found.", shares)
    lost = ", ".join(str(number) for number in range(1, count + 1) if number not in found)
    return KitReading("zero", f"Not found, so counted as 0: component {lost}.", shares)


def _found(text: str, ask: Ask) -> dict[int, float]:
    found: dict[int, float] = {}
    for number, awarded, possible in _WHOLE.findall(text):
        if len(number + awarded + possible) < 300 and 1 <= int(number) <= len(ask.weights):
            share = int(awarded) / int(possible) if int(possible) else 0.0
            found[int(number)] = min(1.0, share)
    return found


def _direct(reply: str, ask: Ask) -> KitReading:
    summary = reply.rpartition("Summary:")[2]
    found = {int(n): float(s) for n, s in _DIRECT.findall(summary) if len(n) < 9}
    if "Summary:" in reply and list(found) == list(range(1, len(ask.weights) + 1)):
        shares = tuple(found.values())
        return KitReading("read", "The summary has the form asked for.", shares)
    return KitReading("unknown", "What it makes of a summary in another form is not known.")


def _compare(reply: str, ask: Ask) -> KitReading:
    if 'Summary: "True"' in reply or 'Summary: "False"' in reply:
        if 'Summary: "True"' in reply and 'Summary: "False"' in reply:
            return KitReading("unknown", "What it makes of two summaries is not known.")
        share = float('Summary: "True"' in reply)
        return KitReading("read", "The summary has the form asked for.", (share,), share)
    if not reply.strip():
        return KitReading("dropped", "A failed comparison is left out: the mean is over fewer.")
    return KitReading("unknown", "What it makes of a summary in another form is not known.")


def _perception(reply: str, ask: Ask) -> KitReading:
    if "right" in reply:
        wrong = not reply.strip().startswith("right")
        why = "It holds the word 'right'" + (", wherever it stands." if wrong else ".")
        return KitReading("misread" if wrong else "read", why, (1.0,), 1.0)
    if reply.strip() == "wrong":
        return KitReading("read", "It does not hold the word 'right'.", (0.0,), 0.0)
    return KitReading("unknown", "Only the replies 'right' and 'wrong' are known for sure.")
