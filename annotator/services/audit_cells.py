"""The audit's figures, cell by cell: what each is made of, and how it is computed from the frame.

A cell is named after what it says and of whom (``agreement|7|9``), knows whose scores it is made
of, and is computed anew only where those changed. Its figures are JSON, as they are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any, Final

import numpy as np

from annotator.domain.judging import RUN_MARK, Rater
from annotator.domain.statistics.biases import (
    NO_FAMILY,
    family,
    family_preference,
    flip_rate,
    length_bias,
    repeat_spread,
)
from annotator.domain.statistics.comparing import compare_parts, grades
from annotator.domain.statistics.correcting import Population, corrected_mean, pass_rate
from annotator.domain.statistics.figure import Floats, Ints, Truths, added, ratio, undefined
from annotator.domain.statistics.following import pif, pif_n_k
from annotator.domain.statistics.leaderboard import rank_models
from annotator.domain.statistics.panel import compare_all
from annotator.domain.statistics.replacing import alternative_annotator
from annotator.domain.statistics.resampling import Draws, usual_draws
from annotator.domain.statistics.sampling import AuditLabel, AuditSample, audit_sample, together
from annotator.services.audit_frame import DECIDED, STANDING, UNPARSED, Frame, Source

AUDIT: Final = "audit"
"""People's blind scores of the audit sample: where several scored a case, their median stands for
grades and their mean for means."""
_ENOUGH: Final = 30
"""Scores to compare with, below which another reference is looked for."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawn:
    """An audit sample with a label; ``labelled`` is the share of its draws that have one."""

    sample_id: int
    strata: tuple[str, ...]
    population: int
    probability: Mapping[int, float]
    """By case id."""
    labelled: float


@dataclass(frozen=True, slots=True)
class Cell:
    """One block of figures; ``sources`` are whose scores it is made of."""

    name: str
    sources: frozenset[Source]
    compute: Callable[[], Json]


