"""CHANGES.md and changes.jsonl: every difference, from the source and since the release before."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from annotator.domain.changes import describe
from annotator.domain.counting import counted
from annotator.domain.records import Event
from annotator.services.history import taking_back
from annotator.services.release.comparing import SOURCE, ItemDifference
from annotator.services.release.markdown import escape
from annotator.services.release.outcomes import Outcome
from annotator.services.release.plan import Plan

CHANGES: Final = "CHANGES.md"


def events_by_item(log: Sequence[Event]) -> dict[int, list[Event]]:
    """The events that still stand, by item, oldest first."""
    found: dict[int, list[Event]] = {}
    back = taking_back(log)
    for event in log:
        if event.item_id is not None and event.undone_by is None and event.id not in back:
            found.setdefault(event.item_id, []).append(event)
    return found


def changes_text(
    plan: Plan,
    losses: Mapping[str, Sequence[str]],
    since: Sequence[ItemDifference],
    by_item: Mapping[int, Sequence[Event]],
) -> str:
    """CHANGES.md: every difference from the source, by whom and why, and what came since."""
    counts = plan.counts()
    lines = [
        f"# {escape(plan.dataset.name)} {escape(plan.options.name)}: changes",
        "",
        f"Against {escape(plan.source.name)} (sha256 `{plan.source.sha256}`), as it stood on "
        f"{plan.moment.at:%Y-%m-%d %H:%M} UTC, written by {escape(plan.actor.name)}.",
        "",
        f"{counted(counts['items'], 'item')}, {counts['changed']:,} of them changed. Left out: "
        + (", ".join(f"{n:,} ({why})" for why, n in counts["left_out"].items()) or "none")
        + ".",
        "",
        *(f"- {loss}" for loss in sorted({loss for each in losses.values() for loss in each})),
    ]
    lines += since_lines(plan, since)
    lines += rule_lines(plan)
    for heading, chosen in source_sections(plan):
        if chosen:
            lines += ["", f"## {heading}"]
        for outcome in chosen:
            log = by_item.get(outcome.item_id, [])
            lines += ["", *item_lines(outcome, log, plan.annotators.get(outcome.item_id, ()))]
    if not plan.changed:
        lines += ["", "Nothing was changed."]
    return "\n".join(lines) + "\n"


def source_sections(plan: Plan) -> list[tuple[str, list[Outcome]]]:
    """What people did, against the source: edited, taken out, looked at and left as it was."""
    going = {entry.head.id for entry in plan.entries}
    inside = [outcome for outcome in plan.changed if outcome.item_id in going]
    return [
        ("Changed", [outcome for outcome in inside if outcome.patch]),
        ("Left out by a person", [o for o in plan.changed if o.item_id not in going]),
        ("Looked at and kept as it came", [outcome for outcome in inside if not outcome.patch]),
    ]


def item_lines(outcome: Outcome, log: Sequence[Event], annotators: Sequence[str]) -> list[str]:
    """One item's section of CHANGES.md; annotators are named where others settled it."""
    lines = [f"### Item {escape(outcome.source_id)}", ""]
    if not outcome.included:
        lines.append(f"- {outcome.why}")
    lines += [
        f"- {escape(change.sentence)}"
        for change in describe(outcome.patch, outcome.numbers, limit=None)
    ]
    for event in log:
        why = f": {escape(event.reason)}" if event.reason else ""
        lines.append(f"- by {escape(event.person)}, {event.at:%Y-%m-%d %H:%M} UTC{why}")
    if not {event.person for event in log}.issuperset(annotators):
        lines.append(f"- annotated by {escape(', '.join(annotators))}")
    return lines


def since_lines(plan: Plan, since: Sequence[ItemDifference]) -> list[str]:
    """What changed since the release before."""
    if plan.previous is None:
        return []
    heading = ["", f"## Since {escape(plan.previous.name)}", ""]
    if not since:
        return [*heading, "Nothing."]
    lines = heading
    for one in since:
        said = "; ".join(one.sentences(limit=200)) or one.what
        lines.append(f"- Item {escape(one.item)}: {escape(said)}")
    return lines


def rule_lines(plan: Plan) -> list[str]:
    """The items that rules kept out, and those that wait for a person to place them."""
    lines = [
        f"- {escape(step.rule)}: {escape(', '.join(step.dropped))}"
        for step in plan.admission.steps
        if step.dropped and not step.rule.startswith("verdict")
    ]
    waiting = [name for group in plan.told_waiting() for name in group["items"]]
    if waiting:
        lines.append(f"- would join two groups of an earlier release: {escape(', '.join(waiting))}")
    return ["", "## Left out by a rule", "", *lines] if lines else []


def change_lines(
    plan: Plan, since: Sequence[ItemDifference], by_item: Mapping[int, Sequence[Event]]
) -> Iterator[str]:
    """changes.jsonl: a line per item and per what it is compared with."""
    words = ("edited", "left out", "kept")
    for what, (_, chosen) in zip(words, source_sections(plan), strict=True):
        for outcome in chosen:
            log = by_item.get(outcome.item_id, [])
            annotators = plan.annotators.get(outcome.item_id, ())
            yield as_line(source_change(outcome, what, log, annotators))
    for one in since:
        assert plan.previous is not None
        yield as_line(one.as_dict(plan.previous.name))


def source_change(
    outcome: Outcome, what: str, log: Sequence[Event], annotators: Sequence[str]
) -> dict[str, Any]:
    """What people did to one item, against its source."""
    return {
        "against": SOURCE,
        "item": outcome.source_id,
        "what": what,
        "why": outcome.why,
        "changes": [
            {"path": path, "before": before, "after": after}
            for path, (before, after) in outcome.patch.items()
        ],
        "numbers": dict(outcome.numbers),
        "sentences": [c.sentence for c in describe(outcome.patch, outcome.numbers, limit=None)],
        "by": [
            {
                "person": event.person,
                "at": event.at.replace(microsecond=0).isoformat(),
                "what": event.kind,
                "reason": event.reason,
                "event": event.id,
            }
            for event in log
        ],
        "annotators": list(annotators),
    }


def as_line(values: Mapping[str, Any]) -> str:
    """One line of JSON."""
    return json.dumps(values, ensure_ascii=False) + "\n"
