"""Settling by rule: the rule in words, what it would settle, and doing it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import streamlit as st

from annotator.domain.changes import describe, difference, sentences
from annotator.domain.items import flatten
from annotator.domain.merging import united_names
from annotator.domain.records import Dataset
from annotator.services import settling
from annotator.services.settling import Effect, Rule
from annotator.ui import state
from annotator.ui.log import remember
from annotator.ui.shell import literal


def show_rule(dataset: Dataset, *, close: Callable[[], None]) -> None:
    """Choose the rule, look at what it would do, do it."""
    st.subheader("Settle what people agree on")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        least = st.number_input("At least so many opinions", 2, 100, 2, key="rule-least", width=190)
        within = st.number_input("Weights may differ by", 0, 100, 0, key="rule-weights", width=190)
        majority = st.checkbox("More than half decide", key="rule-majority")
        flags = st.checkbox("An open flag needs a reviewer", True, key="rule-flags")
        st.button("Back", shortcut="B", key="rule-back", on_click=close)
    rule = Rule(int(least), majority, int(within), flags)
    st.write(literal(rule.said()))
    effects = settling.preview(
        state.workspace(), actor=state.actor(), dataset_id=dataset.id, rule=rule
    )
    settled = [one for one in effects if one.decision.verdict]
    st.dataframe(
        [
            {
                "item": one.item.source_id,
                "people": ", ".join(one.people),
                "becomes": one.decision.verdict or "–",
                "why": one.decision.why,
                "changes": changes(one),
            }
            for one in effects
        ],
        hide_index=True,
    )
    st.button(
        f"Settle {len(settled)} of {len(effects)}",
        type="primary",
        key="rule-do",
        disabled=not settled,
        on_click=settle_all,
        args=(effects, rule, close, uuid.uuid4().hex),
    )


def changes(effect: Effect) -> str:
    """What settling would change of the item, in words."""
    after = effect.decision.content
    if after is None:
        return ""
    before = effect.item.content
    patch = difference(flatten(before), flatten(after))
    return sentences(describe(patch, united_names(before, after))) or "nothing"


def settle_all(effects: list[Effect], rule: Rule, close: Callable[[], None], group: str) -> None:
    """Do what the preview showed, once."""
    told = state.attempt(
        lambda: settling.settle_by_rule(
            state.workspace(),
            actor=state.actor(),
            shown=effects,
            rule=rule,
            group=group,
            save_id=group,
        )
    )
    if told is not None and any(told.values()):
        moved = f"; {told['moved']} had moved on and were left" if told["moved"] else ""
        state.tell(f"Settled {told['settled']}{moved}. Z takes them all back.", good=True)
        remember("curate", group=group)
        close()
