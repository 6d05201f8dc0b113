"""What the others said of a case, shown after one's own score, and the final word."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

import streamlit as st

from annotator.domain.effects import Effect
from annotator.domain.standing import steps
from annotator.domain.vocabulary import FLAG_KINDS
from annotator.services import deciding
from annotator.services.adjudicating import Opened, Said
from annotator.ui import state
from annotator.ui.components import marked
from annotator.ui.focus import focus
from annotator.ui.shell import literal
from annotator.ui.sides import show_late

JUDGE_KEYS: Final = ("A", "B", "D", "E", "G", "M", "Q", "W", "X")
QUOTED: Final = re.compile(r'"[^"]+"')
"""Words of the item or the answer, which may run from right to left: isolated from ours."""
SIGNS: Final = {"pass": "✓ pass", "fail": "✕ fail", "undecided": "? undecided"}

Choose = Callable[..., None]


def points(value: float) -> str:
    """Points without needless decimals."""
    return f"{value:.3f}".rstrip("0").rstrip(".") if value != int(value) else str(int(value))


def score_said(one: Said) -> str:
    """A rater's score in words."""
    if one.score.awarded is None:
        return "not readable"
    return f"{points(one.score.awarded)} of {points(one.score.possible)}"


def show_said(opened: Opened, choose: Choose) -> None:
    """Own score, verifier, judges with their words, peers: each can be accepted."""
    assert opened.own is not None
    own = opened.own.awarded or 0.0
    accept(opened, choose, "You", f"{points(own)} of {points(opened.possible)}", "Y", {
        "outcome": "score", "awarded": own, "accepted": "own",
    })  # fmt: skip
    if opened.verifier is not None:
        show_verifier(opened, choose, opened.verifier)
    for key, one in zip((*JUDGE_KEYS, *[None] * len(opened.judges)), opened.judges, strict=False):
        show_judge(opened, choose, one, key)
    for one in opened.peers:
        accept(opened, choose, one.rater.name, score_said(one), None, None)


def accept(
    opened: Opened,
    choose: Choose,
    name: str,
    said: str,
    shortcut: str | None,
    choice: dict[str, Any] | None,
) -> None:
    """One line: who, what, what it would do, and the button that makes it final."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"verdict-{shortcut}-{name}"
    ):
        st.markdown(f"**{literal(name)}** {literal(said)}", width="stretch")
        if choice is None:
            return
        effect = opened.effect(choice["outcome"], choice["awarded"])
        st.caption(effect_said(effect, opened.case.model), width="content")
        st.button(
            "Accept",
            shortcut=shortcut,
            key=f"accept-{opened.case.id}-{name}-{shortcut}",
            help=literal(effect.sentence),
            disabled=opened.held_by is not None,
            on_click=wish,
            args=(opened, choose, choice),
        )


def effect_said(effect: Effect, model: str) -> str:
    """What a choice would do, short: to the case's own model."""
    return literal(str(effect.of(model))) if effect.moved else "changes no mean"


def show_verifier(opened: Opened, choose: Choose, one: Said) -> None:
    """The rule's verdict with its reason; the evidence is marked in the response."""
    awarded = opened.possible if one.score.share else 0.0
    said = "✓ pass" if one.score.share else "✕ fail"
    accept(opened, choose, "Rule", said, "V", {
        "outcome": "score", "awarded": awarded, "accepted": "verifier", "rater_id": one.rater.id,
    })  # fmt: skip
    for tried in one.tried:
        said, reason = (
            QUOTED.sub("\u2068\\g<0>\u2069", tried[part]) for part in ("said", "reason")
        )
        st.caption(f"{SIGNS[tried['outcome']]} · {literal(said)} {literal(reason)}")


