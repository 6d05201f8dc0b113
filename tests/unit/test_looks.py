"""How images look: copies are near, other pictures are not, and near pairs are found exactly."""

from __future__ import annotations

import io
import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from annotator.domain.looks import BITS, NEAR, likeness, look_of, near_looks
from annotator.images import inspect
from tests.bench.generate import draw

PICTURES = [draw(number, random.Random(number)) for number in range(12)]


def saved(image, form, **options):
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def bits(one, other):
    return round((1 - likeness(one, other)) * BITS)


@pytest.mark.parametrize("picture", PICTURES[:4])
def test_copies_of_another_size_quality_or_format_look_the_same(picture):
    look = inspect(picture).look
    image = Image.open(io.BytesIO(picture))
    small = image.resize((image.width // 2, image.height // 2))
    turned = image.transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    for copy in (
        saved(small, "JPEG", quality=40),
        saved(image, "PNG"),
        saved(image, "WEBP", quality=60),
        saved(turned, "JPEG", quality=90, exif=exif),
    ):
        assert bits(look, inspect(copy).look) <= NEAR


def test_other_pictures_look_different():
    looks = [inspect(picture).look for picture in PICTURES]
    assert min(bits(*pair) for pair in combinations(looks, 2)) > NEAR


def test_an_empty_picture_has_no_look():
    assert inspect(saved(Image.new("RGB", (64, 64), "white"), "PNG")).look is None
    assert look_of([7] * 81) is None


@given(st.lists(st.integers(0, 2**BITS - 1), unique=True, max_size=12), st.data())
def test_near_pairs_are_exactly_those_that_comparing_all_finds(values, data):
    for value in values[:4]:
        flips = data.draw(st.lists(st.integers(0, BITS - 1), unique=True, max_size=NEAR + 2))
        values.append(value ^ sum(1 << flip for flip in flips))
    looks = [f"{value:032x}" for value in dict.fromkeys(values)]
    every = {
        (i, j) for i, j in combinations(range(len(looks)), 2) if bits(looks[i], looks[j]) <= NEAR
    }
    assert set(near_looks(looks)) == every
