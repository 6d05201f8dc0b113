"""What goes into a release: rules that people choose, each saying what it keeps and what not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from annotator.domain.items import JSON, check_choice
from annotator.domain.vocabulary import FLAG_KINDS, ITEM_STATUSES, SEVERITIES, VERDICTS
from annotator.errors import InvalidValue

OPEN: Final = "open"
"""Stands among the verdicts for items that nobody has settled yet."""

VERDICTS_AND_OPEN: Final = (*VERDICTS, OPEN)
EVERYTHING_BUT_DROPPED: Final = ("keep", "fix", OPEN)


@dataclass(frozen=True, slots=True)
class Rules:
    """What may go in.

    Args:
        verdicts: of VERDICTS_AND_OPEN.
        statuses: of ITEM_STATUSES; ``draft`` is an item with unfinished work on it.
        agreement: least share of an item's annotators with the commonest verdict, 0 to 1; an item
            of one annotator has no agreement and passes.
        without_flags: kinds of flags that keep an item out while they are open or confirmed.
        without_findings: the severity from which an open finding keeps an item out, None for none.
        images: ``any``, or ``required``: only items whose image is here.
    """

    verdicts: tuple[str, ...] = EVERYTHING_BUT_DROPPED
    statuses: tuple[str, ...] = ITEM_STATUSES
    agreement: float = 0.0
    without_flags: tuple[str, ...] = ()
    without_findings: str | None = None
    images: str = "any"

    def as_dict(self) -> dict[str, JSON]:
        """The rules as JSON, for the manifest."""
        return {
            "verdicts": list(self.verdicts),
            "statuses": list(self.statuses),
            "agreement": self.agreement,
            "without_flags": list(self.without_flags),
            "without_findings": self.without_findings,
            "images": self.images,
        }


def checked(rules: Rules) -> Rules:
    """The rules with their lists in order and without repeats.

    Raises:
        InvalidValue: an unknown word, a list of nothing, or an agreement that is no share.
    """
    check_chosen("include", rules.verdicts, VERDICTS_AND_OPEN, empty=False)
    check_chosen("status", rules.statuses, ITEM_STATUSES, empty=False)
    check_chosen("flags", rules.without_flags, FLAG_KINDS, empty=True)
    if rules.without_findings is not None:
        check_choice("findings", rules.without_findings, SEVERITIES)
    check_choice("images", rules.images, ("any", "required"))
    if not 0 <= rules.agreement <= 1:
        raise InvalidValue("agreement", f"must be a share from 0 to 1, not {rules.agreement}")
    return Rules(
        verdicts=tuple(v for v in VERDICTS_AND_OPEN if v in rules.verdicts),
        statuses=tuple(s for s in ITEM_STATUSES if s in rules.statuses),
        agreement=float(rules.agreement),
        without_flags=tuple(k for k in FLAG_KINDS if k in rules.without_flags),
        without_findings=rules.without_findings,
        images=rules.images,
    )


def check_chosen(field: str, chosen: Sequence[str], known: Sequence[str], *, empty: bool) -> None:
    """Refuse what is not of a closed list."""
    for word in chosen:
        if word not in known:
            raise InvalidValue(field, f"must be of {', '.join(known)}, not {word!r}")
    if not chosen and not empty:
        raise InvalidValue(field, "names nothing, so nothing would be released")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at of one item.

    Args:
        name: its id in the source.
        flags: kinds of its open and confirmed flags.
        worst: the rank in SEVERITIES of its worst open finding, None without one.
        opinions: of each submitted annotation the verdict, and a digest of its content.
    """

    id: int
    name: str
    verdict: str | None
    status: str
    withdrawn: bool = False
    taken_down: bool = False
    has_image: bool = True
    flags: frozenset[str] = frozenset()
    worst: int | None = None
    opinions: tuple[tuple[str, str], ...] = ()

    @property
    def agreement(self) -> float | None:
        """The share of annotators with the commonest verdict; None below two annotators."""
        if len(self.opinions) < 2:
            return None
        return Counter(verdict for verdict, _ in self.opinions).most_common(1)[0][1] / len(
            self.opinions
        )

    @property
    def disputed(self) -> bool:
        """Whether two annotators differ, in verdict or in content."""
        return len(set(self.opinions)) > 1


