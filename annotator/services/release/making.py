"""Make a release: plan, write out of sight, note it, and move it into place in one step."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from annotator.domain.admission import EVERYTHING_BUT_DROPPED, Rules
from annotator.domain.changes import describe, sentences
from annotator.domain.records import Dataset, Item, Person
from annotator.errors import InvalidValue
from annotator.services.access import needs
from annotator.services.collector import collector_paused
from annotator.services.release import folder as folders
from annotator.services.release import writing
from annotator.services.release.manifest import MANIFEST
from annotator.services.release.options import Options, check_name
from annotator.services.release.outcomes import Outcome
from annotator.services.release.plan import Plan, make_plan
from annotator.services.release.survey import Survey, survey_of
from annotator.services.release.verify import verify
from annotator.services.release.walking import released
from annotator.services.workspace import Progress, Workspace, no_progress
from db import events, items, releases, splits
from db.engine import Session


@needs("release")
@collector_paused()
def create(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: Dataset,
    out: Path,
    options: Options,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Write a release into the folder ``out``, which must not exist, and note it in the log.

    Where a crash left the whole folder in its place but unnoted, and it holds these very bytes,
    it is noted now.

    Returns:
        The manifest.

    Raises:
        InputError: the folder exists or cannot be written, or the release to compare with is gone.
        InvalidValue: rules, splits or a name that are none, or a name that is taken.
        NotFound: no such format, or no release of the name to compare with.
    """
    check_name(options.name)
    with workspace.database.reading() as session:
        left_over = out.is_dir() and unnoted(session, dataset, out)
        if not left_over:
            folders.refuse_existing(out)
        refuse_taken(session, dataset, options.name)
    draft = folders.hidden_folder(out)
    try:
        with workspace.database.reading() as session:
            plan = make_plan(
                session, dataset=dataset, actor=actor, options=options, progress=progress
            )
            manifest = writing.write_files(workspace, session, plan, draft, progress)
        folders.flush(draft)
        adopt = left_over and verify(out, noted=manifest).sound
        with workspace.database.writing() as session:
            record(session, plan, out, manifest)
            if not adopt:
                folders.put_in_place(draft, out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def unnoted(session: Session, dataset: Dataset, out: Path) -> bool:
    """Whether a folder has a manifest and no release of the dataset lies there."""
    known = releases.of_dataset(session, dataset_id=dataset.id)
    return (out / MANIFEST).is_file() and all(one.folder != str(out) for one in known)


@needs("release")
def export(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: Dataset,
    out: Path,
    format: str = "",
    include: Sequence[str] = EVERYTHING_BUT_DROPPED,
    name: str | None = None,
    progress: Progress = no_progress,
) -> dict[str, Any]:
    """Write data, manifest and changes only; see create.

    Args:
        format: a format's name; the dataset's own where it is empty.
        include: which verdicts go in; ``open`` stands for items nobody has settled.
        name: the release's name, its folder's where there is none.
    """
    options = Options(
        name=name or out.name,
        rules=Rules(verdicts=tuple(include)),
        formats=(format,) if format else (),
        data_only=True,
    )
    return create(
        workspace, actor=actor, dataset=dataset, out=out, options=options, progress=progress
    )


def refuse_taken(session: Session, dataset: Dataset, name: str) -> None:
    """A release's name stands for one release for ever."""
    if any(r.name == name for r in releases.of_dataset(session, dataset_id=dataset.id)):
        raise InvalidValue("name", f"this dataset has a release {name!r} already")


def record(session: Session, plan: Plan, out: Path, manifest: Mapping[str, Any]) -> None:
    """Note a release that is about to get its place, and the places it gave to items."""
    refuse_taken(session, plan.dataset, plan.options.name)
    events.append(
        session,
        person_id=plan.actor.id,
        kind="release.written",
        patch={"release": (None, plan.options.name)},
        dataset_id=plan.dataset.id,
        reason=str(out),
    )
    noted = releases.add(
        session,
        dataset_id=plan.dataset.id,
        name=plan.options.name,
        folder=str(out),
        manifest=manifest,
        person_id=plan.actor.id,
    )
    fresh = {item_id: plan.assignment.places[item_id] for item_id in plan.assignment.fresh}
    splits.add(session, release_id=noted.id, places=fresh)


@dataclass(frozen=True, slots=True)
class Preview:
    """What a release would hold, before it is written."""

    plan: Plan
    survey: Survey | None
    open_errors: list[Item]

    @property
    def included(self) -> int:
        """How many items go in."""
        return len(self.plan.entries)

    @property
    def left_out(self) -> dict[str, int]:
        """How many stay out, by why."""
        return self.plan.left_out()

    @property
    def changed(self) -> list[Outcome]:
        """What people did something to."""
        return self.plan.changed


@needs("look")
@collector_paused()
def foresee(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: Dataset,
    options: Options,
    progress: Progress = no_progress,
) -> Preview:
    """What a release would hold; nothing is written.

    Raises:
        InvalidValue, NotFound, InputError: as create does.
    """
    with workspace.database.reading() as session:
        plan = make_plan(session, dataset=dataset, actor=actor, options=options, progress=progress)
        survey = None
        if not options.data_only:
            survey = survey_of(plan, released(session, plan, plan.entries, progress))
        going = {entry.head.id for entry in plan.entries}
        risky = items.with_open_errors(session, dataset_id=dataset.id)
        kept = items.get_many(session, item_ids=[item_id for item_id in risky if item_id in going])
    return Preview(plan, survey, kept)


@needs("look")
def preview(
    workspace: Workspace,
    *,
    dataset: Dataset,
    actor: Person,
    include: Sequence[str] = EVERYTHING_BUT_DROPPED,
) -> Preview:
    """What an export of these verdicts would hold; raises InvalidValue."""
    options = Options("preview", Rules(verdicts=tuple(include)), data_only=True)
    return foresee(workspace, actor=actor, dataset=dataset, options=options)


def told(preview: Preview, *, most: int = 100) -> dict[str, Any]:
    """A preview as JSON, for scripts, jobs and the page.

    Args:
        most: how many items, problems and sentences are listed of each kind; counts are whole.
    """
    plan, survey = preview.plan, preview.survey
    problems = survey.problems if survey else []
    return {
        "counts": plan.counts(),
        "rules": plan.told_rules(),
        "disputed": list(plan.admission.disputed),
        "waiting": plan.told_waiting(),
        "splits": plan.table(),
        "figures": survey.as_dict() if survey else None,
        "open_errors": [item.source_id for item in preview.open_errors],
        "previous": plan.previous.name if plan.previous else None,
        "formats": list(plan.options.formats),
        "problems": [asdict(problem) for problem in problems[:most]],
        "changed_items": len(plan.changed),
        "changed": [
            {
                "item": outcome.source_id,
                "why": outcome.why,
                "said": sentences(describe(outcome.patch, outcome.numbers)),
            }
            for outcome in plan.changed[:most]
        ],
    }
