"""The checks on whole items: each kind for and against, and mends that mend."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest

from annotator.checks import CHECKS, FORM_CHECKS, Relative, Subject, check_form, check_item
from annotator.domain.edits import apply_edits
from annotator.domain.items import ContentRules, check_change
from annotator.domain.vocabulary import IMAGE_NOT_FETCHED, SEVERITIES
from annotator.formats import Source
from annotator.formats.mia_bench import MiaBench
from annotator.services.browsing import View, look
from annotator.services.checking import check_dataset
from annotator.services.workspace import no_progress
from tests.examples import ITEM, imported

SOUND = Subject(content=ITEM, declared_count=3)


def part(**changed):
    """ITEM with another second component."""
    first, second, third = ITEM.components
    return replace(ITEM, components=(first, replace(second, **changed), third))


SIZE = (640, 480)


def near(how, **more):
    """SOUND with a relative."""
    return replace(SOUND, relatives=(Relative(how, ("7",), 1, **more),))


def said(text):
    """SOUND with this instruction."""
    return replace(SOUND, content=replace(ITEM, instruction=text))


TALE = ITEM.instruction
CASES = [
    ("weights", "error", replace(SOUND, content=part(weight=1))),
    ("weights", "error", replace(SOUND, content=part(weight=None))),
    ("weights", "error", replace(SOUND, content=part(weight=0))),
    ("weights", "warning", replace(SOUND, declared_count=5)),
    ("weights", "error", replace(SOUND, notes=("component_weight has 4 values",))),
    ("source", "error", replace(SOUND, notes=("component_type has 4 values",))),
    ("type", "error", replace(SOUND, content=part(type=""))),
    ("type", "error", replace(SOUND, content=part(type="mentions"))),
    ("repeated-type", "warning", replace(SOUND, content=part(type="mention"))),
    ("repeated-component", "error", replace(SOUND, content=part(text="Mention its eyes."))),
    ("repeated-component", "warning", replace(SOUND, content=part(text="tell of a cat story"))),
    ("level", "warning", replace(SOUND, content=replace(ITEM, level="basics"))),
    ("empty", "error", said(" ")),
    ("empty", "error", replace(SOUND, content=replace(ITEM, components=()))),
    ("empty", "error", replace(SOUND, content=part(text=" "))),
    ("ground-truth", "error", replace(SOUND, content=replace(ITEM, level="P-Level"))),
    ("ground-truth", "error", replace(SOUND, content=replace(ITEM, answers=(" ",)))),
    ("image-missing", "error", replace(SOUND, image_problem="The source names no image.")),
    ("image-unreadable", "error", replace(SOUND, image_problem="The file is damaged.")),
    ("image-unfetched", "note", replace(SOUND, image_problem=IMAGE_NOT_FETCHED)),
    ("image-address", "warning", replace(SOUND, bare_address=True, image_ref="a.b.org/7/x.jpg")),
    ("image-tiny", "warning", replace(SOUND, image_size=(640, 8))),
    ("duplicate", "warning", near("same item")),
    ("duplicate", "note", near("same words")),
    ("duplicate", "note", near("like words", score=0.8)),
    ("same-image", "warning", near("same image")),
    ("same-image", "note", near("same image", same_name=True)),
    ("same-image", "warning", near("like image", score=0.99)),
    ("same-image", "note", near("like image", score=0.93)),
    ("text", "note", said(TALE.replace("its eyes", "its  eyes"))),
    ("text", "note", said(TALE + ' "')),
    ("text", "note", said(TALE.replace("its eyes", "(its eyes"))),
    ("text", "warning", said(TALE.replace("its eyes", "the catâ€™s eyes"))),
    ("text", "warning", said(TALE.replace("its eyes", "its eyes &amp; ears"))),
    ("text", "warning", said(TALE.replace("its eyes", "its ey\ufffds"))),
]


def kinds(subject, check=check_form):
    return {finding.kind: finding.severity for finding in check(subject)}


@pytest.mark.parametrize(("kind", "severity", "subject"), CASES)
def test_each_kind_is_found_where_it_is_and_only_there(kind, severity, subject):
    assert (kind, severity) in {(f.kind, f.severity) for f in check_form(subject)}
    assert kind not in kinds(SOUND)


def test_every_check_of_form_has_a_case_for_each_severity():
    wanted = {(kind, s) for kind in FORM_CHECKS for s in CHECKS[kind].severities}
    assert {(kind, severity) for kind, severity, _ in CASES} == wanted


def test_a_sound_item_has_nothing_to_mend():
    assert [f for f in check_item(SOUND) if f.severity == "error"] == []


def test_unweighted_datasets_have_no_sum_to_keep():
    bare = Subject(content=part(weight=None), rules=ContentRules(target=None))
    assert "weights" not in kinds(bare)


def test_a_datasets_own_target_and_types_count():
    rules = ContentRules(types=("describe", "length_limit", "mention", "rhyme"), target=20)
    found = kinds(Subject(content=part(type="rhyme"), rules=rules))
    assert "weights" in found and "type" not in found


def test_what_the_source_got_wrong_is_no_finding_once_the_item_is_curated():
    subject = replace(SOUND, declared_count=5, notes=("odd",), curated=True)
    assert not {"weights", "source"} & set(kinds(subject))


def test_the_worst_comes_first():
    subject = replace(SOUND, content=part(weight=1, type="mention"), declared_count=5)
    ranks = [SEVERITIES.index(finding.severity) for finding in check_item(subject)]
    assert ranks == sorted(ranks, reverse=True)


def demo():
    data = (files("annotator.demo") / "benchmark.json").read_bytes()
    return list(MiaBench().read(Source("benchmark.json", data=data)).records)


@pytest.mark.parametrize("record", demo(), ids=lambda record: str(record.position))
def test_every_mend_removes_its_finding_and_may_be_stored(record):
    subject = Subject(content=record.content, declared_count=record.declared_count)
    found = check_item(subject)
    assert all(f.severity in CHECKS[f.kind].severities for f in found)
    assert len({f.fingerprint for f in found}) == len(found)
    for finding in found:
        for mend in finding.mends:
            mended = apply_edits(record.content, mend.edits)
            check_change(record.content, mended, subject.rules)
            left = {f.fingerprint for f in check_item(replace(subject, content=mended))}
            assert finding.fingerprint not in left, (finding.message, mend.label)


@pytest.mark.parametrize("subject", [subject for _, _, subject in CASES])
def test_mends_of_the_form_remove_their_finding(subject):
    for finding in check_form(subject):
        for mend in finding.mends:
            mended = replace(subject, content=apply_edits(subject.content, mend.edits))
            assert finding.fingerprint not in {f.fingerprint for f in check_form(mended)}


@pytest.mark.real_data
def test_the_real_halfs_known_faults_are_errors_and_rank_above_the_harmless(workspace, ana):
    folder = os.environ.get("ANNOTATOR_REAL_DATA")
    if not folder:
        pytest.skip("ANNOTATOR_REAL_DATA is not set")
    file = Path(folder, "mia_bench", "instruction_benchmark_first200.json")
    imported(workspace, ana, file.read_bytes())
    check_dataset(workspace, dataset_id=1, progress=no_progress)
    view = View(sort="findings", descending=True)
    every = list(look(workspace, dataset_id=1, view=view))
    errors = [row["position"] for row in every if row["severity"] == "error"]
    assert errors == [30, 101, 133]
    assert every[0]["severity"] == "error"
    assert [row["position"] for row in every][: len(errors)] == errors
    assert len(errors) < len(every) / 5