def show_judge(opened: Opened, choose: Choose, one: Said, key: str | None) -> None:
    """A judge's score, and what it said of this component."""
    name = one.rater.label
    if one.score.repeat:
        name += f", repeat {one.score.repeat + 1}"
    if one.score.share is None:
        show_unreadable(opened, one, name)
    else:
        read = " (read by a person)" if one.score.read_by else ""
        accept(opened, choose, name, f"{score_said(one)}{read}", key, {
            "outcome": "score", "awarded": round(one.score.share * opened.possible, 9),
            "accepted": "judge", "rater_id": one.rater.id,
        })  # fmt: skip
    show_words(opened, one)


def show_words(opened: Opened, one: Said) -> None:
    """The passages of a reply that belong to this component, or all of it where they are none."""
    if one.reply is None:
        return
    text = one.reply.text
    blocks: list[dict[str, Any]] = [
        {"text": text[start:end], "spans": []} for start, end in one.passages
    ]
    whole = [{"start": s, "end": e, "kind": "passage", "label": ""} for s, e in one.passages]
    if one.score.share is None or not blocks:
        blocks = [{"text": text or "(an empty reply)", "spans": whole}]
    marked(
        key=f"words-{one.score.id}",
        of=str(one.score.id),
        label=f"What {one.rater.name} said of this component",
        blocks=blocks,
        max_height="8.2em",
    )
    for note in one.reply.notes:
        st.caption(f"! {literal(note)}")


def show_unreadable(opened: Opened, one: Said, name: str) -> None:
    """An unparsed score: why, and the way to read it as a person."""
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", key=f"verdict-{one.score.id}"
    ):
        st.markdown(f"**{literal(name)}** not readable", width="stretch")
        if holds_words(one):
            st.button(
                "Read it…",
                shortcut="I" if one == first_unreadable(opened) else None,
                key=f"read-{one.score.id}",
                on_click=state.keep,
                args=("adjudicate_panel", f"read-{one.score.id}"),
            )
    st.caption(literal(one.score.reason or ""))
    if state.kept("adjudicate_panel") == f"read-{one.score.id}":
        show_reading(opened, one)


def first_unreadable(opened: Opened) -> Said | None:
    """The first judge's score that code could not read, and a person might."""
    unread = (one for one in opened.judges if one.score.share is None and holds_words(one))
    return next(unread, None)


def holds_words(one: Said) -> bool:
    """Whether there is a reply with anything in it."""
    return one.reply is not None and bool(one.reply.text.strip())


