"""Guidelines: written on Admin, read on Annotate beside the picture, with examples and lessons."""

from __future__ import annotations

import streamlit as st

from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.services import guidelines
from annotator.services.annotate import Desk
from annotator.services.guidelines import Example, Reading
from annotator.ui import state
from annotator.ui.shell import clock, literal


def markdown(text: str) -> str:
    """Markdown in which images are links; HTML is shown as it stands by Streamlit."""
    return text.replace("![", "! [")


# On Annotate


def guidelines_button(desk: Desk) -> None:
    """Open the guidelines; a version that was not read yet is announced beside the button."""
    notice = desk.guidelines
    new = notice is not None and notice.new
    st.button(
        "Guidelines",
        shortcut="B",
        key="guidelines",
        type="primary" if new else "secondary",
        on_click=toggle,
        args=(desk,),
    )


def toggle(desk: Desk) -> None:
    """Open the guidelines, or close them, which says that they were read."""
    shown = is_open(desk)
    state.keep("guidelines", (desk.dataset.id, not shown))
    notice = desk.guidelines
    if shown and notice is not None and notice.new:
        state.attempt(
            lambda: guidelines.mark_read(
                state.workspace(),
                actor=state.actor(),
                dataset_id=desk.dataset.id,
                number=notice.number,
            )
        )


def is_open(desk: Desk) -> bool:
    """Whether the guidelines are shown: a new version opens by itself until it is closed."""
    if desk.guidelines is not None and desk.guidelines.new:
        return True
    dataset_id, chosen = state.kept("guidelines") or (0, False)
    return bool(chosen) and dataset_id == desk.dataset.id


def show_guidelines(desk: Desk) -> None:
    """The guidelines in a box of their own beside the picture, which stays where it is."""
    if not is_open(desk):
        return
    found = guidelines.read(state.workspace(), actor=state.actor(), dataset_id=desk.dataset.id)
    with st.container(border=True, key="guidelines-panel"):
        announce(desk)
        show_reading(found)


def announce(desk: Desk) -> None:
    """What is new in this version, and how to close the box."""
    notice = desk.guidelines
    with st.container(horizontal=True, vertical_alignment="center"):
        if notice is None:
            st.caption("No guidelines have been written.", width="stretch")
        elif not notice.new:
            st.caption(f"Version {notice.number}", width="stretch")
        elif notice.read:
            said = f": {literal(notice.note)}" if notice.note else ""
            st.markdown(
                f":material/campaign: **Version {notice.number} is new**{said}", width="stretch"
            )
        else:
            st.markdown(":material/campaign: **Read this before you begin.**", width="stretch")
        st.button("Close", key="close-guidelines", on_click=toggle, args=(desk,), help="B")


def show_reading(found: Reading) -> None:
    """The text and the examples."""
    if found.guidelines is not None:
        st.markdown(markdown(found.guidelines.text))
    if found.examples:
        st.subheader("Examples")
    for example in found.examples:
        show_example(example)


def show_example(example: Example) -> None:
    """One item with its known answer."""
    left, right = st.columns([1, 4])
    if example.image:
        left.html(
            f'<img src="/image/{example.image}?size=thumb" alt="" loading="lazy" '
            'style="width:100%;max-height:110px;object-fit:contain">'
        )
    with right:
        st.text(f"Item {example.source_id}: {example.verdict}")
        st.text(" ".join(example.instruction.split())[:400])
        for said in (example.changes, example.why):
            if said:
                st.caption(literal(said))


def show_lesson(desk: Desk) -> None:
    """What was expected of a qualification item, as soon as it is answered."""
    lesson = desk.lesson
    if lesson is None:
        return
    right = lesson.share >= 1
    icon = ":material/check_circle:" if right else ":material/school:"
    with st.container(border=True, key="lesson"):
        head = "As expected" if right else f"{lesson.share:.0%} as expected"
        st.markdown(f"{icon} **{head}.** {literal(lesson.standing.capitalize())}.")
        changes = f": {lesson.changes}" if lesson.changes else ""
        st.text(f"Expected: {lesson.verdict}{changes}")
        if lesson.apart:
            st.text(f"To get there from yours: {lesson.apart}")
        if lesson.why:
            st.text(f"Why: {lesson.why}")
        st.caption("Your first answer counts. Submit again to go on.")


# On Admin


def show_writing(dataset: Dataset | None) -> None:
    """The guidelines in force to be written anew, the earlier versions, the examples."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    known = guidelines.versions(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    newest = known[0] if known else None
    left, right = st.columns(2, gap="large")
    with left:
        if may(state.actor().role, "change settings"):
            show_form(dataset, newest.number if newest else 0, newest.text if newest else "")
        else:
            st.caption("Maintainers write the guidelines.")
    with right:
        if newest is None:
            st.caption("Nothing has been written yet. Annotators see it on Annotate, with B.")
        else:
            by_number = {one.number: one for one in known}
            number = st.selectbox(
                "Version",
                list(by_number),
                format_func=lambda n: f"{n}, by {by_number[n].author}, {clock(by_number[n].at)}",
                key=f"guidelines-version-{dataset.id}-{newest.number}",
            )
            chosen = by_number[number]
            if chosen.note:
                st.text(f"Changed: {chosen.note}")
            with st.container(border=True):
                st.markdown(markdown(chosen.text))
        found = guidelines.read(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
        if found.examples:
            st.subheader("Examples")
        for example in found.examples:
            show_example(example)


def show_form(dataset: Dataset, number: int, text: str) -> None:
    """Write the next version."""
    base = f"{dataset.id}-{number}"
    with st.form(f"guidelines-{base}"):
        st.text_area(
            "Guidelines, in Markdown (images and HTML are not shown)",
            text,
            key=f"guidelines-text-{base}",
            height=420,
        )
        st.text_input(
            "What changed, for who knows the version before", key=f"guidelines-note-{base}"
        )
        st.form_submit_button(
            f"Save as version {number + 1}", type="primary", on_click=save, args=(dataset, number)
        )
    st.caption("Examples are chosen with V on Annotate or Curate, or on Browse: Known answers.")


def save(dataset: Dataset, number: int) -> None:
    """Save the next version."""
    base = f"{dataset.id}-{number}"
    made = state.attempt(
        lambda: guidelines.write(
            state.workspace(),
            actor=state.actor(),
            dataset_id=dataset.id,
            after=number,
            text=st.session_state[f"guidelines-text-{base}"],
            note=st.session_state[f"guidelines-note-{base}"],
        )
    )
    if made is not None:
        state.tell(f"Version {made.number} is in force; annotators are told.", good=True)
