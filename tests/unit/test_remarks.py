"""Flags, dismissed findings, settings, and the terms of images."""

from __future__ import annotations

import pytest

from annotator.checks import Finding
from annotator.errors import InvalidValue, NotFound, Refused, StaleSave
from annotator.images import BadImage
from annotator.services import datasets, flagging, pictures
from tests.examples import Tab
from tests.unit.test_importing import png


@pytest.fixture
def tab(workspace, ana, item):
    return Tab(workspace, ana, item)


def flag(tab, kind="other", keys=(), note="", **more):
    return flagging.raise_flag(
        tab.workspace, actor=tab.person, item_id=tab.item_id, kind=kind,
        component_keys=keys, note=note, **more,
    )  # fmt: skip


def move(tab, raised, state, version=None, **more):
    return flagging.move_flag(
        tab.workspace, actor=tab.person, flag_id=raised.id,
        version=raised.version if version is None else version, state=state, **more,
    )  # fmt: skip


def test_a_conflict_names_its_components(tab):
    raised = flag(tab, "conflict", ["c1", "c2", "c1"], " both cannot hold ")
    assert (raised.component_keys, raised.note, raised.state) == (
        ("c1", "c2"), "both cannot hold", "open",
    )  # fmt: skip
    assert tab.look().flags == (raised,)


@pytest.mark.parametrize(
    ("kind", "keys", "note"),
    [
        ("conflict", ["c1"], ""),
        ("conflict", ["c1", "c1"], ""),
        ("conflict", ["c1", "c9"], ""),
        ("rude", [], ""),
        ("", [], ""),
        ("other", [], "\x00"),
        ("other", [], "x" * 100_001),
    ],
)
def test_a_flag_that_says_nothing_is_refused(tab, kind, keys, note):
    with pytest.raises(InvalidValue):
        flag(tab, kind, keys, note)
    assert tab.look().flags == ()


def test_a_flag_on_a_component_of_ones_draft(tab):
    tab.edit({"op": "add_component", "text": "new", "key": "n1"})
    assert flag(tab, "conflict", ["c1", "n1"]).component_keys == ("c1", "n1")


def test_a_retried_flag_is_raised_once(tab):
    first = flag(tab, save_id="f1")
    flag(tab, "unsafe")
    assert flag(tab, save_id="f1") == first
    assert len(tab.look().flags) == 2


def test_flags_move_on_from_what_was_shown(tab, workspace, bo, item):
    raised = flag(tab)
    assert move(tab, raised, "confirmed").state == "confirmed"
    with pytest.raises(StaleSave):
        move(tab, raised, "dismissed")
    with pytest.raises(InvalidValue):
        move(tab, raised, "gone", version=2)
    other = Tab(workspace, bo, item)
    with pytest.raises(Refused, match="Only Ana can withdraw"):
        move(other, raised, "withdrawn", version=2)
    assert move(other, raised, "dismissed", version=2, reason="no").state == "dismissed"


def test_open_flags_are_counted_where_items_are_browsed(tab, workspace):
    raised = flag(tab)
    assert datasets.standing(workspace, actor=None, dataset_id=1).flags == 1
    move(tab, raised, "resolved")
    assert datasets.standing(workspace, actor=None, dataset_id=1).flags == 0


def dismiss(tab, finding, reason="as asked", **more):
    flagging.dismiss_finding(
        tab.workspace, actor=tab.person, item_id=tab.item_id, finding=finding, reason=reason, **more
    )
    tab.look()


def test_a_dismissed_finding_stays_dismissed_until_the_item_says_otherwise(tab):
    finding = next(f for f in tab.desk.findings if f.kind == "image-missing")
    with pytest.raises(InvalidValue, match="why"):
        dismiss(tab, finding, " ")
    dismiss(tab, finding, save_id="d1")
    dismiss(tab, finding, save_id="d1")
    assert finding not in tab.desk.findings
    with pytest.raises(StaleSave):
        dismiss(tab, finding)
    tab.submit("keep")
    assert finding not in tab.desk.findings


def test_a_finding_of_a_draft_can_be_dismissed(tab):
    tab.weigh(c1=6)
    finding = next(f for f in tab.desk.findings if f.kind == "weights")
    dismiss(tab, finding)
    assert finding not in tab.desk.findings
    tab.weigh(c1=4)
    assert tab.desk.dismissed == ()