class Bench:
    """The frame with what all cells share: live cases, dense items, slices, draws."""

    def __init__(self, frame: Frame, raters: Sequence[Rater], drawn: Sequence[Drawn]) -> None:
        self.frame, self.drawn = frame, drawn
        self.raters = {rater.id: rater for rater in raters}
        self.rows: Ints = np.flatnonzero(frame.live)
        items = frame.ints("item")[self.rows]
        self.items, self.item = np.unique(items, return_inverse=True)
        self.models = frame.labels["model"]
        self.model = frame.codes["model"][self.rows]
        self.weight: Floats = frame.numbers["weight"][self.rows]

    def ids(self, *kinds: str) -> list[int]:
        """The raters of these kinds with scores here."""
        present = {key[0] for key in self.frame.shares}
        return [r.id for r in self.raters.values() if r.kind in kinds and r.id in present]

    @property
    def draws(self) -> Draws:
        """Resamples of the items."""
        return usual_draws(len(self.items))

    # Shares, over live cases, NaN where there is none

    def columns(self, rater: int, *, audit: bool = False) -> list[Floats]:
        """A rater's shares, a column per repeat; unparsed ones are NaN."""
        keys = sorted(k for k in self.frame.shares if k[0] == rater and k[2] is audit)
        raw = [self.frame.shares[key][self.rows] for key in keys]
        return [np.where(column == UNPARSED, np.nan, column) for column in raw]

    def first(self, source: Source) -> Floats:
        """One share per case: a rater's first repeat, the median of people's blind ones."""
        if source in (DECIDED, STANDING):
            return self.frame.numbers[str(source)][self.rows]
        if source == AUDIT:
            return median_of(self.blind, len(self.rows))
        columns = self.columns(int(source))
        return columns[0] if columns else np.full(len(self.rows), np.nan)

    def mean(self, source: Source) -> Floats:
        """One share per case: the mean over a rater's repeats, or over people's blind ones."""
        if source == AUDIT:
            return mean_of(self.blind, len(self.rows))
        if isinstance(source, str):
            return self.first(source)
        return mean_of(self.columns(source), len(self.rows))

    @cached_property
    def people(self) -> list[int]:
        """Raters who are people."""
        return self.ids("annotator", "reviewer")

    @cached_property
    def blind(self) -> list[Floats]:
        """People's scores of the audit sample."""
        return [column for rater in self.people for column in self.columns(rater, audit=True)]

    def sources_of(self, *sources: Source) -> frozenset[Source]:
        """What has to change for a figure of these to come out different."""
        named = frozenset(sources)
        return (named - {AUDIT}) | (frozenset(self.people) if AUDIT in named else frozenset())

    # Slices by method and type

    @cached_property
    def part(self) -> Ints:
        """Each case's (method, type) as one number."""
        codes = self.frame.codes
        return (codes["method"] * len(self.frame.labels["type"]) + codes["type"])[self.rows]

    @cached_property
    def slices(self) -> list[tuple[str | None, str | None, list[int]]]:
        """All; each method where there are several; each type within its method."""
        kinds = self.frame.labels["type"]
        methods: dict[str, list[int]] = {}
        fine: list[tuple[str | None, str | None, list[int]]] = []
        for part in np.unique(self.part):
            method, kind = divmod(int(part), len(kinds))
            name = self.frame.labels["method"][method]
            methods.setdefault(name, []).append(int(part))
            fine.append((name, kinds[kind], [int(part)]))
        several = [(name, None, parts) for name, parts in methods.items()]
        return [(None, None, [p for ps in methods.values() for p in ps])] + (
            several if len(several) > 1 else []
        ) + fine  # fmt: skip

    def sliced(self, made: Sequence[Json]) -> list[Json]:
        """Figures with the slice they belong to."""
        return [
            {"method": method, "type": kind, **one}
            for (method, kind, _), one in zip(self.slices, made, strict=True)
        ]

    @property
    def groups(self) -> list[list[int]]:
        """The parts of each slice."""
        return [parts for _, _, parts in self.slices]

    # The audit sample

    @cached_property
    def labels(self) -> AuditSample:
        """People's labels of the audit sample, by place among the live cases, for means."""
        return self._labels(self.mean(AUDIT))

    @cached_property
    def graded_labels(self) -> AuditSample:
        """The same labels for grades."""
        return self._labels(self.first(AUDIT))

    def _labels(self, shares: Floats) -> AuditSample:
        _, chance = self.design
        return audit_sample(
            AuditLabel(int(place), min(1.0, float(shares[place])), float(chance[place]))
            for place in np.flatnonzero(~np.isnan(shares) & (chance > 0))
        )

    @cached_property
    def design(self) -> tuple[Ints, Floats]:
        """Each live case's cell of the audit samples, and its chance of having a label."""
        return together(map(self._design, self.drawn), len(self.rows))

    def _design(self, one: Drawn) -> tuple[Ints, Floats]:
        """Each live case's stratum of one sample, and its chance of having a label by it.

        Cases are numbered as they come, so those behind the sample's population came later.
        """
        code = np.zeros(len(self.rows), dtype=np.int64)
        for name in one.strata:
            code = code * len(self.frame.labels[name]) + self.frame.codes[name][self.rows]
        stratum = np.unique(code, return_inverse=True)[1].astype(np.int64)
        cases = self.frame.ints("case")[self.rows]
        drawn = np.flatnonzero(np.isin(cases, list(one.probability)))
        chance = np.zeros(int(stratum.max(initial=0)) + 1)
        chance[stratum[drawn]] = [one.probability[int(case)] for case in cases[drawn]]
        there = np.arange(len(cases)) < max(one.population, int(drawn.max(initial=-1)) + 1)
        return stratum, np.where(there, one.labelled * chance[stratum], 0.0)

    def population(
        self, shares: Floats, chosen: Truths, sample: AuditSample
    ) -> tuple[Population, AuditSample]:
        """Some live cases with a judge's shares, and a sample's labels among them."""
        chosen = chosen & (self.weight > 0)
        places = np.where(chosen, np.cumsum(chosen) - 1, -1)
        units = Population(
            self.item[chosen], shares[chosen], self.weight[chosen], self.design[0][chosen]
        )
        return units, sample.within(places)


def mean_of(columns: Sequence[Floats], size: int) -> Floats:
    """The mean over columns of what is known; NaN where nothing is."""
    total, number = np.zeros(size), np.zeros(size)
    for column in columns:
        known = ~np.isnan(column)
        total += np.where(known, column, 0.0)
        number += known
    return ratio(total, number)


def median_of(columns: Sequence[Floats], size: int) -> Floats:
    """The median over columns of what is known; NaN where nothing is."""
    if not columns:
        return np.full(size, np.nan)
    table = np.stack(columns, axis=1)
    known = ~np.isnan(table).all(axis=1)
    found = np.full(size, np.nan)
    found[known] = np.nanmedian(table[known], axis=1)
    return found


