"""What a release will hold, decided from one snapshot of the database before anything is written.

The preview shows a plan and writing carries it out, so that the two cannot differ.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from annotator.domain.admission import Admission, Facts, admit
from annotator.domain.records import Dataset, Event, Person, Release, SourceFile
from annotator.domain.splitting import (
    Assignment,
    Member,
    Place,
    Scheme,
    assign,
    of_batch,
    origin_of,
)
from annotator.errors import InputError, InvalidValue, NotFound
from annotator.formats import Format
from annotator.services.pictures import TAKEN_DOWN
from annotator.services.readers import reader_of
from annotator.services.release.options import NEWEST, NONE, Options, settled
from annotator.services.release.outcomes import Outcome, judge
from annotator.services.workspace import Progress, no_progress
from db import annotations as annotation_rows
from db import datasets, events, flags, items, releases, splits
from db.engine import Session
from db.events import Moment
from db.items import Head

CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Entry:
    """An item that goes in: what became of it, its split, and where it stands in that."""

    head: Head
    became: str
    split: str
    row: int
    group: str | None = None


@dataclass(frozen=True)
class Plan:
    """One release, decided.

    Args:
        outcomes: what became of the items that may differ from their source, by id.
        entries: what goes in, in order of position.
        unsplit: items that go in by the rules and by no split, with why.
        scheme: how it is split.
        log: the events of curation, oldest first.
        annotators: who annotated each settled item.
    """

    dataset: Dataset
    actor: Person
    options: Options
    scheme: Scheme
    source: SourceFile
    own: Format
    moment: Moment
    admission: Admission
    outcomes: Mapping[int, Outcome]
    entries: Sequence[Entry]
    unsplit: Mapping[int, str]
    assignment: Assignment
    previous: Release | None
    replaced: frozenset[int]
    log: Sequence[Event]
    annotators: Mapping[int, Sequence[str]]
    heads: Mapping[int, Head] = field(repr=False)

    @cached_property
    def people(self) -> list[str]:
        """Who settled items, and who annotated them."""
        annotators = {name for names in self.annotators.values() for name in names}
        return sorted({event.person for event in self.log} | annotators)

    @cached_property
    def changed(self) -> list[Outcome]:
        """What a person did something to, in order of position."""
        return [o for o in self.outcomes.values() if o.patch or o.verdict]

    def in_split(self, name: str) -> list[Entry]:
        """The entries of one split."""
        return [entry for entry in self.entries if entry.split == name]

    def left_out(self) -> dict[str, int]:
        """How many items stay out, by why."""
        return dict(Counter([*self.admission.out.values(), *self.unsplit.values()]))

    def counts(self) -> dict[str, Any]:
        """The numbers for the manifest."""
        going = {entry.head.id for entry in self.entries}
        edited = sum(1 for o in self.changed if o.item_id in going and o.patch)
        return {"items": len(self.entries), "changed": edited, "left_out": self.left_out()}

    def told_rules(self) -> list[dict[str, Any]]:
        """Each rule with what it kept and dropped."""
        return [
            {"rule": s.rule, "kept": s.kept, "dropped": list(s.dropped), "alone": s.alone}
            for s in self.admission.steps
        ]

    def told_waiting(self) -> list[dict[str, Any]]:
        """What waits for a person to place it."""
        return [
            {
                "items": [member.name for member in group.members],
                "joins": [{"group": place.group, "split": place.split} for place in group.joins],
            }
            for group in self.assignment.waiting
        ]

    def table(self) -> list[dict[str, Any]]:
        """What came out: for each split its items, its groups, and what became of them."""
        return [self.table_line(name) for name in self.scheme.names]

    def table_line(self, name: str) -> dict[str, Any]:
        """One split's line of the table."""
        entries = self.in_split(name)
        became = Counter(entry.became for entry in entries)
        groups = {entry.group for entry in entries} - {None}
        line: dict[str, Any] = {"split": name, "items": len(entries), "groups": len(groups) or None}
        return line | {kind: became.get(kind, 0) for kind in ("clean", "repaired", "dropped")}

    def previous_facts(self) -> dict[str, Any] | None:
        """The release it is compared with, by name and hash."""
        if self.previous is None:
            return None
        return {
            "release": self.previous.name,
            "content_sha256": self.previous.manifest.get("content_sha256"),
        }


