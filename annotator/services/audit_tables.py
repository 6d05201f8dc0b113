"""The audit's figures as flat tables: the same rows on the page, in its files and in the terminal.

Each row of figures holds ``value``, ``low``, ``high``, ``scores``, ``items`` and ``note``: the
reason, in words, where there is no number or no interval. Shares and means are from 0 to 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from annotator.domain.counting import counted
from annotator.domain.statistics.comparing import FIGURES, GRADES
from annotator.services.audit import KITS, SAMPLE, SUMMARY, Audit

Row = dict[str, Any]
Json = Mapping[str, Any]

ALL: Final = "all"
"""Where a row is not of one method or type."""


def spread(figure: Json) -> Row:
    """A figure's columns."""
    return {
        "value": figure.get("value"),
        "low": figure.get("low"),
        "high": figure.get("high"),
        "scores": figure["scores"],
        "items": figure["items"],
        "note": f"undefined: {figure['undefined']}"
        if "undefined" in figure
        else figure.get("note", ""),
    }


def place(one: Json) -> Row:
    """A slice's columns."""
    return {"method": one["method"] or ALL, "type": one["type"] or ALL}


def leaderboard(audit: Audit) -> list[Row]:
    """The models under each source; ``change`` is the rank's difference from the final scores."""
    boards = audit.of("board")
    final = {p["model"]: p["rank"] for p in boards.get(("standing",), {}).get("places", [])}
    rows = []
    for (source,), board in boards.items():
        for one in board["places"]:
            reference = final.get(one["model"])
            known = one["rank"] is not None and reference is not None
            low, high = one["ranks"] or (None, None)
            rows.append(
                {
                    "under": audit.label(source),
                    "model": one["model"],
                    "rank": one["rank"],
                    "change": one["rank"] - reference if known else None,
                    "rank low": low,
                    "rank high": high,
                    "first": one["best"],
                    **spread(one["mean"]),
                }
            )
    return rows


def differences(audit: Audit) -> list[Row]:
    """Pairs of models under each source, over the items both have."""
    return [
        {
            "under": audit.label(source),
            "first": gap["first"],
            "second": gap["second"],
            "swapped": gap["swapped"],
            **spread(gap["difference"]),
        }
        for (source,), board in audit.of("board").items()
        for gap in board["gaps"]
    ]


def corrected(audit: Audit) -> list[Row]:
    """Models' means as people would score them."""
    return [
        {
            "judge": audit.label(judge),
            "model": one["model"],
            "estimate": name,
            "judged": one["judged pass rate"].get("value")
            if name == "corrected pass rate"
            else one["judged"],
            "tuning": one["tuning"] if name == "corrected" else None,
            **spread(one[name]),
        }
        for (judge,), cell in audit.of("corrected").items()
        for one in cell["models"]
        for name in ("corrected", "people alone", "corrected pass rate")
    ]


def pairs(audit: Audit) -> list[tuple[tuple[str, ...], Json]]:
    """The pairs of raters, those with a judge first."""
    judges = {str(rater.id) for rater in audit.raters.values() if rater.kind == "judge"}
    return sorted(audit.of("agreement").items(), key=lambda cell: cell[0][0] not in judges)


def agreement(audit: Audit) -> list[Row]:
    """Two raters at a time, in every slice."""
    rows = []
    for (first, other), cell in pairs(audit):
        for one in cell["slices"]:
            for name in FIGURES:
                rows.append(
                    {
                        "rater": audit.label(first),
                        "other": audit.label(other),
                        **place(one),
                        "figure": name,
                        **spread(one["figures"][name]),
                    }
                )
    return rows


def confusion(audit: Audit) -> list[Row]:
    """How often each grade by one rater met each by the other."""
    return [
        {
            "rater": audit.label(first),
            "other": audit.label(other),
            **place(one),
            "grade": GRADES[i],
            "other's grade": GRADES[j],
            "scores": count,
        }
        for (first, other), cell in pairs(audit)
        for one in cell["slices"]
        for i, counts in enumerate(one["table"])
        for j, count in enumerate(counts)
    ]


def panel(audit: Audit) -> list[Row]:
    """All judges among each other."""
    return [
        {**place(one), "figure": name, **spread(figure)}
        for cell in audit.of("panel").values()
        for one in cell["slices"]
        for name, figure in one["figures"].items()
    ]


def errors(audit: Audit) -> list[Row]:
    """Sensitivity and specificity against the audit sample."""
    names = ("sensitivity", "specificity", "judged pass rate", "corrected pass rate")
    return [
        {"judge": audit.label(judge), **place(one), "figure": name, **spread(one[name])}
        for (judge,), cell in audit.of("errors").items()
        for one in cell["slices"]
        for name in names
    ]


def steadiness(audit: Audit) -> list[Row]:
    """Repeats, length and family."""
    rows = []
    for (judge,), cell in audit.of("repeats").items():
        for name in ("flip rate", "spread"):
            against = counted(cell["repeats"], "repeat")
            rows.append(
                {"judge": audit.label(judge), "figure": name, "against": against}
                | spread(cell[name])
            )
    for (judge,), cell in audit.of("biases").items():
        for name in ("length bias", "family preference"):
            rows.append(
                {"judge": audit.label(judge), "figure": name, "against": cell["reference"]}
                | spread(cell[name])
            )
    return rows


