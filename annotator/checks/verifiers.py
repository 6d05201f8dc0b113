"""Verifier calls against the component's own words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from annotator.checks.finding import Component
from annotator.constraints import Constraint, find_contradictions, parse
from annotator.constraints.counts import Count
from annotator.constraints.edges import Edge
from annotator.constraints.mentions import Mention
from annotator.constraints.mm_ifeval import Substring, parse_verifier_call
from annotator.domain.findings import Finding, Mend, Severity
from annotator.domain.items import JSON, ItemContent
from annotator.errors import InvalidValue

Call = Mapping[str, JSON]
Said = tuple[Severity, str]


def check(content: ItemContent) -> list[Finding]:
    """All findings on the item's verifier calls."""
    found: list[Finding] = []
    for number, component in enumerate(content.components, 1):
        calls = component.verifier_calls
        if calls:
            found += check_calls(component, calls)
        if component.judge_method == "rule" and not calls:
            said = f"Component {number} is scored by rule and has no verifier."
            found.append(Finding("verifier", "error", (component.key,), said, {"calls": []}))
        elif component.judge_method != "rule" and calls:
            method = component.judge_method
            said = f"Component {number} has a verifier but is scored by “{method}”, not by rule."
            edit = {"op": "set_component", "key": component.key, "field": "judge_method"}
            mend = Mend("Score it by rule", ({**edit, "value": "rule"},))
            evidence = {"calls": [dict(call) for call in calls], "method": method}
            found.append(Finding("verifier", "note", (component.key,), said, evidence, (mend,)))
    return found


def check_calls(component: Component, calls: Iterable[Call]) -> list[Finding]:
    """Verifier parameters that disagree with the component's own words.

    Args:
        component: the component.
        calls: its ``verify_funcs`` as MM-IFEval writes them.
    """
    asked = [dict(call) for call in calls]
    found: list[Constraint] = []
    for call in asked:
        try:
            found.extend(parse_verifier_call(call))
        except InvalidValue as error:
            said = f"The verifier cannot be called: {error}"
            evidence = {"calls": asked, "score": 1.0}
            return [Finding("verifier", "error", (component.key,), said, evidence)]
    return [
        *against_words(component, asked, found),
        *against_themselves(component, asked),
    ]


def against_words(
    component: Component, calls: list[dict[str, JSON]], found: list[Constraint]
) -> Iterator[Finding]:
    """What the words ask for is not what the calls check."""
    words = parse(component.text)
    evidence = {
        "calls": calls,
        "words": [word.say() for word in words],
        "verifier": [one.say() for one in found],
    }
    clashes = [c for c in find_contradictions([words, tuple(found)]) if c.members == (0, 1)]
    said: list[tuple[Severity, str]] = [("error", clash.reason) for clash in clashes]
    if not said:
        said = [*bounds(words, found), *terms(words, found), *edges(words, found)]
    for severity, reason in said:
        yield Finding(
            "verifier",
            severity,
            (component.key,),
            f"The words and the verifier disagree. {reason}",
            evidence | {"reason": reason, "score": 1.0 if clashes else 0.9},
        )


def bounds(words: Iterable[Constraint], found: Iterable[Constraint]) -> Iterator[Said]:
    """Another number than the words state; one off is "fewer than" read as "at most"."""
    counted = {(c.unit, c.scope): c for c in found if isinstance(c, Count)}
    for word in words:
        if not isinstance(word, Count) or word.approx or (word.unit, word.scope) not in counted:
            continue
        one = counted[word.unit, word.scope]
        off = [
            abs((checked or 0) - asked)
            for asked, checked in ((word.low, one.low), (word.high, one.high))
            if asked is not None and (asked > 0 or asked is word.high) and checked != asked
        ]
        if off:
            severity: Severity = "error" if max(off) > 1 else "warning"
            yield severity, f"Asked: {word.say()} Checked: {one.say()}"


def terms(words: Iterable[Constraint], found: Iterable[Constraint]) -> Iterator[Said]:
    """Other words than those that are named."""
    asked = {bare(t) for w in words if isinstance(w, Mention) and w.low for t in w.terms}
    checked = {bare(t) for c in found if isinstance(c, Mention) and c.low for t in c.terms}
    banned = {
        bare(t) for w in words if isinstance(w, Mention) and w.high == 0 and not w.scope
        for t in w.terms
    }  # fmt: skip
    absent = {bare(c.text) for c in found if isinstance(c, Substring) and c.place == "absent"}
    for named, looked in ((asked, checked), (banned, absent)):
        if named and looked and named != looked:
            only = ", ".join(f"“{t}”" for t in sorted(named - looked)) or "none"
            more = ", ".join(f"“{t}”" for t in sorted(looked - named)) or "none"
            yield "error", f"Only the words name: {only}. Only the verifier looks for: {more}."


def edges(words: Iterable[Constraint], found: Iterable[Constraint]) -> Iterator[Said]:
    """Another beginning or ending than the words quote."""
    checked = {(c.place, c.scope): c for c in found if isinstance(c, Substring)}
    for word in words:
        if not isinstance(word, Edge) or not word.wanted or word.what != "phrase":
            continue
        one = checked.get((word.side, word.scope))
        if one is not None and bare(word.text) != bare(one.text):
            yield "error", f"Asked: {word.say()} Checked: {one.say()}"


def bare(text: str) -> str:
    """Without case, outer punctuation and white space."""
    return " ".join(text.split()).casefold().strip(" .,;:!?\"'“”‘’")


def against_themselves(component: Component, calls: list[dict[str, JSON]]) -> Iterator[Finding]:
    """No response satisfies all calls."""
    for clash in find_contradictions([parse_verifier_call(call) for call in calls]):
        said = f"No response passes all verifiers. {clash.reason}"
        evidence = {"calls": calls, "reason": clash.reason, "score": 1.0}
        yield Finding("verifier", "error", (component.key,), said, evidence)
