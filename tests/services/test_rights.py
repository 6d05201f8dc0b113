"""Rights are enforced in the services: each is called as each role."""

from __future__ import annotations

import importlib
import inspect
import logging
import pkgutil
from dataclasses import replace
from itertools import pairwise

import pytest

import annotator.services
from annotator.domain.assignment import Plan
from annotator.domain.rights import RIGHTS, ROLES, may
from annotator.errors import Forbidden
from annotator.services import assigning, browsing, conflicts, datasets, history, settling
from annotator.services.access import NEEDS
from annotator.services.browsing import View
from annotator.services.conflicts import Wanted
from tests.examples import Tab, benchmark, imported, record

INSIDE = {
    "annotator.services.datasets.standing": "also says where a dataset stands to scripts",
    "annotator.services.conflicts.look": "shows an annotator less",
    "annotator.services.conflicts.kinds": "shows an annotator less",
    "annotator.services.conflicts.preview": "shows an annotator less",
    "annotator.services.browsing.page": "shows an annotator less",
    "annotator.services.pictures.give": "part of fetching",
    "annotator.services.jobs.outcome_of": "the worker's own; what it calls is guarded",
}
"""Services with an actor that need no right of their own, and why."""


def services():
    """Every function of the services that acts on a workspace in somebody's name."""
    for found in pkgutil.walk_packages(annotator.services.__path__, "annotator.services."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == found.name and not name.startswith("_"):
                parameters = list(inspect.signature(function).parameters)
                if parameters[:1] == ["workspace"] and "actor" in parameters:
                    yield f"{found.name}.{name}", function


SERVICES = dict(services())


def test_each_service_that_acts_for_somebody_is_guarded():
    # A job's work begins with run_, a part of the demo with bring_: what they call is guarded.
    parts = ("run_", "bring_")
    acting = {name for name in SERVICES if not name.rpartition(".")[2].startswith(parts)}
    assert acting - set(NEEDS) - set(INSIDE) == set()
    assert set(NEEDS) <= set(SERVICES)


@pytest.mark.parametrize("name", sorted(NEEDS))
def test_each_service_as_each_role(workspace, ana, name, caplog):
    caplog.set_level(logging.WARNING)
    for role in ROLES:
        caplog.clear()
        allowed = may(role, NEEDS[name])
        # Who may, gets as far as the missing arguments; who may not, does not.
        with pytest.raises(TypeError if allowed else Forbidden):
            SERVICES[name](workspace, actor=replace(ana, role=role), nonsense=1)
        assert bool(caplog.records) is not allowed
        if not allowed:
            assert "'Ana'" in caplog.text and role in caplog.text
    for refused in (replace(ana, active=False), replace(ana, role="king"), None):
        with pytest.raises(Forbidden):
            SERVICES[name](workspace, actor=refused)


def test_roles_only_gain_rights():
    for lower, higher in pairwise(ROLES):
        assert {r for r in RIGHTS if may(lower, r)} <= {r for r in RIGHTS if may(higher, r)}
    assert not may("annotator", "settle") and may("admin", "keep people")


@pytest.fixture
def shared(workspace, ana):
    """A faulty item with overlap 2."""
    ids = imported(workspace, ana, benchmark(record(component_weight=[4, 3, 9])))
    found = datasets.everything(workspace)[0]
    assigning.set_plan(
        workspace, actor=ana, dataset_id=found.id, version=found.version, plan=Plan(overlap=2)
    )
    return ids[0]


def test_an_annotator_neither_sees_nor_settles_what_others_judge(workspace, bo, shared):
    eve = replace(bo, role="annotator")
    row = browsing.page(workspace, dataset_id=1, view=View(), number=0, actor=eve).rows[0]
    assert (row.findings, row.severity) == (0, None)
    view = View(filters={"severity": ("error", "warning", "info")})
    assert browsing.page(workspace, dataset_id=1, view=view, number=0, actor=eve).total == 0
    assert browsing.page(workspace, dataset_id=1, view=view, number=0, actor=bo).total == 1
    look = {"dataset_id": 1, "wanted": Wanted(), "place": 0}
    assert conflicts.look(workspace, **look, actor=eve) is None
    case = conflicts.look(workspace, **look, actor=bo)
    with pytest.raises(Forbidden):
        conflicts.drop(workspace, actor=eve, item_id=shared, revision=0, reason="no")
    with pytest.raises(Forbidden):
        conflicts.dismiss(
            workspace, actor=eve, finding_id=case.finding.id, version=1, reason="no fault"
        )


def test_an_annotator_cannot_undo_a_settling(workspace, ana, bo, shared):
    for person in (ana, bo):
        Tab(workspace, person, shared).submit("keep")
    shown = settling.preview(workspace, dataset_id=1, rule=settling.Rule())
    settling.settle_by_rule(workspace, actor=ana, shown=shown, rule=settling.Rule())
    log = history.of_item(workspace, actor=ana, item_id=shared)
    event = next(line.event for line in log if line.event.kind == "curation.settled")
    with pytest.raises(Forbidden):
        history.undo(workspace, actor=replace(bo, role="annotator"), event_id=event.id)
