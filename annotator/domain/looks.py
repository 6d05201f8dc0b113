"""How an image looks, as 128 bits that survive scaling and compressing.

A difference hash (dHash): the image is shrunk to 9 × 9 grey pixels; each bit says whether a pixel
is brighter than its right neighbour (64 bits), or than the one below (64 bits). Two photographs
that have nothing in common differ in about half of the bits, a resized or recompressed copy in few.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

SIDE: Final = 9
BITS: Final = 128
NEAR: Final = 12
"""Most bits in which images differ that look the same. Measured on 93 pictures: copies of another
size, format or quality differed in 11 bits at most, the nearest of 4,278 unlike pairs in 35."""

FLAT: Final = 6
"""Grey levels between the darkest and the brightest pixel below which there is nothing to see."""


def look_of(pixels: Sequence[int]) -> str | None:
    """The look of SIDE × SIDE grey pixels, row by row, as 32 hex digits; None where it is flat."""
    if max(pixels) - min(pixels) < FLAT:
        return None
    rows = [pixels[at : at + SIDE] for at in range(0, SIDE * SIDE, SIDE)]
    across = [row[x] > row[x + 1] for row in rows[:-1] for x in range(SIDE - 1)]
    down = [rows[y][x] > rows[y + 1][x] for y in range(SIDE - 1) for x in range(SIDE - 1)]
    return f"{sum(bit << place for place, bit in enumerate([*across, *down])):032x}"


def likeness(one: str, other: str) -> float:
    """The share of bits that two looks have in common."""
    return 1 - (int(one, 16) ^ int(other, 16)).bit_count() / BITS


def near_looks(looks: Sequence[str], most: int = NEAR) -> Iterator[tuple[int, int]]:
    """Every pair of indexes whose looks differ in at most so many bits, each pair once.

    Found exactly: of ``most + 1`` pieces of such looks at least one is the same.

    Args:
        looks: distinct looks; equal ones are the caller's to join.
        most: less than BITS.
    """
    values = [int(look, 16) for look in looks]
    cuts = [BITS * place // (most + 1) for place in range(most + 2)]
    held: list[dict[int, list[int]]] = [{} for _ in range(most + 1)]
    for index, value in enumerate(values):
        near: set[int] = set()
        for place, pieces in enumerate(held):
            piece = (value >> cuts[place]) & ((1 << (cuts[place + 1] - cuts[place])) - 1)
            same = pieces.setdefault(piece, [])
            near.update(same)
            same.append(index)
        for other in sorted(near):
            if (value ^ values[other]).bit_count() <= most:
                yield other, index
