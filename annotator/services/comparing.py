"""Compare the items of a dataset with each other: duplicates, same images, strayed components.

What is found is kept as relations, from which the checks of one item read. One pass looks at the
whole dataset; it takes seconds for tens of thousands of items.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final

from annotator.checks.alignment import CLEARLY, FITS, is_foreign
from annotator.checks.overlap import content, share
from annotator.domain.duplicates import Shingles, near_pairs, shingles, similarity
from annotator.domain.looks import likeness, near_looks
from annotator.domain.spans import bare_words
from annotator.services.collector import collector_paused
from annotator.services.workspace import Progress, Workspace, no_progress
from db import jobs, relations
from db.engine import Session
from db.relations import Compared, Relation

JOB: Final = "compare"
NAMED: Final = 5
"""So many related items are kept by name."""

TRIED: Final = 20
"""So many items that share most words with a strayed component are looked at closely."""

LEAST_WORDS: Final = 5
"""Words that carry meaning without which a text fits many items by chance."""

COMMON: Final = 0.05
"""A word that more than this share of the instructions has does not lead to one."""

Near = dict[int, list[tuple[float, list[int]]]]
"""For a group of items the groups that it is near to, each with its score."""


def compare_later(session: Session, *, dataset_id: int, person_id: int) -> None:
    """Queue a comparison, unless one waits already."""
    if not jobs.is_queued(session, kind=JOB, dataset_id=dataset_id):
        jobs.add(session, kind=JOB, parameters={}, dataset_id=dataset_id, person_id=person_id)


def compare_dataset(
    workspace: Workspace, *, dataset_id: int, progress: Progress = no_progress
) -> set[int]:
    """Compare all items of a dataset; returns the ids of those whose relations changed."""
    with workspace.database.reading() as session:
        every = relations.compared(session, dataset_id=dataset_id)
        parts = relations.component_texts(session, dataset_id=dataset_id)
    with collector_paused():
        found = list(related(every, parts, progress))
    with workspace.database.writing() as session:
        return relations.replace(session, item_ids=[item.id for item in every], now=found)


def related(
    every: Sequence[Compared], parts: Iterable[tuple[int, str, str]], progress: Progress
) -> Iterator[Relation]:
    """All relations of some items."""
    for step, look in enumerate((by_words, by_image, by_look)):
        progress(step, 4, "comparing items")
        yield from look(every)
    progress(3, 4, "comparing items")
    yield from strayed(every, parts)


def by_words(every: Sequence[Compared]) -> Iterator[Relation]:
    """The same words, or nearly."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(every):
        words = bare_words(item.instruction)
        if words:
            groups[words].append(index)
    for same in groups.values():
        if len(same) > 1:
            yield from same_words(every, same)
    by_pairs: dict[Shingles, list[int]] = defaultdict(list)
    for words, same in groups.items():
        by_pairs[shingles(words)] += same
    yield from like_words(every, by_pairs)


def same_words(every: Sequence[Compared], same: Sequence[int]) -> Iterator[Relation]:
    """Items with the same words: on the same image by content, or on another.

    Those whose image has the same name are known by their twin key already.
    """
    names = Counter(every[index].twin_key or index for index in same)
    images = Counter(every[index].image for index in same)
    both = Counter((every[index].image, every[index].twin_key or index) for index in same)
    for index in same:
        item = every[index]
        name = item.twin_key or index
        on_same = images[item.image] - both[item.image, name] if item.image else 0
        on_other = len(same) - names[name] - on_same
        for how, total in (("same item", on_same), ("same words", on_other)):
            wanted = how == "same item"
            others = (
                other
                for other in same
                if (every[other].twin_key or other) != name
                and (item.image is not None and every[other].image == item.image) == wanted
            )
            if total:
                yield relation(every, index, how, list(islice(others, NAMED)), total)


def like_words(
    every: Sequence[Compared], groups: Mapping[Shingles, list[int]]
) -> Iterator[Relation]:
    """Nearly the same words."""
    sets, members = list(groups), list(groups.values())
    near: Near = defaultdict(list)
    for one, other in near_pairs(sets):
        score = similarity(sets[one], sets[other])
        near[one].append((score, members[other]))
        near[other].append((score, members[one]))
    for number, found in near.items():
        others, total, score = nearest(found)
        for index in members[number]:
            yield relation(every, index, "like words", others, total, score)


