"""The audit sample: drawn at random, scored blind, and the only labels that may correct means."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from annotator.domain import sampling
from annotator.domain.judging import AuditSample
from annotator.domain.records import Person
from annotator.errors import InvalidValue, NotFound
from annotator.services.access import needs
from annotator.services.workspace import Workspace
from db import audits, datasets, events
from db.engine import Session


@dataclass(frozen=True, slots=True)
class DrawnSample:
    """A sample with its strata: how many draws of how many cases, and their probability."""

    sample: AuditSample
    strata: tuple[dict[str, Any], ...]

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self.sample), "drawn": list(self.strata)}


@needs("audit")
def draw(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: str,
    size: int,
    strata: Sequence[str] = (),
    raters: int = 1,
    seed: int | None = None,
) -> DrawnSample:
    """Draw a sample of a dataset's cases, to be scored blind by as many people as ``raters``.

    Args:
        strata: what to stratify by: ``type``, ``model``, both or nothing.
        seed: draws the same sample from the same cases again; random where None.

    Raises:
        NotFound: no such dataset.
        InvalidValue: there is nothing to draw from, or a number is out of range.
    """
    if size < 1:
        raise InvalidValue("size", "must be at least 1")
    if not 1 <= raters <= 20:
        raise InvalidValue("raters", "must be from 1 to 20")
    chosen = secrets.randbelow(2**31) if seed is None else seed
    with workspace.database.writing() as session:
        target = datasets.by_name(session, name=dataset)
        if target is None:
            raise NotFound("dataset", dataset)
        population = population_of(session, target.id, strata, size)
        drawn = sampling.draw(population, size=size, seed=chosen)
        sample = audits.add(
            session,
            dataset_id=target.id,
            population=len(population),
            strata=strata,
            seed=chosen,
            raters=raters,
            person_id=actor.id,
            draws=[
                {
                    "case_id": one.case_id,
                    "position": position,
                    "stratum": one.stratum,
                    "probability": one.probability,
                }
                for position, one in enumerate(drawn)
            ],
        )
        events.append(
            session,
            person_id=actor.id,
            kind="audit.sampled",
            patch={"sample": (None, sample.id)},
            dataset_id=target.id,
            reason=f"{sample.size} of {sample.population} cases, seed {chosen}",
        )
    return DrawnSample(sample, described(population, drawn))


def population_of(
    session: Session, dataset_id: int, strata: Sequence[str], size: int
) -> list[tuple[int, str]]:
    """Every case that can be drawn, with its stratum.

    Raises:
        InvalidValue: there is none, or there are more strata than cases to draw.
    """
    cases = audits.population(session, dataset_id=dataset_id)
    if not cases:
        raise InvalidValue("dataset", "has no answers to draw from; import responses first")
    population = [(case_id, label(type, model, strata)) for case_id, type, model in cases]
    named = {stratum for _, stratum in population}
    if size < len(named):
        problem = f"must be at least {len(named)}: one of each stratum, else it says nothing"
        raise InvalidValue("size", problem)
    return population


def label(type: str, model: str, strata: Sequence[str]) -> str:
    """A case's stratum as it is stored."""
    parts = {"type": type, "model": model}
    return " · ".join(parts[name] for name in strata)


def described(
    population: Sequence[tuple[int, str]], drawn: Sequence[sampling.Drawn]
) -> tuple[dict[str, Any], ...]:
    """Per stratum: how many cases, how many draws, and the probability of each."""
    sizes = Counter(stratum for _, stratum in population)
    draws = Counter(one.stratum for one in drawn)
    return tuple(
        {
            "stratum": name,
            "cases": sizes[name],
            "draws": draws[name],
            "probability": draws[name] / sizes[name],
        }
        for name in sorted(sizes)
    )


def samples(workspace: Workspace, *, dataset_id: int) -> list[AuditSample]:
    """A dataset's samples, newest first."""
    with workspace.database.reading() as session:
        return audits.of_dataset(session, dataset_id=dataset_id)
