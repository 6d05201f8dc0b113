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

WITHOUT = {
    "the way in: nobody is known yet": """
        accounts.accept accounts.epoch_of accounts.from_proxy accounts.sign_in
        workspace.person workspace.sign_in""",
    "shows an annotator less than a reviewer, and scripts everything": """
        browsing.page conflicts.kinds conflicts.look conflicts.preview datasets.standing""",
    "the command line, whose users have the database's file": """
        accounts.named browsing.look datasets.named datasets.show demo.bring_judging demo.build
        demo.give_credit demo_people.bring_people
        demo_people.accept_first_pair demo_people.bring_decisions demo_people.case_ids
        demo.standing findings_report.report
        release.reproducing.folder_of release.reproducing.named release.reproducing.reproduce
        release.reproducing.verify_noted""",
    "reads what everybody may know who was let in": """
        adjudicating.choices_of audit.look auditing.samples blind.progress
        datasets.everything datasets.get effects.of_content effects.of_drop effects.of_events
        jobs.get judge_runs.estimate judge_runs.estimating judge_runs.get judge_runs.halting
        judge_runs.models judge_runs.of_dataset pictures.of_dataset pictures.shown
        proposing.model_named proposing.waiting release.reproducing.of_dataset""",
    "the worker's, on a job that somebody with the right queued": """
        bringing.run_replies bringing.run_responses bringing.uploaded jobs.beating
        jobs.outcome_of jobs.perform jobs.put_back jobs.run_audit
        jobs.run_checks jobs.run_comparison jobs.run_fetch jobs.run_import jobs.run_next
        jobs.run_preview jobs.run_proposing jobs.run_release judge_settling.recover
        judge_settling.settle_lines judge_work.run_judge uploads.forget_copies
        uploads.forget_upload uploads.keep_upload uploads.unchecked uploads.upload_of
        uploads.uploads""",
    "a part of guarded services and of the worker's": """
        adjudicating.decision_of answering.apply_rules audit.compute
        checking.check_dataset checking.check_many checking.compare_again checking.stored_look
        checking.take_looks comparing.compare_dataset gathering.gather gathering.journal_of
        pictures.bytes_of pictures.checked pictures.fetched pictures.give pictures.keep
        pictures.withheld proposing.ask proposing.keep proposing.propose
        release.walking.releasable release.writing.write_files
        workspace.at_once""",
}
"""Services that need no right, and why: whoever adds one here has thought about it."""
UNGUARDED = {f"annotator.services.{n}" for names in WITHOUT.values() for n in names.split()}
READING = "reads what everybody may know who was let in"


def services():
    """Every public function of the services that works on a workspace."""
    for found in pkgutil.walk_packages(annotator.services.__path__, "annotator.services."):
        module = importlib.import_module(found.name)
        for name, function in inspect.getmembers(module, inspect.isfunction):
            first = next(iter(inspect.signature(function).parameters), None)
            ours = function.__module__ == found.name and not name.startswith("_")
            if ours and first == "workspace":
                yield f"{found.name}.{name}", function


SERVICES = dict(services())


def test_each_service_is_guarded_or_says_why_not():
    assert sorted(set(SERVICES) - set(NEEDS) - UNGUARDED) == []
    assert sorted(UNGUARDED - (set(SERVICES) - set(NEEDS))) == []
    assert set(NEEDS) <= set(SERVICES)


def test_what_only_reads_writes_nothing():
    for name in WITHOUT[READING].split():
        assert ".writing()" not in inspect.getsource(SERVICES[f"annotator.services.{name}"]), name


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


def test_an_annotator_neither_sees_nor_settles_what_others_judge(workspace, ana, bo, shared):
    eve = replace(ana, role="annotator")
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
    with pytest.raises(Forbidden):
        conflicts.confirm(workspace, actor=eve, finding_id=case.finding.id, version=1)
    conflicts.dismiss(workspace, actor=bo, finding_id=case.finding.id, version=1, reason="fine")
    (dismissed,) = history.of_item(workspace, actor=bo, item_id=shared)
    with pytest.raises(Forbidden):
        history.undo(workspace, actor=eve, event_id=dismissed.event.id)


def test_an_annotator_cannot_undo_a_settling(workspace, ana, bo, shared):
    for person in (ana, bo):
        Tab(workspace, person, shared).submit("keep")
    shown = settling.preview(workspace, actor=ana, dataset_id=1, rule=settling.Rule())
    settling.settle_by_rule(workspace, actor=ana, shown=shown, rule=settling.Rule())
    log = history.of_item(workspace, actor=ana, item_id=shared)
    event = next(line.event for line in log if line.event.kind == "curation.settled")
    with pytest.raises(Forbidden):
        history.undo(workspace, actor=replace(bo, role="annotator"), event_id=event.id)
