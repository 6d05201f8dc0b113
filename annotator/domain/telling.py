"""Events as sentences: what somebody did, in words that follow their name."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from annotator.domain import changes
from annotator.domain.assignment import STRATEGIES
from annotator.domain.changes import Patch, describe, sentences
from annotator.domain.counting import counted, noun
from annotator.domain.records import Event

ANNOTATION_KINDS: Final = (
    "annotation.edited",
    "annotation.text",
    "annotation.verdict",
    "annotation.rebased",
)
CURATION_KINDS: Final = (
    "curation.revised",
    "curation.source",
    "curation.merged",
    "curation.mended",
    "curation.dropped",
    "curation.settled",
    "curation.reopened",
)


def said(event: Event, *, again: bool = False) -> str:
    """What the person did, in words; of an undoing, what it took back."""
    if event.undoes is None:
        return what(event)
    if again:
        return f"did again: {what(event)}"
    return f"undid: {what(replace(event, patch=changes.invert(event.patch)))}"


def what(event: Event) -> str:
    """An event's change as a clause."""
    patch = {p: v for p, v in event.patch.items() if p not in ("revision", "reason", "merge")}
    if event.kind in (*ANNOTATION_KINDS, *CURATION_KINDS):
        clause = sentences(describe(patch, event.numbers))
        if event.kind in CURATION_KINDS:
            return curation_clause(event, clause)
        return clause or "began a draft"
    if event.kind == "annotation.submitted":
        verdict = event.patch.get("verdict", (None, None))[1]
        return f"submitted ({verdict})" if verdict else "submitted"
    return other_clause(event)


def curation_clause(event: Event, clause: str) -> str:
    """A revision of the curation as a clause."""
    revision = event.patch.get("revision", (None, None))[1]
    head = {
        "curation.source": "took over a newer source",
        "curation.merged": "merged with source",
        "curation.mended": "applied a mend",
        "curation.dropped": "dropped the item",
        "curation.settled": "settled the item",
        "curation.reopened": "opened the settled item again",
    }
    label = head.get(event.kind, f"made revision {revision}" if revision else "revised")
    return f"{label}: {clause or 'nothing changed'}"


def other_clause(event: Event) -> str:
    """Flags, findings, images, datasets."""
    patch = event.patch
    if event.kind == "flag.raised":
        keys = patch.get("components", ([], []))[1] or []
        numbers = " and ".join(str(event.numbers.get(key, "?")) for key in keys)
        where = f" on {noun(len(keys), 'component')} {numbers}" if keys else ""
        return f"raised a flag, {patch['flag'][1]}{where}"
    if event.kind == "flag.moved":
        return f"marked a flag as {patch['state'][1]}"
    if event.kind in ("finding.dismissed", "finding.confirmed"):
        message = patch.get("message", (None, ""))[1] or ""
        return f"{event.kind.removeprefix('finding.')} the finding {changes.quote(message)}"
    clauses = {
        "image.attached": "gave the item another image"
        if patch.get("image", (None, None))[1]
        else "took the item's image away",
        "image.taken_down": "took an image down",
        "dataset.imported": "imported a file",
        "responses.imported": "imported models' answers",
        "replies.imported": "imported judges' replies",
        "judge.run": f"{patch.get('state', ('', ''))[1]} judge run {patch.get('run', (0, 0))[1]}"
        f" ({patch.get('model', ('', ''))[1]})",
        "adjudication.decided": "decided on a response's score",
        "score.given": "scored a response",
        "score.read": "read a judge's reply",
        "audit.sampled": "drew an audit sample",
        "audit.labelled": "scored a response blind",
        "dataset.settings": f"changed the settings: {sentences(describe(patch, {}))}",
        "dataset.plan": plan_clause(patch),
        "queue.reordered": "ordered the queue anew",
        "queue.assigned": f"assigned {counted(patch.get('places', (0, 0))[1], 'place')} to "
        f"{patch.get('people', ('', ''))[1]}",
        "item.skipped": "skipped the item",
        "comment.written": "commented on the item",
        "comment.withdrawn": "took a comment back",
        "guidelines.written": f"wrote version {patch.get('number', (0, 0))[1]} of the guidelines",
        "trial.answered": "answered a qualification item",
        "trial.waived": f"let {patch.get('person', ('', ''))[1]} in without the qualification",
        "gold.set": "gave this item a known answer",
        "gold.forgotten": "made this a usual item again",
        "release.written": f"wrote release {patch.get('release', ('', ''))[1]}",
    }
    return clauses.get(event.kind, event.kind)


def plan_clause(patch: Patch) -> str:
    """A change of how items are assigned; of a new plan only what makes it up."""
    before, after = patch.get("strategy", ("", ""))
    if before is None:
        overlap = patch.get("overlap", (None, 1))[1]
        each = f"{counted(overlap, 'annotator')} each"
        return f"began to assign items to people: {STRATEGIES.get(after, after)}, {each}"
    if after is None:
        return "stopped assigning items to people"
    people = {"annotators": "who annotates, or their quotas", "groups": "whose each value is"}
    said = [sentences(describe({p: v for p, v in patch.items() if p not in people}, {}))]
    said += [f"changed {what}" for path, what in people.items() if path in patch]
    return f"changed how items are assigned: {'; '.join(clause for clause in said if clause)}"
