"""What people say about an item, and the bell that says who called."""

from __future__ import annotations

from typing import Any

import streamlit as st

from annotator.domain.counting import counted
from annotator.services import comments
from annotator.services.comments import Call, Comment
from annotator.ui import state
from annotator.ui.components import talk
from annotator.ui.places import go_to
from annotator.ui.shell import clock, literal


def show_talk(item_id: int) -> None:
    """An item's comments as far as this person may see them, and a field for one more."""
    workspace, actor = state.workspace(), state.actor()
    found = comments.of_item(workspace, actor=actor, item_id=item_id)
    if any(actor.id in comment.calls for comment in found.comments):
        comments.see(workspace, actor=actor, item_id=item_id)

    def write(item_id: int, text: str, save_id: str) -> None:
        comments.write(workspace, actor=actor, item_id=item_id, text=text, save_id=save_id)
        state.keep(f"said_{item_id}", save_id)

    def said(value: dict[str, Any]) -> None:
        state.attempt(
            lambda: write(int(value["item_id"]), str(value["text"]), str(value["save_id"]))
        )

    with st.container(border=True, key="talk"):
        for comment in found.comments:
            show_comment(comment)
        if found.private:
            st.caption(
                "Until this item is curated, its other annotators do not see what you say here; "
                "reviewers do."
            )
        talk(
            key="talk-box",
            on_said=said,
            data={
                "item_id": item_id,
                "person": actor.name,
                "names": list(found.names),
                "longest": comments.LONGEST,
                "stored": state.kept(f"said_{item_id}"),
                "placeholder": "Say something about this item; @ calls somebody.",
            },
        )


def show_comment(comment: Comment) -> None:
    """One comment, with the way to take one's own back."""
    with st.container(horizontal=True, key=f"line-comment-{comment.id}"):
        st.text(f"{clock(comment.at)}  {comment.person}: {comment.text}", width="stretch")
        if comment.person_id == state.actor().id:
            st.button(
                "Take back",
                key=f"comment-{comment.id}",
                type="tertiary",
                on_click=take_back,
                args=(comment.id,),
            )


def take_back(comment_id: int) -> None:
    """Take one's own comment back."""
    state.attempt(
        lambda: comments.withdraw(state.workspace(), actor=state.actor(), comment_id=comment_id)
    )


def show_bell() -> None:
    """The bell in the header of every page: how many comments call this person, and where."""
    calls = comments.unseen(state.workspace(), actor=state.actor())
    with st.container(key="bell"):
        label = f":material/notifications: {len(calls)}" if calls else ":material/notifications:"
        with st.popover(label, type="tertiary"):
            unread = counted(len(calls), "unread comment calls you", "unread comments call you")
            none = "Nobody calls you. Comments that name you with @ are listed here."
            st.caption(unread if calls else none)
            for call in calls:
                if st.button(said_in(call), key=f"call-{call.comment.id}", width="stretch"):
                    visit(call)


def said_in(call: Call) -> str:
    """A call as a button's label."""
    text = " ".join(call.comment.text.split())
    short = text if len(text) <= 90 else text[:89] + "…"
    return literal(f"{call.comment.person} on {call.dataset} ▸ {call.source_id}: {short}")


def visit(call: Call) -> None:
    """Go to the item with its comments open: reviewers to Curate where its work is private."""
    state.keep("panel", "talk")
    state.keep("curate_panel", "talk")
    item_id = call.comment.item_id
    place = comments.place_of(state.workspace(), actor=state.actor(), item_id=item_id)
    go_to(place, {"dataset": call.dataset, "item": str(item_id)})