# ------------------------------------------------------------------------- the plan


def plan(bench: Bench) -> Iterator[Cell]:
    """Every cell of the audit."""
    judges, verifiers = bench.ids("judge"), bench.ids("verifier")
    people: list[Source] = [AUDIT] if len(bench.labels) or bench.people else []
    decided: list[Source] = [DECIDED] if (~np.isnan(bench.frame.numbers[DECIDED])).any() else []
    others: list[Source] = [*judges, *verifiers, *people, *decided]
    for a, b in combinations(others, 2):
        yield _cell(bench, f"agreement|{a}|{b}", (a, b), agreement)
    if len(judges) > 1:
        yield _cell(bench, "panel", tuple(judges), panel)
    boards: list[Source] = [*judges, *verifiers, STANDING]
    for source in boards:
        yield _cell(bench, f"board|{source}", (source,), board)
    for judge in judges:
        yield _cell(bench, f"repeats|{judge}", (judge,), repeats)
        yield _cell(bench, f"biases|{judge}", (judge, AUDIT, *verifiers, *judges), biases)
        yield _cell(bench, f"unparsed|{judge}", (judge,), unparsed)
        yield _cell(bench, f"errors|{judge}", (judge, AUDIT), errors)
        yield _cell(bench, f"corrected|{judge}", (judge, AUDIT), corrected)
        yield _cell(bench, f"replacement|{judge}", (judge, AUDIT), replacement)
    for verifier in verifiers:
        yield _cell(bench, f"following|{verifier}", (verifier,), following)


def _cell(
    bench: Bench,
    name: str,
    sources: tuple[Source, ...],
    compute: Callable[[Bench, tuple[Source, ...]], Json],
) -> Cell:
    return Cell(name, bench.sources_of(*sources), lambda: compute(bench, sources))


# ------------------------------------------------------------------------- the cells


