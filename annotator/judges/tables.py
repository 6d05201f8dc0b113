"""The scores that Markdown tables in a reply claim."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from annotator.domain.regex import regex
from annotator.judges.keys import MAXIMUM, SCORE, WEIGHT, in_order, key_of, with_maximum
from annotator.judges.labels import TOTAL, Claim
from annotator.judges.values import Trouble, Value, value_at

_RIVAL: Final = regex(
    r"\bscore|points|rating|\bfinal|revis|correct(?:ed|ion)|\bjudge\b|得分|评分", re.IGNORECASE
)
_RULE: Final = regex(r"[\s|:+=-]*-[\s|:+=-]*")


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text without outer white space, and where that begins in the reply."""

    text: str
    start: int


Row = list[Cell]


def table_claims(text: str, names: tuple[str, ...]) -> tuple[list[Claim], list[tuple[int, int]]]:
    """Claims of the tables in a plain text, and the places of the tables that claim something."""
    claims: list[Claim] = []
    places: list[tuple[int, int]] = []
    for rows, start, end in _tables(text):
        source = f"table {start}"
        found = _of_table(text, rows, names, source)
        if found:
            claims += found
            places.append((start, end))
    return claims, places


def _tables(text: str) -> Iterator[tuple[list[Row], int, int]]:
    """Runs of at least two lines with the same sign between cells."""
    rows: list[Row] = []
    start = at = 0
    for line in [*text.split("\n"), ""]:
        if "|" in line:
            start = start if rows else at
            if not _RULE.fullmatch(line):
                rows.append(_cells(line, at))
        else:
            if len(rows) > 1:
                yield rows, start, at - 1
            rows = []
        at += len(line) + 1


def _cells(line: str, at: int) -> Row:
    cells: Row = []
    for part in line.split("|"):
        cells.append(Cell(part.strip(), at + len(part) - len(part.lstrip())))
        at += len(part) + 1
    first = 1 if len(cells) > 1 and not cells[0].text else 0
    last = -1 if len(cells) > 1 and not cells[-1].text else None
    return cells[first:last]


def _of_table(text: str, rows: list[Row], names: tuple[str, ...], source: str) -> list[Claim]:
    header = [key_of(cell.text, names) for cell in rows[0]]
    across = [key for key in header if key is not None]
    values_in_header = any(_cell_value(text, cell) for cell in rows[0][1:])
    if len(across) > 1 and not values_in_header:
        return _across(text, rows, header, source)
    return _down(text, rows, names, source)


def _across(text: str, rows: list[Row], header: list[int | str | None], source: str) -> list[Claim]:
    """Components side by side: one row of scores, perhaps one of maxima."""
    maxima: dict[int, Value | Trouble | None] = {}
    scores: list[Row] = []
    for row in rows[1:]:
        if row and MAXIMUM.fullmatch(row[0].text):
            maxima = {i: _cell_value(text, cell) for i, cell in enumerate(row)}
        else:
            scores.append(row)
    claims: list[Claim] = []
    for row in scores:
        shift = len(header) - len(row)
        for i, cell in enumerate(row):
            column = i if shift <= 0 else i + shift
            key = header[column] if column < len(header) else None
            value = _cell_value(text, cell)
            if key is not None and value is not None:
                value = with_maximum(value, maxima.get(column))
                claims.append(Claim(key, value, cell.start, cell.start + len(cell.text), source))
    return claims


def _down(text: str, rows: list[Row], names: tuple[str, ...], source: str) -> list[Claim]:
    """A component per row."""
    score, maximum = _columns(text, rows)
    if score is None:
        return []
    scaled = any(c.isdigit() for c in rows[0][score].text) if score < len(rows[0]) else False
    titled = not (score < len(rows[0]) and _cell_value(text, rows[0][score]))
    claims: list[Claim] = []
    for row in rows[1:] if titled else rows:
        value = _cell_value(text, row[score]) if score < len(row) else None
        if value is None:
            continue
        if maximum is not None and maximum < len(row):
            weight = WEIGHT.fullmatch(rows[0][maximum].text) is not None
            value = with_maximum(value, _cell_value(text, row[maximum]), weight=weight)
        if scaled and titled and isinstance(value, Value) and value.kind == "bare":
            value = Trouble("the column's title gives another maximum", value.start, value.end)
        said = row[:score] or row[1:2]
        key = _row_key(
            [cell for cell in said if maximum is None or cell not in row[maximum:][:1]], names
        )
        end = row[score].start + len(row[score].text)
        claims.append(Claim("" if key is None else key, value, row[0].start, end, source))
    unnamed = [c for c in claims if c.key == ""]
    if unnamed:
        parts = [c for c in claims if c.key != TOTAL]
        return in_order(parts, "table order") if len(parts) == len(unnamed) else []
    return claims


def _columns(text: str, rows: list[Row]) -> tuple[int | None, int | None]:
    """The columns of the scores and of the maxima, by their titles, else by what they hold."""
    titles = [cell.text for cell in rows[0]]
    maxima = [i for i, title in enumerate(titles) if MAXIMUM.fullmatch(title)]
    maxima = maxima or [i for i, title in enumerate(titles) if WEIGHT.fullmatch(title)]
    scores = [i for i, c in enumerate(rows[0]) if i not in maxima and SCORE.fullmatch(c.text)]
    if any(_RIVAL.search(t) for i, t in enumerate(titles) if i not in (*scores, *maxima)):
        return None, None
    if len(scores) == 1:
        return scores[0], maxima[0] if maxima else None
    if scores:
        return None, None
    columns = [
        i
        for i in range(1, max(map(len, rows)))
        if all(_is_fraction(text, row, i) for row in rows[1:])
    ]
    return (columns[0] if len(columns) == 1 else None), None


def _is_fraction(text: str, row: Row, column: int) -> bool:
    value = _cell_value(text, row[column]) if column < len(row) else None
    return isinstance(value, Value) and value.kind == "fraction"


def _cell_value(text: str, cell: Cell) -> Value | Trouble | None:
    """The score that fills a cell; words beside it make it trouble."""
    found = value_at(cell.text, 0) if cell.text else None
    if cell.text and set(cell.text) <= set("-"):
        found = Trouble("no score is given: the cell is empty", 0, len(cell.text))
    if found is None:
        return None
    if isinstance(found, Value) and cell.text[found.end :].strip(" .)("):
        found = Trouble(f"{cell.text[:40]!r} is more than a score", found.start, found.end)
    return replace(found, start=cell.start + found.start, end=cell.start + found.end)


def _row_key(cells: Row, names: tuple[str, ...]) -> int | str | None:
    """Who a row is about; a plain number says so in the first column only."""
    said = [cell.text for i, cell in enumerate(cells) if i == 0 or not cell.text.isdigit()]
    keys = [key for text in said if (key := key_of(text, names)) is not None]
    numbers = [key for key in keys if isinstance(key, int)]
    if numbers:
        return numbers[0]
    if keys:
        return keys[0]
    return None
