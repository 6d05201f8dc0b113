"""What a browser session remembers, behind typed accessors, and where it is (the address)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any, Final, ParamSpec

import streamlit as st

from annotator import identity
from annotator.config import current_settings
from annotator.domain.records import Dataset, Person
from annotator.errors import AnnotatorError, InvalidValue, StaleSave, Unavailable
from annotator.services import datasets
from annotator.services.browsing import View, address_of, view_of
from annotator.services.workspace import Workspace, person, shared_workspace

P = ParamSpec("P")

LONGEST_NUMBER: Final = 15


def workspace() -> Workspace:
    """The installation this process serves, as app.py found it at this run (current_person)."""
    found: Workspace | None = st.session_state.get("workspace")
    return found or shared_workspace(current_settings())


def current_person() -> Person | None:
    """Who is there, by their cookie; None before a name was chosen.

    Asked once for a run and the press that began it, and anew for the next: a session may end, and
    a role change, while a page is open (see end_of_run).
    """
    asked: Person | None = st.session_state.get("person")
    if asked is not None:
        return asked
    known = st.session_state.get("person_id")
    installed = st.session_state["workspace"] = shared_workspace(current_settings())
    found: Person | None
    if known is not None and installed.settings.access == "local":
        found = person(installed, person_id=known)
        found = found if found.active else None
    else:
        found = identity.person_of(installed, st.context.cookies, st.context.headers)
    if found is not None:
        st.session_state["person_id"] = found.id
        st.session_state["person"] = found
    return found


def actor() -> Person:
    """Who is there, on pages that app.py shows to people with a name only.

    Whose session ended before they pressed is somebody inactive, whom every service refuses.
    """
    found = current_person()
    if found is not None:
        return found
    return replace(person(workspace(), person_id=st.session_state["person_id"]), active=False)


def end_of_run() -> None:
    """Ask anew who is there at the next press or run."""
    st.session_state.pop("person", None)


def fragment(part: Callable[..., None], *, run_every: float | None) -> Callable[..., None]:
    """A part of a page that runs by itself; whoever is signed out by then gets the whole page.

    So does who finds the database away: app.py says what is wrong.
    """

    @wraps(part)
    def run(*arguments: Any) -> None:
        alone = "person" not in st.session_state
        try:
            if current_person() is None:
                st.rerun()
            part(*arguments)
        except Unavailable:
            if not alone:
                raise
            st.rerun()
        finally:
            end_of_run()

    shown: Callable[..., None] = st.fragment(run, run_every=run_every)
    return shown


def tab() -> str:
    """A name for this browser tab's session."""
    if "tab" not in st.session_state:
        st.session_state["tab"] = uuid.uuid4().hex[:12]
    return str(st.session_state["tab"])


# Where we are


def parameter(name: str) -> str | None:
    """One parameter of the address."""
    found = st.query_params.get(name)
    return found or None


def clean_address() -> None:
    """Forget parameters with a NUL, which nothing here is called by and no database looks for."""
    for name in list(st.query_params):
        if any("\x00" in value for value in st.query_params.get_all(name)):
            del st.query_params[name]


def number(name: str) -> int | None:
    """One parameter of the address as a whole number; None where it is none."""
    found = parameter(name) or ""
    return int(found) if found.isdecimal() and len(found) <= LONGEST_NUMBER else None


def current_dataset(among: Sequence[Dataset] | None = None) -> Dataset | None:
    """The dataset the address names, else the one last looked at, else the newest.

    Args:
        among: all datasets, where they are at hand.
    """
    every = datasets.everything(workspace()) if among is None else among
    wanted = parameter("dataset") or st.session_state.get("dataset")
    chosen = next((d for d in every if d.name == wanted), every[-1] if every else None)
    if chosen is not None:
        st.session_state["dataset"] = chosen.name
    return chosen


def current_view() -> View:
    """The view the address names; one that cannot be read is the whole dataset."""
    try:
        return view_of({name: st.query_params.get_all(name) for name in st.query_params})
    except InvalidValue as fault:
        tell(f"The address asks for something unknown: {fault}")
        return View()


def address(dataset: Dataset, view: View, **more: str) -> dict[str, Any]:
    """Parameters that lead back to a place."""
    return {"dataset": dataset.name, **address_of(view), **more}


def go(parameters: Mapping[str, Any]) -> None:
    """Change the address without leaving the page."""
    st.query_params.from_dict(dict(parameters))


# What to tell


@dataclass(frozen=True, slots=True)
class Notice:
    """One sentence to show once. ``icon`` says its kind beside the words."""

    text: str
    icon: str


def tell(text: str, *, good: bool = False) -> None:
    """Show a sentence on the next run."""
    icon = ":material/check:" if good else ":material/error:"
    st.session_state.setdefault("notices", []).append(Notice(text, icon))


def notices() -> list[Notice]:
    """What is to be told, handed out once."""
    found: list[Notice] = st.session_state.pop("notices", [])
    return found


@dataclass(frozen=True, slots=True)
class Refusal:
    """A save that came too late: what it was, and how to do it on top of what stands now."""

    item_id: int
    said: str
    mine: str
    again: Callable[[], Any] | None


def refused() -> Refusal | None:
    """The save of this session that waits for a choice."""
    return st.session_state.get("refusal")


def set_refused(refusal: Refusal | None) -> None:
    """Let a refused save wait for a choice, or forget it."""
    if refusal is None:
        st.session_state.pop("refusal", None)
    else:
        st.session_state["refusal"] = refusal


def attempt(
    action: Callable[[], Any],
    *,
    item_id: int = 0,
    mine: str = "",
    again: Callable[[], Any] | None = None,
    said_late: bool = False,
) -> Any:
    """Do something; a refusal is told, a stale save waits for a choice. None where it failed.

    Args:
        item_id: the item whose page can show both sides of a stale save; elsewhere it is told.
        said_late: a stale save is only told: the page shows what stands now anyway.
        mine: what the action would have saved, in words.
        again: the action on top of whatever stands then.
    """
    try:
        return action()
    except StaleSave as fault:
        if said_late or not item_id:
            tell(str(fault))
            return None
        set_refused(Refusal(item_id, str(fault), mine, again))
    except AnnotatorError as fault:
        tell(str(fault))
    return None


def press(callback: Callable[P, None]) -> Callable[P, None]:
    """A control's callback that asks something before it acts: what refuses that is told, too."""

    @wraps(callback)
    def run(*arguments: P.args, **named: P.kwargs) -> None:
        attempt(lambda: callback(*arguments, **named))

    return run


# Small things a page keeps


def kept(name: str, default: Any = None) -> Any:
    """A page's own small value."""
    return st.session_state.get(f"kept_{name}", default)


def keep(name: str, value: Any) -> None:
    """Keep a page's own small value."""
    st.session_state[f"kept_{name}"] = value