def make_plan(
    session: Session,
    *,
    dataset: Dataset,
    actor: Person,
    options: Options,
    before_release: int | None = None,
    progress: Progress = no_progress,
) -> Plan:
    """Decide a release.

    Args:
        before_release: as it was decided before this release was noted, to make that one again.

    Raises:
        InvalidValue: options that are none.
        InputError: the dataset has nothing in it.
        NotFound: an unknown format, or no release of the name to compare with.
    """
    dataset = datasets.get(session, dataset_id=dataset.id)
    wanted = settled(options, dataset)
    sources = datasets.sources(session, dataset_id=dataset.id)
    if not sources:
        raise InputError(f"the dataset {dataset.name!r} has nothing in it.")
    own = reader_of(dataset)
    previous = previous_of(session, dataset, wanted, before_release)
    heads = items.heads(session, dataset_id=dataset.id)
    admission = admit(facts_of(session, dataset, heads), wanted.rules)
    outcomes = judge_all(session, own, heads, admission, progress)
    assignment = placed(session, dataset, heads, admission, wanted, before_release, progress)
    scheme = scheme_of(wanted, heads)
    entries, unsplit = enter(heads, admission, outcomes, assignment, scheme)
    return Plan(
        dataset=dataset,
        actor=actor,
        options=replace(wanted, previous=previous.name if previous else NONE),
        scheme=scheme,
        source=sources[-1],
        own=own,
        moment=events.last_public(session, dataset_id=dataset.id),
        admission=admission,
        outcomes=outcomes,
        entries=entries,
        unsplit=unsplit,
        assignment=assignment,
        previous=previous,
        replaced=frozenset(events.replaced_images(session, dataset_id=dataset.id)),
        log=events.curation_events(session, dataset_id=dataset.id),
        annotators=annotation_rows.annotators(session, dataset_id=dataset.id),
        heads={head.id: head for head in heads},
    )


def previous_of(
    session: Session, dataset: Dataset, options: Options, before: int | None
) -> Release | None:
    """The release to compare with."""
    if options.previous == NONE or options.data_only:
        return None
    known = releases.of_dataset(session, dataset_id=dataset.id)
    earlier = [one for one in known if before is None or one.id < before]
    whole = [one for one in earlier if not one.manifest.get("options", {}).get("data_only", True)]
    if options.previous == NEWEST:
        return whole[0] if whole else None
    for one in whole:
        if one.name == options.previous:
            return one
    raise NotFound("release", options.previous)


def scheme_of(options: Options, heads: Sequence[Head]) -> Scheme:
    """How it is split; the source's own splits are those that its items are of."""
    scheme = options.scheme
    if scheme.kind != "source":
        return scheme
    return replace(scheme, names=tuple(dict.fromkeys(of_batch(head.batch) for head in heads)))


def facts_of(session: Session, dataset: Dataset, heads: Sequence[Head]) -> Iterator[Facts]:
    """What the rules look at, item by item."""
    kinds = flags.shown_kinds(session, dataset_id=dataset.id)
    opinions = annotation_rows.opinions(session, dataset_id=dataset.id)
    nothing: frozenset[str] = frozenset()
    for head in heads:
        yield Facts(
            id=head.id,
            name=head.source_id,
            verdict=head.verdict,
            status=head.status,
            withdrawn=head.withdrawn,
            taken_down=(head.image_problem or "").startswith(TAKEN_DOWN),
            has_image=head.image_id is not None,
            flags=kinds.get(head.id, nothing),
            worst=head.severity,
            opinions=tuple((v, digest_of(state)) for v, state in opinions.get(head.id, ())),
        )


def digest_of(state: Mapping[str, Any]) -> str:
    """A short digest of a content in its flat form."""
    return hashlib.sha256(json.dumps(state, sort_keys=True).encode()).hexdigest()[:16]


