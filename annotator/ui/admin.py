"""The Admin page: import, dataset settings, images and their terms, backup."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import streamlit as st

from annotator.domain.counting import counted
from annotator.domain.records import Dataset, Image
from annotator.services import datasets, jobs, pictures
from annotator.ui import state
from annotator.ui.bringing import show_bringing
from annotator.ui.guidelines import show_writing
from annotator.ui.importing import show_import
from annotator.ui.people import show_people
from annotator.ui.queue import show_queue
from annotator.ui.shell import choose_dataset

IMAGES_A_PAGE = 20


def show() -> None:
    """Tabs, the import first."""
    choose_dataset()
    importing, answers, settings, guidelines, queue, images, people, keeping = st.tabs(
        ["Import", "Answers", "Dataset", "Guidelines", "Queue", "Images", "People", "Backup"]
    )
    with importing:
        show_import()
    dataset = state.current_dataset()
    with answers:
        show_bringing(dataset)
    with settings:
        show_settings(dataset)
    with guidelines:
        show_writing(dataset)
    with queue:
        show_queue(dataset)
    with images:
        show_images(dataset)
    with people:
        show_people()
    with keeping:
        show_backup()


def show_settings(dataset: Dataset | None) -> None:
    """What the dataset allows."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    base = f"{dataset.id}-{dataset.version}"
    with st.form(f"settings-{base}"):
        weighted = st.checkbox(
            "Components have weights", dataset.target is not None, key=f"weighted-{base}"
        )
        st.number_input(
            "Sum of an item's weights",
            min_value=0.0,
            step=1.0,
            format="%g",
            value=float(dataset.target or 10),
            key=f"target-{base}",
            disabled=not weighted,
        )
        types, levels = st.columns(2)
        for column, label, name, values in (
            (types, "Component types, one a line", "types", dataset.rules.types),
            (levels, "Levels, one a line", "levels", dataset.rules.levels),
        ):
            column.text_area(label, "\n".join(values), key=f"{name}-{base}", height="content")
        st.text_input("Licence of the dataset", dataset.licence or "", key=f"licence-{base}")
        st.text_area(
            "Citation of the source",
            dataset.citation or "",
            key=f"citation-{base}",
            height=130,
            placeholder="BibTeX or a sentence, for the cards of releases",
        )
        st.form_submit_button("Save", type="primary", on_click=save_settings, args=(dataset, base))
    with st.container(horizontal=True):
        for kind, label in (
            ("check", "Check all items again"),
            ("fetch images", "Fetch missing images"),
        ):
            st.button(label, on_click=queue, args=(kind, dataset.id))


@state.press
def queue(kind: str, dataset_id: int) -> None:
    """Queue work on a dataset."""
    jobs.enqueue(
        state.workspace(), actor=state.actor(), kind=kind, parameters={}, dataset_id=dataset_id
    )
    state.tell("Queued; the Import tab shows how far it is.", good=True)


def save_settings(dataset: Dataset, base: str) -> None:
    """Save what the dataset allows."""
    values = st.session_state
    number = values[f"target-{base}"]
    target = int(number) if number == int(number) else number

    def action() -> None:
        datasets.save_settings(
            state.workspace(),
            actor=state.actor(),
            dataset_id=dataset.id,
            version=dataset.version,
            target=target if values[f"weighted-{base}"] else None,
            types=tuple(lines_of(values[f"types-{base}"])),
            levels=tuple(lines_of(values[f"levels-{base}"])),
            licence=values[f"licence-{base}"].strip() or None,
            citation=values[f"citation-{base}"].strip() or None,
        )
        state.tell("Saved; where the rules changed, all items were checked again.", good=True)

    state.attempt(action)


def lines_of(text: str) -> list[str]:
    """A list from lines."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def show_images(dataset: Dataset | None) -> None:
    """Each image's licence and credit, and taking it down."""
    if dataset is None:
        st.caption("No dataset yet.")
        return
    found = pictures.of_dataset(state.workspace(), dataset_id=dataset.id)
    if not found:
        st.caption("This dataset has no images here yet.")
        return
    pages = -(-len(found) // IMAGES_A_PAGE)
    page = st.number_input("Page", 1, pages, 1, key="images_page", width=120) if pages > 1 else 1
    for image in found[(page - 1) * IMAGES_A_PAGE : page * IMAGES_A_PAGE]:
        show_image(image)


def show_image(image: Image) -> None:
    """One image's terms as a form."""
    base = f"{image.id}-{image.version}"
    left, right = st.columns([1, 5], vertical_alignment="center")
    if image.taken_down_at:
        right.text(f"{image.sha256[:12]}… was taken down: {image.taken_down_reason}")
        return
    left.html(
        f'<img src="/image/{image.sha256}?size=thumb" alt="" loading="lazy" '
        'style="max-width:100%;max-height:110px">'
    )
    with right, st.form(f"image-{base}"):
        one, two, three = st.columns([2, 4, 2], vertical_alignment="bottom")
        one.text_input("Licence", image.licence or "", key=f"image-licence-{base}")
        two.text_input("Credit", image.credit or "", key=f"image-credit-{base}")
        three.checkbox("Release as address only", image.address_only, key=f"image-address-{base}")
        four, five, six = st.columns([1, 3, 2], vertical_alignment="bottom")
        four.form_submit_button("Save", on_click=save_terms, args=(image, base))
        five.text_input(
            "Reason",
            key=f"image-reason-{base}",
            placeholder="why it has to go",
            label_visibility="collapsed",
        )
        six.form_submit_button("Take it down", on_click=take_down, args=(image, base))


def save_terms(image: Image, base: str) -> None:
    """Save an image's terms."""
    values = st.session_state
    state.attempt(
        lambda: pictures.set_terms(
            state.workspace(),
            actor=state.actor(),
            image_id=image.id,
            version=image.version,
            licence=values[f"image-licence-{base}"].strip() or None,
            credit=values[f"image-credit-{base}"].strip() or None,
            address_only=values[f"image-address-{base}"],
        )
    )


def take_down(image: Image, base: str) -> None:
    """Remove an image everywhere."""
    reason = st.session_state[f"image-reason-{base}"]
    lost = state.attempt(
        lambda: pictures.take_down(
            state.workspace(),
            actor=state.actor(),
            image_id=image.id,
            version=image.version,
            reason=reason,
        )
    )
    if lost is not None:
        state.tell(
            f"Taken down; {counted(lost, 'item lost its', 'items lost their')} image.", good=True
        )


def show_backup() -> None:
    """Copy the database, and check the copy."""
    settings = state.workspace().settings
    database = state.workspace().database
    st.text(f"Database: {database.place} ({database.size() / 1_000_000:,.1f} MB)")
    suggested = settings.home / f"backup-{datetime.now():%Y%m%d-%H%M%S}.db"
    with st.form("backup"):
        st.text_input("New file on the server", str(suggested), key="backup_file")
        st.form_submit_button("Back up now", on_click=make_backup)


def make_backup() -> None:
    """Write the backup."""
    target = Path(st.session_state["backup_file"]).expanduser()
    counts = state.attempt(
        lambda: datasets.backup(state.workspace(), actor=state.actor(), target=target)
    )
    if counts is not None:
        state.tell(
            f"Backed up and checked: {counted(counts['item'], 'item')},"
            f" {counted(counts['event'], 'event')}.",
            good=True,
        )