def unparsed(audit: Audit) -> list[Row]:
    """Scores that could not be read by us, and replies that kits lose or change."""
    rows: list[Row] = [
        {
            "judge": audit.label(judge),
            "reader": "mm-annotator",
            "outcome": "unparsed",
            "number": cell["unparsed"],
            "of": cell["scores"],
            "what": "scores",
            "share": cell["share"],
        }
        for (judge,), cell in audit.of("unparsed").items()
    ]
    for (judge,), cell in audit.of(KITS).items():
        for kit, outcomes in cell["kits"].items():
            known = sum(outcomes.values())
            rows += [
                {
                    "judge": audit.label(judge),
                    "reader": kit,
                    "outcome": outcome,
                    "number": number,
                    "of": known,
                    "what": "replies",
                    "share": number / known,
                }
                for outcome, number in sorted(outcomes.items())
            ]
    return rows


def following(audit: Audit) -> list[Row]:
    """PIF and PIF-N-K of the verifiable constraints."""
    return [
        {
            "verifier": audit.label(verifier),
            "model": one["model"],
            "figure": name,
            **spread(figure),
        }
        for (verifier,), cell in audit.of("following").items()
        for one in cell["models"]
        for name, figure in one.items()
        if name.startswith("PIF")
    ]


def replacement(audit: Audit) -> list[Row]:
    """The alternative-annotator test: the winning rate, then the judge against each annotator."""
    rows = []
    for (judge,), cell in audit.of("replacement").items():
        outcome = {True: "may replace", False: "may not replace", None: "undefined"}
        rows.append(
            {
                "judge": audit.label(judge),
                "against": "all: winning rate",
                "outcome": outcome[cell["passes"]],
                "p": None,
                **spread(cell["winning_rate"]),
            }
        )
        rows += [
            {
                "judge": audit.label(judge),
                "against": one["annotator"],
                "outcome": "won" if one["won"] else "not won",
                "p": one["p"],
                "value": one["judge_at_least_as_good"],
                "low": None,
                "high": None,
                "scores": one["scores"],
                "items": None,
                "note": "",
            }
            for one in cell["against"]
        ]
    return rows


TABLES: Final[Mapping[str, Callable[[Audit], list[Row]]]] = {
    "leaderboard": leaderboard,
    "differences": differences,
    "corrected": corrected,
    "following": following,
    "agreement": agreement,
    "panel": panel,
    "confusion": confusion,
    "errors": errors,
    "steadiness": steadiness,
    "unparsed": unparsed,
    "replacement": replacement,
}


def as_json(audit: Audit) -> dict[str, Any]:
    """Everything, for scripts."""
    return {
        "made_at": audit.made_at,
        "behind": audit.behind,
        SUMMARY: audit.cells.get(SUMMARY),
        "audit_sample": audit.cells.get(SAMPLE),
        **{name: table(audit) for name, table in TABLES.items()},
    }


def as_text(audit: Audit) -> str:
    """The figures people ask for first, for a terminal."""
    sample = audit.cells.get(SAMPLE, {})
    said = [
        _lines("Models under each rater", leaderboard(audit), ("under", "model", "rank")),
        _lines(
            "Agreement over all components",
            [
                row
                for row in agreement(audit)
                if (row["method"], row["type"]) == (ALL, ALL)
                and row["figure"] in ("percent", "kappa", "alpha", "AC1")
            ],
            ("rater", "other", "figure"),
        ),
        f"Audit sample: {sample['labelled']} of {sample['drawn']} labelled"
        if sample.get("labelled")
        else "Audit sample: nothing labelled yet",
        _lines(
            "Means corrected by the audit sample", corrected(audit), ("judge", "model", "estimate")
        ),
        _lines("Verifiable constraints", following(audit), ("model", "figure")),
    ]
    return "\n\n".join(said)


def _lines(title: str, rows: list[Row], names: tuple[str, ...]) -> str:
    if not rows:
        return f"{title}: nothing yet"
    cells = [[*(str(row[name] or "–") for name in names), said(row)] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(names))]
    listed = [
        "  ".join([*(part.ljust(w) for part, w in zip(line, widths, strict=False)), line[-1]])
        for line in cells
    ]
    return "\n".join([title, *(f"  {line}" for line in listed)])


def said(row: Row) -> str:
    """A figure in words: ``0.812 [0.760, 0.861]``, or why it is undefined."""
    if row["value"] is None:
        return str(row["note"])
    if row["low"] is None:
        return f"{row['value']:.3f}{' (' + row['note'] + ')' if row['note'] else ''}"
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def as_csv(rows: Iterable[Row]) -> str:
    """Rows as CSV; a cell that a spreadsheet would take for a formula gets an apostrophe."""
    listed = list(rows)
    into = io.StringIO()
    if listed:
        writer = csv.DictWriter(into, fieldnames=list(listed[0]))
        writer.writeheader()
        writer.writerows([{name: harmless(value) for name, value in r.items()} for r in listed])
    return into.getvalue()


def harmless(value: Any) -> Any:
    """Text that no spreadsheet takes for a formula; numbers as they are."""
    if isinstance(value, str) and value.lstrip()[:1] in tuple("=+-@\t\r|%"):
        return f"'{value}"
    return value