def judge_all(
    session: Session,
    own: Format,
    heads: Sequence[Head],
    admission: Admission,
    progress: Progress,
) -> dict[int, Outcome]:
    """What became of every item that may differ from its source."""
    touched = [head for head in heads if head.touched]
    found: dict[int, Outcome] = {}
    for start in range(0, len(touched), CHUNK):
        progress(start, len(touched), "comparing with the source")
        chunk = touched[start : start + CHUNK]
        texts = datasets.record_texts(session, record_ids=[h.source_record_id for h in chunk])
        for item in items.get_many(session, item_ids=[head.id for head in chunk]):
            why = admission.out.get(item.id, "")
            found[item.id] = judge(item, own.read_record(texts[item.source_record_id]), why)
    return found


def placed(
    session: Session,
    dataset: Dataset,
    heads: Sequence[Head],
    admission: Admission,
    options: Options,
    before_release: int | None,
    progress: Progress,
) -> Assignment:
    """The places of the items in a hashed scheme; nothing in any other."""
    if options.scheme.kind != "hashed":
        return Assignment({})
    known = splits.known(session, dataset_id=dataset.id, before_release=before_release)
    kept = set(admission.kept) | known.keys()
    chosen = [head for head in heads if head.id in kept]
    members = list(members_of(session, dataset, chosen, progress))
    progress(len(chosen), len(chosen), "looking for near-duplicates")
    return assign(members, known, options.scheme, by_hand(chosen, options.placed))


def by_hand(heads: Sequence[Head], placed: Mapping[str, str]) -> dict[int, str]:
    """A person's decisions by item; raises InvalidValue for an item that does not go in."""
    named = {head.source_id: head.id for head in heads}
    for name in placed:
        if name not in named:
            raise InvalidValue("place", f"no item {name!r} goes in")
    return {named[name]: split for name, split in placed.items()}


def members_of(
    session: Session, dataset: Dataset, heads: Sequence[Head], progress: Progress
) -> Iterator[Member]:
    """The items as the splitting looks at them."""
    own = reader_of(dataset)
    for start in range(0, len(heads), CHUNK):
        progress(start, len(heads), "reading instructions")
        chunk = heads[start : start + CHUNK]
        texts = datasets.record_texts(session, record_ids=[h.source_record_id for h in chunk])
        for item in items.get_many(session, item_ids=[head.id for head in chunk]):
            record = own.read_record(texts[item.source_record_id])
            yield Member(
                id=item.id,
                name=item.source_id,
                image=item.image.sha256 if item.image else item.image_ref,
                instruction=item.content.instruction,
                origin=origin_of(record.image_ref, record.content.instruction),
            )


def enter(
    heads: Sequence[Head],
    admission: Admission,
    outcomes: Mapping[int, Outcome],
    assignment: Assignment,
    scheme: Scheme,
) -> tuple[list[Entry], dict[int, str]]:
    """What goes in with its split, and what has none."""
    entries: list[Entry] = []
    unsplit: dict[int, str] = {}
    kept, rows = set(admission.kept), Counter[str]()
    for head in heads:
        if head.id not in kept:
            continue
        became = became_of(head, outcomes)
        place = split_of(head, became, assignment, scheme)
        if isinstance(place, str):
            unsplit[head.id] = place
            continue
        entries.append(Entry(head, became, place.split, rows[place.split], place.group or None))
        rows[place.split] += 1
    return entries, unsplit


def became_of(head: Head, outcomes: Mapping[int, Outcome]) -> str:
    """Whether an item is clean, repaired or dropped."""
    if head.verdict == "drop":
        return "dropped"
    return "repaired" if head.id in outcomes and outcomes[head.id].patch else "clean"


def split_of(head: Head, became: str, assignment: Assignment, scheme: Scheme) -> Place | str:
    """An item's place, or why it has none."""
    if scheme.kind == "whole":
        return Place("", scheme.names[0])
    if scheme.kind == "curated":
        return Place("", became) if became in scheme.names else f"no split for {became} items"
    if scheme.kind == "source":
        return Place("", of_batch(head.batch))
    return assignment.places.get(head.id) or "would join two groups of an earlier release"
