"""A dataset's scores laid out for statistics: a row per case, a column per rater.

The frame is read once from the scores and then brought up to date from the cases that changed
(their stamps), so that looking at the audit again costs what changed. ``Change`` says what did.
"""

from __future__ import annotations

import io
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from annotator.domain.statistics.figure import Floats, Ints
from db import scored
from db.engine import Session
from db.scored import CaseColumns, ScoreColumns

FORM: Final = 1
"""The version of the packing."""
UNPARSED: Final = -1.0
"""Stands for a score that could not be read, in a column of shares; NaN stands for none."""
NAMES: Final = ("model", "type", "method")
NUMBERS: Final = (
    "case", "item", "response", "length", "weight", "live", "standing", "decided",
)  # fmt: skip

Column = tuple[int, int, bool]
"""A rater's id, the repeat, and whether for the audit sample."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Rows are cases in order of id.

    ``numbers`` holds the columns named in NUMBERS; ``codes`` a number per case for each of NAMES,
    which ``labels`` spells out. ``shares``: per rater's column a share from 0 to 1, UNPARSED or
    NaN per case.
    """

    numbers: Mapping[str, NDArray[np.float64]]
    codes: Mapping[str, Ints]
    labels: Mapping[str, tuple[str, ...]]
    shares: Mapping[Column, Floats] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.numbers["case"])

    def ints(self, name: str) -> Ints:
        """One of the numeric columns as whole numbers."""
        return self.numbers[name].astype(np.int64)

    @property
    def live(self) -> NDArray[np.bool_]:
        """Which cases the benchmark still has."""
        return self.numbers["live"] > 0


DECIDED: Final = "decided"
"""The adjudicated shares, where a rater is asked for."""
STANDING: Final = "standing"
"""What counts now: adjudicated, else the judges' mean, else the verifier's."""

Source = int | str
"""Whose column a figure is made of: a rater's id, DECIDED or STANDING."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a frame's newest reading changed: whose shares, and whether cases themselves did.

    ``cases`` is true where one is new or its weight, type or being live is another one.
    """

    sources: frozenset[Source]
    cases: bool

    def touches(self, sources: Iterable[Source]) -> bool:
        """Whether a figure of these may come out different."""
        return self.cases or not self.sources.isdisjoint(sources)


def empty() -> Frame:
    """A frame of nothing."""
    return Frame(
        {name: np.zeros(0) for name in NUMBERS},
        {name: np.zeros(0, dtype=np.int64) for name in NAMES},
        dict.fromkeys(NAMES, ()),
    )


def bring_up_to_date(
    session: Session, frame: Frame, *, dataset_id: int, above: int
) -> tuple[Frame, Change]:
    """Read the cases that changed since a stamp into the frame."""
    cases = scored.case_columns(session, dataset_id=dataset_id, above=above)
    scores = scored.score_columns(session, dataset_id=dataset_id, above=above)
    if not len(cases.case):
        return frame, Change(frozenset(), cases=False)
    merged, fields = _merge_cases(frame, cases)
    places = np.searchsorted(merged.numbers["case"], cases.case)
    shares, raters = _merge_scores(merged, scores, places)
    moved = fields & {DECIDED, STANDING}
    return replace(merged, shares=shares), Change(raters | moved, cases=bool(fields - moved))