def agreement(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """Two raters against each other, in every slice."""
    a, b = (bench.first(source) for source in sources[:2])
    found = compare_parts(a, b, bench.item, bench.part, bench.groups, bench.draws)
    return {"slices": bench.sliced([one.to_json() for one in found])}


def panel(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """All judges among each other, in every slice."""
    shares = np.stack([bench.first(source) for source in sources], axis=1)
    found = compare_all(shares, bench.item, bench.part, bench.groups, bench.draws)
    made = [{"figures": {name: f.to_json() for name, f in one.items()}} for one in found]
    return {"slices": bench.sliced(made)}


def board(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """The models under one source: an item's score is the share of the points that were read."""
    shares = bench.mean(sources[0])
    number = len(bench.models)
    known = ~np.isnan(shares) & (bench.weight > 0)
    cell = (bench.item * number + bench.model)[known]
    size = len(bench.items) * number
    points = added(cell, (bench.weight * shares)[known], size)
    possible = added(cell, bench.weight[known], size)
    scores = ratio(points, possible).reshape(len(bench.items), number)
    return rank_models(bench.models, scores, bench.draws).to_json()


def repeats(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """How much a judge differs from itself."""
    columns = bench.columns(int(sources[0]))
    table = np.stack(columns, axis=1) if columns else np.full((len(bench.rows), 1), np.nan)
    return {
        "repeats": len(columns),
        "flip rate": flip_rate(table, bench.item, bench.draws).to_json(),
        "spread": repeat_spread(table, bench.item, bench.draws).to_json(),
    }


def biases(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """Length bias and preference of the own family, against the best reference there is."""
    judge = int(sources[0])
    shares = bench.mean(judge)
    name, reference = _reference(bench, judge, shares)
    length = np.nan_to_num(bench.frame.numbers["length"][bench.rows])
    own = family(bench.raters[judge].name)
    families = [family(model) for model in bench.models]
    kin = np.array([np.nan if one is None else float(one == own) for one in families])
    preference = (
        undefined(NO_FAMILY)
        if own is None
        else family_preference(shares, reference, kin[bench.model], bench.item, bench.draws)
    )
    return {
        "reference": name,
        "family": own,
        "length bias": length_bias(shares, reference, length, bench.item, bench.draws).to_json(),
        "family preference": preference.to_json(),
    }


def _reference(bench: Bench, judge: int, shares: Floats) -> tuple[str, Floats]:
    """Whom a judge is held against: the audit sample, else the verifiers, else other judges."""
    rest = [other for other in bench.ids("judge") if other != judge]
    choices = (
        ("people, audit sample", bench.first(AUDIT)),
        ("verifier", _mean_of_all(bench, bench.ids("verifier"))),
        ("the other judges", _mean_of_all(bench, rest)),
    )
    for name, reference in choices:
        if int((~np.isnan(reference) & ~np.isnan(shares)).sum()) >= _ENOUGH:
            return name, reference
    return choices[-1]


def _mean_of_all(bench: Bench, raters: Sequence[int]) -> Floats:
    return mean_of([bench.mean(rater) for rater in raters], len(bench.rows))


def unparsed(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """How many of a judge's scores could not be read."""
    columns = [
        column[bench.rows]
        for key, column in bench.frame.shares.items()
        if key[0] == sources[0] and not key[2]
    ]
    asked = sum(int((~np.isnan(column)).sum()) for column in columns)
    lost = sum(int((column == UNPARSED).sum()) for column in columns)
    return {"scores": asked, "unparsed": lost, "share": lost / asked if asked else None}


def errors(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """A judge's sensitivity and specificity against the audit sample, in every slice."""
    shares = bench.first(sources[0])
    made = []
    for _, _, parts in bench.slices:
        chosen = np.isin(bench.part, parts)
        found = pass_rate(*bench.population(shares, chosen, bench.graded_labels))
        made.append(
            {
                "sensitivity": found.sensitivity.to_json(),
                "specificity": found.specificity.to_json(),
                "judged pass rate": found.judged.to_json(),
                "corrected pass rate": found.corrected.to_json(),
            }
        )
    return {"slices": bench.sliced(made)}


def corrected(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """Each model's mean as people would score it, by prediction-powered inference."""
    shares = bench.mean(sources[0])
    made = []
    for code, model in enumerate(bench.models):
        mine = bench.model == code
        units, sample = bench.population(shares, mine, bench.labels)
        found = corrected_mean(units, sample)
        rates = pass_rate(*bench.population(bench.first(sources[0]), mine, bench.graded_labels))
        known = ~np.isnan(units.judged)
        judged = (
            float(np.average(units.judged[known], weights=units.weight[known]))
            if known.any()
            else None
        )
        made.append(
            {
                "model": model,
                "judged": judged,
                "corrected": found.mean.to_json(),
                "people alone": found.people_alone.to_json(),
                "tuning": found.tuning,
                "judged pass rate": rates.judged.to_json(),
                "corrected pass rate": rates.corrected.to_json(),
            }
        )
    return {"models": made}


def replacement(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """Whether a judge may replace an annotator, by their blind scores."""
    judged = bench.first(sources[0])
    people = [mean_of(bench.columns(r, audit=True), len(bench.rows)) for r in bench.people]
    table = np.stack(people, axis=1) if people else np.full((len(judged), 0), np.nan)
    names = [bench.raters[rater].name for rater in bench.people]
    return alternative_annotator(_graded(judged), _graded(table), names, bench.item).to_json()


def _graded(shares: Floats) -> Floats:
    known = ~np.isnan(shares)
    return np.where(known, grades(np.where(known, shares, 0.0)), np.nan)


def following(bench: Bench, sources: tuple[Source, ...]) -> Json:
    """PIF and PIF-N-K of each model; runs of one model are its answers."""
    followed = bench.first(sources[0])
    bases = sorted({model.partition(RUN_MARK)[0] for model in bench.models})
    base_of = np.array([bases.index(model.partition(RUN_MARK)[0]) for model in bench.models])
    made = []
    for place, base in enumerate(bases):
        chosen = (base_of[bench.model] == place) & ~np.isnan(followed)
        answers, answer = np.unique(
            bench.frame.ints("response")[bench.rows][chosen], return_inverse=True
        )
        items = np.zeros(len(answers), dtype=np.int64)
        items[answer] = bench.item[chosen]
        passed = (followed[chosen] >= 1 - 1e-9).astype(float)
        runs = int((base_of == place).sum())
        made.append(
            {
                "model": base,
                "runs": runs,
                "PIF": pif(passed, answer, items, bench.draws).to_json(),
                **{
                    f"PIF-{runs}-{k}": pif_n_k(
                        passed, answer, items, bench.draws, n=runs, k=k
                    ).to_json()
                    for k in range(1, runs + 1)
                },
            }
        )
    return {"models": made}
