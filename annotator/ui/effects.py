"""What a change would do to the models, said in a line before it is saved."""

from __future__ import annotations

import streamlit as st

from annotator.domain.effects import Effect
from annotator.services import effects
from annotator.services.annotate import Desk
from annotator.ui import state
from annotator.ui.shell import literal


def show_effect(effect: Effect, *, said: str = "Would change") -> None:
    """The effect in words; nothing where no model has scores."""
    if effect.shifts:
        st.caption(literal(f"{said}: {effect.sentence}"))


def show_what_would_change(desk: Desk) -> None:
    """What submitting this annotation would do, where it changes what is scored."""
    if desk.verdict == "drop":
        if desk.item.verdict != "drop":
            show_effect(effects.of_drop(state.workspace(), item_id=desk.item.id))
        return
    before = effects.weight_shares(desk.item.content)
    if effects.weight_shares(desk.content) != before:
        show_effect(
            effects.of_content(state.workspace(), item_id=desk.item.id, content=desk.content)
        )