def show_reading(opened: Opened, one: Said) -> None:
    """Ask what the judge gave in words that code could not read."""
    key = f"reading-{one.score.id}-{one.score.version}"
    with st.form(f"form-{key}"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input(
            f"What did it give, of {points(one.score.possible)}?",
            min_value=0.0,
            max_value=one.score.possible,
            value=None,
            step=0.5,
            format="%g",
            key=key,
        )
        st.form_submit_button("Save the reading", on_click=read, args=(opened, one, key))
    focus(key)


def read(opened: Opened, one: Said, key: str) -> None:
    """Save what a person read."""
    awarded = st.session_state[key]
    if awarded is None:
        state.tell("Type the points the judge gave.")
        return

    def save() -> bool:
        deciding.read_score(
            state.workspace(),
            actor=state.actor(),
            score_id=one.score.id,
            version=one.score.version,
            awarded=awarded,
            save_id=f"{state.tab()}-{key}"[:64],
        )
        return True

    if state.attempt(save, said_late=True):
        state.keep("adjudicate_panel", None)


def wish(opened: Opened, choose: Choose, choice: dict[str, Any]) -> None:
    """Make a choice final; first ask for the reason where one is needed or wanted."""
    final = None
    if choice["outcome"] == "score" and opened.possible:
        final = choice["awarded"] / opened.possible
    needed = deciding.overrules(opened.case, final)
    if needed or state.kept("adjudicate_reasons"):
        state.keep("adjudicate_pending", (opened.case.id, choice, needed))
        state.keep("adjudicate_panel", "reason")
        return
    choose(choice)


def show_panel(opened: Opened, choose: Choose, flag: Callable[[str, str], None]) -> None:
    """What was opened below what the others said: another score, a reason, a flag."""
    name = state.kept("adjudicate_panel")
    if name == "another":
        show_another(opened, choose)
    elif name == "flag":
        show_flag(opened, flag)
    elif name == "reason":
        show_reason(opened, choose)


def show_final(opened: Opened, choose: Choose) -> None:
    """The final words beside accepting somebody's score."""
    disabled = opened.held_by is not None
    for label, shortcut, name in (("Another…", "S", "another"), ("Flag…", "F", "flag")):
        st.button(
            label,
            shortcut=shortcut,
            key=name,
            disabled=disabled,
            on_click=state.keep,
            args=("adjudicate_panel", name),
        )
    st.button(
        "Undecidable",
        shortcut="U",
        key=f"undecidable-{opened.case.id}",
        help=literal(opened.effect("undecidable", None).sentence),
        disabled=disabled,
        on_click=wish,
        args=(opened, choose, {"outcome": "undecidable"}),
    )
    wanted = bool(state.kept("adjudicate_reasons"))
    st.button(
        "Reasons: always" if wanted else "Reasons: if needed",
        shortcut="N",
        key="reasons",
        help="Ask for a reason with every decision, or only against a rule.",
        on_click=state.keep,
        args=("adjudicate_reasons", not wanted),
    )


def scale(possible: float) -> str:
    """The name of a row of scores: in one of whole points, each score is its own key."""
    return "whole-points" if possible == int(possible) and possible <= 10 else "quarters"


def show_another(opened: Opened, choose: Choose) -> None:
    """Scores from nothing to everything, by number."""
    with st.container(horizontal=True, key=scale(opened.possible), gap="xsmall"):
        st.caption("Final score")
        for number, value in enumerate(steps(opened.possible)):
            st.button(
                points(value),
                shortcut=str(number) if number < 10 else None,
                key=f"final-{opened.case.id}-{number}",
                on_click=wish,
                args=(
                    opened,
                    choose,
                    {"outcome": "score", "awarded": value, "accepted": "other"},
                ),
            )


def show_reason(opened: Opened, choose: Choose) -> None:
    """Ask for the reason of the choice that waits."""
    case_id, choice, needed = state.kept("adjudicate_pending") or (0, {}, False)
    if case_id != opened.case.id:
        return
    key = f"reason-{opened.case.id}"

    def decided() -> None:
        reason = str(st.session_state[key])
        if needed and not reason.strip():
            state.tell("Say why, against what the rule found.")
            return
        choose(choice, reason=reason)

    asked = "Why, against what the rule found?" if needed else "Why?"
    with st.form(f"form-{key}"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(asked, key=key)
        st.form_submit_button("Decide", on_click=decided)
    focus(key)


def show_flag(opened: Opened, flag: Callable[[str, str], None]) -> None:
    """Ask what is wrong with the component."""
    key = f"flagging-{opened.case.id}"
    kinds = [kind for kind in FLAG_KINDS if kind != "conflict"]

    def raise_it() -> None:
        flag(st.session_state[f"{key}-kind"], str(st.session_state[f"{key}-note"]))

    with st.form(f"form-{key}"), st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox("What is wrong with it", kinds, key=f"{key}-kind", width=200)
        st.text_input("Note", key=f"{key}-note")
        st.form_submit_button("Flag it", on_click=raise_it)
    focus(f"{key}-note")


def show_stale(opened: Opened) -> None:
    """A decision that came too late: mine, what stands there now, and the choice."""
    show_late(opened.case.id, "What stands there now", lambda: standing(opened))


def standing(opened: Opened) -> str:
    """The decision that stands, in words."""
    found = opened.adjudication
    if found is None or found.outcome is None:
        return "no decision: it was taken back"
    said = found.outcome
    if found.outcome == "score":
        said = f"{points(found.awarded or 0)} of {points(found.possible)}"
    return f"{opened.decided_by}: {said}{f' – {found.reason}' if found.reason else ''}"
