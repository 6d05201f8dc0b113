"""The Browse page: pages from SQL, filters and sort over the whole dataset, kept in the address."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Final

import streamlit as st

from annotator.checks.registry import title
from annotator.domain.records import Dataset
from annotator.domain.rights import may
from annotator.domain.vocabulary import FLAG_KINDS, ITEM_STATUSES, SEVERITIES, VERDICTS
from annotator.services import browsing
from annotator.services.browsing import PAGE, SORTS, Page, View
from annotator.ui import state
from annotator.ui.gold import show_many
from annotator.ui.grid import show_grid
from annotator.ui.places import go_to
from annotator.ui.queue import show_assign
from annotator.ui.shell import choose_dataset, literal, nothing_yet

NONE: Final = "-"
FIXED: Final = {
    "status": ITEM_STATUSES,
    "verdict": (*VERDICTS, NONE),
    "severity": (*reversed(SEVERITIES), NONE),
    "flag": FLAG_KINDS,
    "image": ("present", "missing"),
}
LABELS: Final = {
    "level": "Level",
    "type": "Component type",
    "status": "Status",
    "verdict": "Verdict",
    "severity": "Worst finding",
    "finding": "Finding",
    "flag": "Flag",
    "generator": "Generator",
    "prompt_version": "Prompt version",
    "batch": "Batch",
    "who": "Who",
    "image": "Image",
    "weights": "Weights' sum",
}
GALLERY_COLUMNS: Final = 5


def show() -> None:
    """Show the view the address names."""
    dataset = state.current_dataset()
    if dataset is None:
        nothing_yet()
        return
    view = state.current_view()
    number = (state.number("page") or 1) - 1
    show_controls(dataset, view)
    found = browsing.page(
        state.workspace(), dataset_id=dataset.id, view=view, number=number, actor=state.actor()
    )
    show_pager(dataset, view, found)
    if not found.rows:
        st.info("No item fits. Take a filter away.")
    elif state.parameter("as") == "gallery":
        show_gallery(dataset, view, found)
    else:
        show_table(dataset, view, found)


def change(dataset: Dataset, view: View, page: int = 0) -> None:
    """Go to a view, keeping how it is shown."""
    more = {"page": str(page + 1)} if page else {}
    if state.parameter("as"):
        more["as"] = str(state.parameter("as"))
    state.go(state.address(dataset, view, **more))


def show_controls(dataset: Dataset, view: View) -> None:
    """Search, filters, sort, and how it is shown."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        choose_dataset()
        show_search(dataset, view)
        show_sort(dataset, view)
        count = sum(1 for values in view.filters.values() if values)
        label = f"Filters ({count})" if count else "Filters"
        with st.popover(label, key="filters", on_change="rerun") as filters:
            if filters.open:
                show_filters(dataset, view)
        said = "Keep, fix and drop rates by origin"
        with st.popover("Origins", key="origins", help=said, on_change="rerun") as origins:
            if origins.open:
                show_rates(dataset)
        with st.popover("Assign", key="assign-view", on_change="rerun") as assigning_:
            if assigning_.open:
                show_assign(dataset, view, total_of(dataset, view))
        if may(state.actor().role, "set gold"):
            with st.popover("Known answers", key="gold-view", on_change="rerun") as known:
                if known.open:
                    show_many(dataset, view, total_of(dataset, view))
        gallery = state.parameter("as") == "gallery"
        st.button("Table" if gallery else "Gallery", on_click=toggle_gallery, args=(dataset, view))
        st.button(
            "Annotate this view",
            type="primary",
            on_click=state.keep,
            args=("annotate", state.address(dataset, view)),
        )
    target = state.kept("annotate")
    if target is not None:
        state.keep("annotate", None)
        go_to("annotate", target)
    show_active(dataset, view)


def total_of(dataset: Dataset, view: View) -> int:
    """How many items a view has."""
    return browsing.page(state.workspace(), dataset_id=dataset.id, view=view, number=0).total


def show_search(dataset: Dataset, view: View) -> None:
    """Full-text search."""

    def searched() -> None:
        change(dataset, replace(view, search=st.session_state["search_words"].strip()))

    st.session_state["search_words"] = view.search
    st.text_input(
        "Search",
        key="search_words",
        placeholder='words, or "words together"',
        on_change=searched,
        width=320,
        label_visibility="collapsed",
    )


def show_sort(dataset: Dataset, view: View) -> None:
    """Sort over the whole view."""

    def sorted_by() -> None:
        change(dataset, replace(view, sort=st.session_state["sort_by"]))

    st.session_state["sort_by"] = view.sort
    st.selectbox(
        "Sort",
        list(SORTS),
        key="sort_by",
        on_change=sorted_by,
        width=150,
        format_func=lambda name: f"by {name}",
        label_visibility="collapsed",
    )
    st.button(
        "↓" if view.descending else "↑",
        help="Turn the order around",
        on_click=change,
        args=(dataset, replace(view, descending=not view.descending)),
    )


