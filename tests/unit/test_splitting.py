"""Splits: no group is torn, nothing moves when items come, earlier releases are inherited."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.domain.duplicates import NEAR, near_pairs, shingles, similarity
from annotator.domain.splitting import (
    Member,
    Place,
    Scheme,
    assign,
    drawn,
    of_batch,
    origin_of,
    read_scheme,
)
from annotator.errors import InvalidValue

THIRDS = read_scheme("train=1,validation=1,test=1")
WORDS = st.sampled_from(["cat", "dog", "sees", "the", "a", "red", "green", "tells", "poem", "of"])
SENTENCES = st.lists(WORDS, min_size=1, max_size=9).map(" ".join)
ITEMS = st.lists(st.tuples(st.none() | st.sampled_from("abcd"), SENTENCES), min_size=1, max_size=25)


def members(rows, first=0):
    return [
        Member(number, str(number), image, text, origin_of(image, text))
        for number, (image, text) in enumerate(rows, first)
    ]


def alike(one, other):
    near = similarity(shingles(one.instruction), shingles(other.instruction)) >= NEAR
    return near or (one.image is not None and one.image == other.image)


@given(st.lists(SENTENCES, max_size=30))
def test_every_near_pair_is_found_and_no_other(sentences):
    texts = list(dict.fromkeys(map(shingles, sentences)))
    wanted = {
        (i, j)
        for i, j in combinations(range(len(texts)), 2)
        if similarity(texts[i], texts[j]) >= NEAR
    }
    found = [tuple(sorted(pair)) for pair in near_pairs(texts)]
    assert sorted(found) == sorted(wanted)


@given(ITEMS)
def test_what_belongs_together_is_never_parted(rows):
    chosen = members(rows)
    places = assign(chosen, {}, THIRDS).places
    for one, other in combinations(chosen, 2):
        if alike(one, other):
            assert places[one.id] == places[other.id]


@given(ITEMS, ITEMS)
def test_a_second_release_moves_nothing_and_parts_no_new_group(rows, later):
    earlier = members(rows)
    known = assign(earlier, {}, THIRDS).places
    everyone = [*earlier, *members(later, first=len(earlier))]
    found = assign(everyone, known, THIRDS)
    assert {i: found.places[i] for i in known} == known
    waiting = {member.id for group in found.waiting for member in group.members}
    assert waiting.isdisjoint(found.places)
    assert waiting | set(found.places) == {member.id for member in everyone}
    for one, other in combinations(everyone, 2):
        new = one.id not in known or other.id not in known
        if new and alike(one, other) and not waiting & {one.id, other.id}:
            assert found.places[one.id] == found.places[other.id]


@given(ITEMS)
def test_items_that_touch_nothing_change_nothing(rows):
    chosen = members(rows)
    stranger = Member(900, "new", "zz", "something else entirely", "new")
    before = assign(chosen, {}, THIRDS).places
    assert {**before} == {
        i: p for i, p in assign([*chosen, stranger], {}, THIRDS).places.items() if i != 900
    }


@given(ITEMS, st.randoms())
def test_the_order_of_the_items_does_not_matter(rows, chance):
    chosen = members(rows)
    shuffled = chosen.copy()
    chance.shuffle(shuffled)
    assert assign(chosen, {}, THIRDS).places == assign(shuffled, {}, THIRDS).places


def bridge():
    earlier = members([("a", "Tell me of the cat."), ("b", "Count all lamps in the street.")])
    known = {0: Place("one", "train"), 1: Place("two", "test")}
    joining = Member(2, "2", "a", "Count all lamps in the street!", "x")
    return [*earlier, joining], known


def test_an_item_that_would_join_two_groups_waits_for_a_person():
    everyone, known = bridge()
    found = assign(everyone, known, THIRDS)
    [waiting] = found.waiting
    assert [member.name for member in waiting.members] == ["2"]
    assert waiting.joins == (Place("one", "train"), Place("two", "test"))
    assert 2 not in found.places and found.fresh == frozenset()


def test_a_person_places_it_and_what_waits_with_it():
    everyone, known = bridge()
    everyone.append(Member(3, "3", "a", "Count all lamps in the street!", "y"))
    found = assign(everyone, known, THIRDS, {3: "validation"})
    assert found.waiting == ()
    assert found.places[2] == found.places[3]
    assert found.places[3].split == "validation"
    with pytest.raises(InvalidValue, match="belong together"):
        assign(everyone, known, THIRDS, {2: "train", 3: "test"})
    with pytest.raises(InvalidValue, match="leave out"):
        assign(everyone, known, THIRDS, {2: "nowhere"})


def test_an_item_near_one_group_joins_it():
    everyone, known = bridge()
    everyone[2] = Member(2, "2", "a", "Something new about it.", "x")
    found = assign(everyone, known, THIRDS)
    assert found.places[2] == Place("one", "train")
    assert found.fresh == {2}
    assert assign(everyone, known, THIRDS, {2: "train"}).places[2] == Place("one", "train")
    with pytest.raises(InvalidValue, match="must go to train"):
        assign(everyone, known, THIRDS, {2: "test"})


def test_an_inherited_split_must_be_in_the_scheme():
    everyone, known = bridge()
    with pytest.raises(InvalidValue, match="'test'"):
        assign(everyone[:2], known, read_scheme("train=1"))


def test_shares_come_out_about_as_asked():
    scheme = read_scheme("train=80,validation=10,test=10")
    counted = defaultdict(int)
    for number in range(5000):
        counted[drawn(f"group {number}", scheme)] += 1
    assert 3900 < counted["train"] < 4100
    assert 430 < counted["test"] < 570 and 430 < counted["validation"] < 570
    seeded = read_scheme("train=80,validation=10,test=10", seed="other")
    assert any(drawn(str(n), scheme) != drawn(str(n), seeded) for n in range(50))


@pytest.mark.parametrize(
    ("batch", "split"),
    [("train", "train"), ("Round 1/b", "round_1_b"), (None, "test"), ("2024", "part_2024"),
     ("…", "test"), ("all", "part_all")],
)  # fmt: skip
def test_a_batch_of_the_source_is_a_split(batch, split):
    assert of_batch(batch) == split


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("none", Scheme()),
        ("", Scheme()),
        ("repaired, clean", Scheme("curated", ("clean", "repaired"))),
        ("train=3,test=1", Scheme("hashed", ("train", "test"), (0.75, 0.25))),
    ],
)
def test_schemes_are_read(text, wanted):
    assert read_scheme(text) == wanted


@pytest.mark.parametrize(
    "text", ["train", "train=0", "train=-1,test=1", "a=1,a=2", "../x=1", "A=1", "all=1", "t=nan"]
)
def test_schemes_that_are_none_are_refused(text):
    with pytest.raises(InvalidValue, match="splits"):
        read_scheme(text)