def test_a_finding_of_no_item_is_refused(tab):
    with pytest.raises(NotFound):
        flagging.dismiss_finding(
            tab.workspace, actor=tab.person, item_id=99,
            finding=Finding("x", "note", (), "x"), reason="x",
        )  # fmt: skip


def save_settings(tab, version=1, **changed):
    settings = {"target": 10, "types": ("describe", "length_limit", "mention"), "levels": (),
                "licence": None, "citation": None, **changed}  # fmt: skip
    return datasets.save_settings(
        tab.workspace, actor=tab.person, dataset_id=1, version=version, **settings
    )


def test_settings_are_kept_and_the_items_checked_again(tab):
    saved = save_settings(tab, target=12, licence="CC-BY")
    assert (saved.target, saved.licence, saved.version) == (12, "CC-BY", 2)
    assert "weights" in {f.kind for f in tab.look().findings}
    shown = datasets.standing(tab.workspace, actor=None, dataset_id=1)
    assert ("weights", "error", 3) in shown.findings
    with pytest.raises(StaleSave):
        save_settings(tab, target=9)
    assert save_settings(tab, version=2, target=None).target is None


@pytest.mark.parametrize(
    "changed",
    [{"target": 0}, {"target": -1}, {"target": float("nan")}, {"target": 10**7},
     {"target": True}, {"target": "10"}, {"types": ("",)}, {"levels": ("\x00",)},
     {"licence": "\x00"}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(tab, changed):
    with pytest.raises(InvalidValue):
        save_settings(tab, **changed)
    assert tab.look().dataset.version == 1


# Images


def give(tab, data=None):
    pictures.replace_image(tab.workspace, actor=tab.person, item_id=tab.item_id, data=data or png())
    return tab.look().item.image


def terms(tab, image, **changed):
    said = {"licence": "CC0", "credit": "A. Photographer", "address_only": True, **changed}
    return pictures.set_terms(
        tab.workspace, actor=tab.person, image_id=image.id, version=image.version, **said
    )


def test_an_image_is_given_replaced_and_kept_by_content(tab):
    first = give(tab)
    assert (first.width, first.height, tab.desk.item.image_problem) == (4, 3, None)
    second = give(tab, png("blue"))
    assert second.sha256 != first.sha256
    assert tab.workspace.images.exists(first.sha256)
    assert "image-missing" not in {f.kind for f in tab.desk.findings}


@pytest.mark.parametrize("data", [b"", b"no image", png()[:40], b"<svg xmlns='x'/>"])
def test_what_is_no_image_is_refused(tab, data):
    with pytest.raises(BadImage):
        pictures.replace_image(tab.workspace, actor=tab.person, item_id=tab.item_id, data=data)
    assert tab.look().item.image is None


def test_terms_are_kept_over_what_was_shown(tab):
    image = give(tab)
    saved = terms(tab, image)
    assert (saved.licence, saved.credit, saved.address_only) == ("CC0", "A. Photographer", True)
    with pytest.raises(StaleSave):
        terms(tab, image)
    with pytest.raises(InvalidValue):
        terms(tab, saved, credit="\x00")


def test_taking_an_image_down_says_why_and_lasts(tab):
    image = give(tab)
    pictures.shown(tab.workspace, sha256=image.sha256)
    tab.workspace.images.derived(image.sha256, "thumb")

    def take_down(version, reason="a face"):
        return pictures.take_down(
            tab.workspace, actor=tab.person, image_id=image.id, version=version, reason=reason
        )

    with pytest.raises(InvalidValue, match="why"):
        take_down(1, " ")
    with pytest.raises(StaleSave):
        take_down(7)
    assert take_down(1) == 1
    assert tab.look().item.image_problem == "The image was taken down: a face"
    left = [f for f in tab.workspace.images.root.rglob("*") if image.sha256 in f.name]
    assert left == []
    with pytest.raises(NotFound):
        pictures.shown(tab.workspace, sha256=image.sha256)
    with pytest.raises(Refused, match="already"):
        take_down(2)
    with pytest.raises(Refused, match="a face"):
        give(tab)
    assert not tab.workspace.images.exists(image.sha256)
    tab.type("still worked on")
    assert "took the item's image away" in " ".join(line.sentence for line in tab.log())