def show_filters(dataset: Dataset, view: View) -> None:
    """A multiselect per filter; what can be chosen comes from the data."""
    open_choices = browsing.choices(state.workspace(), actor=state.actor(), dataset_id=dataset.id)
    columns = st.columns(2)
    for index, (name, label) in enumerate(LABELS.items()):
        options = list(FIXED.get(name) or open_choices.get(name, []))
        chosen = list(view.filters.get(name, ()))
        options += [value for value in chosen if value not in options]
        if not options and name != "weights":
            continue
        key = f"filter-{name}"
        st.session_state[key] = chosen
        columns[index % 2].multiselect(
            label,
            options,
            key=key,
            accept_new_options=name == "weights",
            format_func=partial(label_of, name),
            on_change=filtered,
            args=(dataset, view, name),
        )


def label_of(name: str, value: str) -> str:
    """A filter's value in words, as a widget's label."""
    return literal(spoken(name, value))


def spoken(name: str, value: str) -> str:
    """A filter's value in words."""
    if value == NONE:
        return "none"
    return title(value) if name == "finding" else value


def filtered(dataset: Dataset, view: View, name: str) -> None:
    """Take a filter over from its widget."""
    values = tuple(st.session_state[f"filter-{name}"])
    change(dataset, replace(view, filters={**view.filters, name: values}))


def show_active(dataset: Dataset, view: View) -> None:
    """What is filtered, each with the way to take it away."""
    active = [(name, values) for name, values in view.filters.items() if values]
    if not active and not view.search:
        return
    with st.container(horizontal=True, gap="small"):
        for name, values in active:
            without = {k: v for k, v in view.filters.items() if k != name}
            said = ", ".join(spoken(name, value) for value in values)
            st.button(
                f"{LABELS[name]}: {literal(said)} ✕",
                key=f"drop-{name}",
                on_click=change,
                args=(dataset, replace(view, filters=without)),
            )
        if view.search:
            st.button(
                f"“{literal(view.search)}” ✕",
                key="drop-search",
                on_click=change,
                args=(dataset, replace(view, search="")),
            )


def show_rates(dataset: Dataset) -> None:
    """How the items of each origin were judged."""
    shown = False
    for by in ("generator", "prompt_version", "batch"):
        rates = browsing.rates(state.workspace(), actor=state.actor(), dataset_id=dataset.id, by=by)
        if not rates:
            continue
        shown = True
        st.dataframe(
            [
                {
                    LABELS[by]: rate.origin,
                    "items": rate.items,
                    "keep": share(rate.keep, rate.items),
                    "fix": share(rate.fix, rate.items),
                    "drop": share(rate.drop, rate.items),
                }
                for rate in rates
            ],
            hide_index=True,
        )
    if not shown:
        st.caption("The source does not say where its items came from.")


def share(part: int, whole: int) -> str:
    """A count with its share."""
    return f"{part} ({part / whole:.0%})" if whole else "0"


def toggle_gallery(dataset: Dataset, view: View) -> None:
    """Pictures instead of lines, and back."""
    more = {} if state.parameter("as") == "gallery" else {"as": "gallery"}
    state.go(state.address(dataset, view, **more))


def show_pager(dataset: Dataset, view: View, found: Page) -> None:
    """How many, and the way through the pages."""
    pages = max(1, -(-found.total // PAGE))
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        first = found.number * PAGE + 1 if found.total else 0
        st.caption(f"{first}–{first - 1 + len(found.rows) if found.rows else 0} of {found.total}")
        if pages > 1:
            st.button(
                "◀",
                help="Previous page",
                key="page-back",
                disabled=found.number == 0,
                on_click=change,
                args=(dataset, view, found.number - 1),
            )
            st.caption(f"page {found.number + 1} of {pages}")
            st.button(
                "▶",
                help="Next page",
                key="page-on",
                disabled=found.number + 1 >= pages,
                on_click=change,
                args=(dataset, view, found.number + 1),
            )


def open_item(dataset: Dataset, view: View, item_id: int) -> None:
    """Open an item on Annotate, with the way through this view."""
    go_to("annotate", state.address(dataset, view, item=str(item_id)))


def show_table(dataset: Dataset, view: View, found: Page) -> None:
    """One page in the grid."""
    key = f"grid-{hash((dataset.id, str(state.address(dataset, view)), found.number))}"
    chosen = show_grid(found.rows, key=key, origin=origin())
    if chosen is not None and state.kept("opened") != (key, chosen):
        state.keep("opened", (key, chosen))
        open_item(dataset, view, chosen)
    elif chosen is None:
        state.keep("opened", None)


def origin() -> str:
    """The address under which the browser sees us."""
    url: Any = st.context.url
    if not url:
        return ""
    parts = str(url).split("/", 3)
    return "/".join(parts[:3])


def show_gallery(dataset: Dataset, view: View, found: Page) -> None:
    """One page as pictures."""
    with st.container(key="gallery"):
        columns = st.columns(GALLERY_COLUMNS)
    for index, row in enumerate(found.rows):
        with columns[index % GALLERY_COLUMNS], st.container(border=True):
            if row.sha256:
                st.html(
                    f'<img src="/image/{row.sha256}?size=thumb" alt="" loading="lazy" '
                    'style="width:100%;height:120px;object-fit:cover">'
                )
            else:
                st.caption(literal(row.image_problem or "no image"))
            st.text(" ".join(row.instruction.split())[:300])
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(literal(f"{row.source_id} · {row.verdict or row.status}"))
                if st.button("Open", key=f"open-{row.id}", type="tertiary"):
                    open_item(dataset, view, row.id)