def by_image(every: Sequence[Compared]) -> Iterator[Relation]:
    """The same image by content."""
    for same in by_content(every).values():
        names = {every[index].image_ref for index in same}
        for index in same if len(same) > 1 else ():
            others = [other for other in same[: NAMED + 1] if other != index][:NAMED]
            total = len(same) - 1
            yield relation(every, index, "same image", others, total, same_name=len(names) == 1)


def by_content(every: Sequence[Compared]) -> dict[str, list[int]]:
    """The items that show each image."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(every):
        if item.image:
            groups[item.image].append(index)
    return groups


def by_look(every: Sequence[Compared]) -> Iterator[Relation]:
    """Images that differ by content and look the same."""
    showing = by_content(every)
    by_hash: dict[str, list[str]] = defaultdict(list)
    for image, shown in showing.items():
        look = every[shown[0]].look
        if look:
            by_hash[look].append(image)
    looks = list(by_hash)
    pairs = [(look, look) for look in looks if len(by_hash[look]) > 1]
    pairs += [(looks[one], looks[other]) for one, other in near_looks(looks)]
    near: dict[str, list[tuple[float, list[int]]]] = defaultdict(list)
    for one, other in pairs:
        score = likeness(one, other)
        for image in by_hash[one]:
            for twin in by_hash[other]:
                if image != twin:
                    near[image].append((score, showing[twin]))
                    if one != other:
                        near[twin].append((score, showing[image]))
    for image, found in near.items():
        others, total, score = nearest(found)
        for index in showing[image]:
            yield relation(every, index, "like image", others, total, score)


def nearest(groups: Sequence[tuple[float, Sequence[int]]]) -> tuple[list[int], int, float]:
    """The nearest few of several groups of items, how many there are, and the nearest's score."""
    ordered = sorted(groups, key=lambda pair: (-pair[0], pair[1][0]))
    every = chain.from_iterable(members for _, members in ordered)
    total = sum(len(members) for _, members in ordered)
    return list(islice(every, NAMED)), total, ordered[0][0]


def strayed(every: Sequence[Compared], parts: Iterable[tuple[int, str, str]]) -> Iterator[Relation]:
    """Components with hardly a word of their own instruction, and the item that they fit."""
    places = {item.id: index for index, item in enumerate(every)}
    foreign: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for item_id, key, text in parts:
        if item_id in places and is_foreign(text, every[places[item_id]].instruction):
            foreign[places[item_id]].append((key, text))
    if not foreign:
        return
    holding = index_of(every)
    for index, components in foreign.items():
        together = " ".join(text for _, text in components)
        fit = best_fit(every, index, together, holding)
        for key, text in components:
            found = fit or best_fit(every, index, text, holding)
            if found is not None:
                score, other = found
                yield relation(every, index, "fits", [other], 1, score, key=key, text=text)


def index_of(every: Sequence[Compared]) -> dict[str, list[int]]:
    """For each word that carries meaning, and is not common, the items that have it."""
    holding: dict[str, list[int]] = defaultdict(list)
    for index, item in enumerate(every):
        for word in content(item.instruction):
            holding[word].append(index)
    most = max(TRIED, int(COMMON * len(every)))
    return {word: found for word, found in holding.items() if len(found) <= most}


def best_fit(
    every: Sequence[Compared], index: int, text: str, holding: Mapping[str, Sequence[int]]
) -> tuple[float, int] | None:
    """The item that has most of a text's words, where that is clearly more than its own has."""
    hits = Counter(other for word in content(text) for other in holding.get(word, ()))
    hits.pop(index, None)
    tried = [
        (share(text, every[other].instruction), -other) for other, _ in hits.most_common(TRIED)
    ]
    score, other = max(tried, default=(0.0, 0))
    here = share(text, every[index].instruction)
    if len(content(text)) < LEAST_WORDS:
        return None
    return (score, -other) if score >= FITS and score >= here + CLEARLY else None


def relation(
    every: Sequence[Compared],
    index: int,
    how: str,
    others: Sequence[int],
    total: int,
    score: float = 1.0,
    *,
    key: str = "",
    text: str = "",
    same_name: bool = False,
) -> Relation:
    """A relation of one item to others, all by their indexes."""
    return Relation(
        item_id=every[index].id,
        how=how,
        others=tuple(every[other].id for other in others),
        total=total,
        score=round(score, 4),
        component_key=key,
        text=text,
        same_name=same_name,
    )