Reason = Callable[[Facts], str]
"""Why an item stays out, in words; empty where it may go in."""


def verdict_reason(rules: Rules) -> Reason:
    """Items of other verdicts stay out."""

    def reason(facts: Facts) -> str:
        verdict = facts.verdict or OPEN
        if verdict in rules.verdicts:
            return ""
        return {"drop": "dropped", OPEN: "not curated yet"}.get(verdict, f"verdict {verdict}")

    return reason


def withdrawn_reason(facts: Facts) -> str:
    """A newer source no longer has it, and nobody decided to keep it."""
    return "no longer in the source" if facts.withdrawn and facts.verdict is None else ""


def taken_down_reason(facts: Facts) -> str:
    """An image that was taken down goes nowhere, and an item is nothing without its image."""
    return "its image was taken down" if facts.taken_down else ""


def steps(rules: Rules) -> list[tuple[str, Reason]]:
    """Each rule with its name; the first three hold for every release."""
    rank = SEVERITIES.index(rules.without_findings) if rules.without_findings else len(SEVERITIES)
    return [
        ("in the source", withdrawn_reason),
        ("image not taken down", taken_down_reason),
        (f"verdict: {', '.join(rules.verdicts)}", verdict_reason(rules)),
        (
            f"status: {', '.join(rules.statuses)}",
            lambda facts: "" if facts.status in rules.statuses else f"status {facts.status}",
        ),
        (
            f"agreement of at least {rules.agreement:.0%}" if rules.agreement else "any agreement",
            lambda facts: (
                "annotators disagree" if (facts.agreement or 1.0) < rules.agreement else ""
            ),
        ),
        (
            f"no open flag: {', '.join(rules.without_flags)}"
            if rules.without_flags
            else "with any open flags",
            lambda facts: "an open flag" if facts.flags & set(rules.without_flags) else "",
        ),
        (
            f"nothing with an open {rules.without_findings}"
            if rules.without_findings
            else "with any open findings",
            lambda facts: (
                f"an open {SEVERITIES[facts.worst]}"
                if facts.worst is not None and facts.worst >= rank
                else ""
            ),
        ),
        (
            "with its image here" if rules.images == "required" else "with or without image",
            lambda facts: "no image" if rules.images == "required" and not facts.has_image else "",
        ),
    ]


@dataclass(frozen=True, slots=True)
class Step:
    """What one rule did to what the rules before it had kept.

    ``dropped`` names the items it took out; ``alone`` counts what it would take out by itself.
    """

    rule: str
    kept: int
    dropped: tuple[str, ...]
    alone: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What goes in, what stays out and why, what people disagreed on, and how far they agreed.

    ``agreements`` has the share of the commonest verdict for items of two annotators and more.
    """

    kept: tuple[int, ...]
    out: Mapping[int, str]
    steps: tuple[Step, ...]
    disputed: tuple[str, ...]
    agreements: Mapping[int, float]

    def left_out(self) -> dict[str, int]:
        """How many stay out, by why."""
        return dict(Counter(self.out.values()))


def admit(items: Iterable[Facts], rules: Rules) -> Admission:
    """Apply the rules one after the other."""
    everything = list(items)
    remaining, out, told = everything, dict[int, str](), []
    for name, reason in steps(rules):
        said = {facts.id: why for facts in everything if (why := reason(facts))}
        gone = [facts for facts in remaining if facts.id in said] if said else []
        if gone:
            out |= {facts.id: said[facts.id] for facts in gone}
            remaining = [facts for facts in remaining if facts.id not in said]
        told.append(Step(name, len(remaining), tuple(facts.name for facts in gone), len(said)))
    return Admission(
        tuple(facts.id for facts in remaining),
        out,
        tuple(told),
        tuple(facts.name for facts in everything if facts.disputed),
        {f.id: share for f in everything if (share := f.agreement) is not None},
    )