def _merge_cases(frame: Frame, cases: CaseColumns) -> tuple[Frame, frozenset[str]]:
    """The frame with the cases' rows written or put in, and the columns that differ."""
    old_ids = frame.numbers["case"]
    ids = np.union1d(old_ids, cases.case.astype(float))
    kept, written = np.searchsorted(ids, old_ids), np.searchsorted(ids, cases.case)
    moved = {"case"} if len(ids) != len(old_ids) else set()
    numbers: dict[str, Floats] = {}
    for name in NUMBERS:
        column = np.full(len(ids), np.nan)
        column[kept] = frame.numbers[name]
        fresh = np.asarray(getattr(cases, name), dtype=float)
        if not np.array_equal(column[written], fresh, equal_nan=True):
            moved.add(name)
        column[written] = fresh
        numbers[name] = column
    codes, labels = {}, {}
    for name in NAMES:
        fresh_labels = getattr(cases, name)
        labels[name] = tuple(sorted({*frame.labels[name], *fresh_labels}))
        place = {label: code for code, label in enumerate(labels[name])}
        coded = np.zeros(len(ids), dtype=np.int64)
        again = np.array([place[label] for label in frame.labels[name]], dtype=np.int64)
        coded[kept] = again[frame.codes[name]] if len(again) else 0
        fresh_codes = np.array([place[label] for label in fresh_labels], dtype=np.int64)
        if not np.array_equal(coded[written], fresh_codes):
            moved.add(name)
        coded[written] = fresh_codes
        codes[name] = coded
    shares = {key: _widened(column, kept, len(ids)) for key, column in frame.shares.items()}
    return Frame(numbers, codes, labels, shares), frozenset(moved)


def _widened(column: Floats, kept: Ints, size: int) -> Floats:
    wide = np.full(size, np.nan)
    wide[kept] = column
    return wide


def _merge_scores(
    frame: Frame, scores: ScoreColumns, read: Ints
) -> tuple[dict[Column, Floats], frozenset[Source]]:
    """The raters' columns with all scores of the cases that were read, and whose changed.

    A case that was read has exactly the scores that were read with it.
    """
    shares = dict(frame.shares)
    before = {key: column[read] for key, column in shares.items()}
    for key, column in shares.items():
        shares[key] = column.copy()
        shares[key][read] = np.nan
    places = np.searchsorted(frame.numbers["case"], scores.case)
    values = np.where(np.isnan(scores.share), UNPARSED, scores.share)
    most = int(scores.repeat.max()) + 1 if len(scores.repeat) else 1
    codes = (scores.rater * most + scores.repeat) * 2 + scores.audit
    for code in np.unique(codes):
        rater, repeat = divmod(int(code) // 2, most)
        key = (rater, repeat, bool(code % 2))
        mine = codes == code
        if key not in shares:
            shares[key] = np.full(len(frame), np.nan)
        shares[key][places[mine]] = values[mine]
    changed = {
        key[0]
        for key, column in shares.items()
        if key not in before or not np.array_equal(column[read], before[key], equal_nan=True)
    }
    return shares, frozenset(changed)


# ------------------------------------------------------------------------- packing


def packed(frame: Frame) -> bytes:
    """A frame as bytes."""
    keys = list(frame.shares)
    arrays = {f"n_{name}": frame.numbers[name] for name in NUMBERS}
    arrays |= {f"c_{name}": frame.codes[name].astype(np.int32) for name in NAMES}
    arrays |= {f"s_{place}": frame.shares[key] for place, key in enumerate(keys)}
    head = {"labels": {name: list(frame.labels[name]) for name in NAMES}, "columns": keys}
    arrays["head"] = np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)
    into = io.BytesIO()
    np.savez(into, **arrays)  # type: ignore[arg-type]
    return zlib.compress(into.getvalue(), level=1)


def unpacked(data: bytes) -> Frame:
    """The inverse of packed."""
    with np.load(io.BytesIO(zlib.decompress(data)), allow_pickle=False) as arrays:
        head = json.loads(arrays["head"].tobytes())
        return Frame(
            {name: arrays[f"n_{name}"] for name in NUMBERS},
            {name: arrays[f"c_{name}"].astype(np.int64) for name in NAMES},
            {name: tuple(head["labels"][name]) for name in NAMES},
            {
                (rater, repeat, bool(audit)): arrays[f"s_{place}"]
                for place, (rater, repeat, audit) in enumerate(head["columns"])
            },
        )
