"""Figures of what goes in, counted while the items stream by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from annotator.domain.kit_text import quirks
from annotator.domain.records import Item
from annotator.services.importing import format_of
from annotator.services.release.plan import Plan
from annotator.services.release.walking import Released, anew, goes_out_as

Counts = dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What a reader of the release would stumble over: which reader, a short kind, a sentence."""

    item: str
    reader: str
    kind: str
    sentence: str


@dataclass
class Survey:
    """Counts of what goes in.

    Args:
        levels: items by level, for each split; so with ``became``.
        types: components by type, for each split.
        methods: components by judge method.
        sums: items by the sum of their weights.
        sizes: items by their number of components.
        images: items by how their image goes out.
        licences: images by licence.
    """

    plan: Plan
    items: int = 0
    components: int = 0
    levels: Counts = field(default_factory=lambda: defaultdict(Counter))
    types: Counts = field(default_factory=lambda: defaultdict(Counter))
    methods: Counter[str] = field(default_factory=Counter)
    sums: Counter[str] = field(default_factory=Counter)
    sizes: Counter[int] = field(default_factory=Counter)
    images: Counter[str] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def add(self, one: Released) -> None:
        """Count one item."""
        item, entry = one.item, one.entry
        self.items += 1
        self.components += len(item.content.components)
        self.levels[entry.split][item.content.level or "none"] += 1
        self.types[entry.split].update(c.type or "none" for c in item.content.components)
        self.methods.update(c.judge_method for c in item.content.components)
        self.sizes[len(item.content.components)] += 1
        self.sums[sum_of(item)] += 1
        self.images[goes_out_as(item)] += 1
        self.licences[(item.image.licence if item.image else None) or "not stated"] += 1
        self.problems += problems_of(self.plan, one)

    def strata(self, counts: Counts) -> list[dict[str, Any]]:
        """For each value how many each split has, and its share there."""
        names = self.plan.scheme.names
        values = sorted({value for each in counts.values() for value in each})
        totals = {name: sum(counts[name].values()) or 1 for name in names}
        return [
            {"value": value}
            | {name: counts[name][value] for name in names}
            | {f"{name} %": round(100 * counts[name][value] / totals[name], 1) for name in names}
            for value in values
        ]

    def told_problems(self) -> list[dict[str, Any]]:
        """How often each problem occurs, the commonest first, with the first of each."""
        found = Counter((problem.reader, problem.kind) for problem in self.problems)
        firsts = {(one.reader, one.kind): one for one in reversed(self.problems)}
        return [
            {
                "reader": reader,
                "kind": kind,
                "items": number,
                "first": f"{firsts[reader, kind].item}: {firsts[reader, kind].sentence}",
            }
            for (reader, kind), number in sorted(found.items(), key=lambda e: (-e[1], e[0]))
        ]

    def as_dict(self) -> dict[str, Any]:
        """The figures as JSON, for the manifest."""
        return {
            "components": self.components,
            "levels": self.strata(self.levels),
            "types": self.strata(self.types),
            "judge_methods": dict(sorted(self.methods.items())),
            "weight_sums": dict(sorted(self.sums.items())),
            "components_per_item": {str(n): self.sizes[n] for n in sorted(self.sizes)},
            "images": dict(sorted(self.images.items())),
            "image_licences": dict(sorted(self.licences.items())),
            "problems": self.told_problems(),
        }


def sum_of(item: Item) -> str:
    """The sum of an item's weights as text; ``none`` where it has none."""
    known = [c.weight for c in item.content.components if c.weight is not None]
    return f"{sum(known):g}" if known else "none"


def problems_of(plan: Plan, one: Released) -> Iterator[Problem]:
    """What the published readers would stumble over in one item."""
    name = one.item.source_id
    foreseen = list(quirks(one.item.content)) if plan.dataset.target is not None else []
    for quirk in foreseen:
        yield Problem(name, quirk.kit, quirk.kind, quirk.sentence)
    for chosen in plan.options.formats:
        form = format_of(chosen)
        for sentence in form.problems(anew(plan, form, one)):
            if any(quirk.sentence in sentence for quirk in foreseen):
                continue
            yield Problem(name, form.title, "what its readers cannot take", sentence)
    yield from image_problems(one)


def image_problems(one: Released) -> Iterator[Problem]:
    """An image that may only go out as an address, and has none."""
    image, ref = one.item.image, one.item.image_ref or ""
    if image is not None and image.address_only and "://" not in ref:
        yield Problem(
            one.item.source_id,
            "every format",
            "no address",
            "its image may go out only as an address, and the source gives none",
        )


def survey_of(plan: Plan, items: Iterable[Released]) -> Survey:
    """Count everything that goes in."""
    survey = Survey(plan)
    for one in items:
        survey.add(one)
    return survey
