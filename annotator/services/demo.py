"""The demo dataset, which travels inside the package."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

from annotator.domain.records import Person
from annotator.formats.replies import Names
from annotator.services.answering import import_answers
from annotator.services.checking import check_dataset
from annotator.services.demo_people import bring_decisions, bring_people
from annotator.services.importing import import_file
from annotator.services.replying import import_replies
from annotator.services.report import Report
from annotator.services.workspace import Workspace, no_progress, sign_in
from db import audits, datasets, images

NAME: Final = "Demo"
PERSON: Final = "Demo"


def build(workspace: Workspace) -> Report:
    """Import the demo benchmark with all that belongs to it, where it is missing.

    A build that was interrupted goes on.
    """
    actor = sign_in(workspace, name=PERSON)
    with as_file(files("annotator.demo")) as folder:
        data = (folder / "benchmark.json").read_bytes()
        built = standing(workspace, data)
        if built is not None:
            return Report(NAME, built, repeated=True)
        report = import_file(
            workspace,
            actor=actor,
            file="benchmark.json",
            data=data,
            dataset=NAME,
            format="mia-bench",
            images=folder,
        )
        give_credit(workspace, folder)
        check_dataset(workspace, dataset_id=report.dataset_id, progress=no_progress)
        bring_judging(workspace, actor, folder)
        bring_decisions(workspace, dataset_id=report.dataset_id, folder=folder / "decisions")
        bring_people(workspace, actor=actor, dataset=NAME, folder=folder / "people")
    return report


def standing(workspace: Workspace, data: bytes) -> int | None:
    """The dataset of the demo's name, where all of the demo is there or it is somebody's own.

    What people scored comes last.
    """
    with workspace.database.reading() as session:
        known = datasets.by_name(session, name=NAME)
        if known is None:
            return None
        newest = datasets.sources(session, dataset_id=known.id)[-1]
        samples = audits.of_dataset(session, dataset_id=known.id)
        scored = any(
            draw.labels for one in samples for draw in audits.draws(session, sample_id=one.id)
        )
    return known.id if scored or newest.sha256 != hash_of(data) else None


def bring_judging(workspace: Workspace, actor: Person, folder: Path) -> None:
    """Import the made-up models' answers and what made-up judges said of them."""
    for file in sorted((folder / "answers").glob("*.jsonl")):
        import_answers(workspace, actor=actor, dataset=NAME, file=file.name, data=file.read_bytes())
    for file in sorted((folder / "judge_replies").glob("*.jsonl")):
        import_replies(
            workspace,
            actor=actor,
            dataset=NAME,
            file=file.name,
            data=file.read_bytes(),
            names=Names(form="mia"),
        )


def give_credit(workspace: Workspace, folder: Path) -> None:
    """Note each photograph's licence and credit."""
    credits = json.loads((folder / "credits.json").read_text(encoding="utf-8"))
    with workspace.database.writing() as session:
        for name, terms in credits.items():
            data = (folder / "images" / name).read_bytes()
            image = images.by_hash(session, sha256=hash_of(data))
            if image is not None:
                images.save(
                    session,
                    image_id=image.id,
                    version=image.version,
                    licence=terms["licence"],
                    credit=terms["credit"],
                    address_only=False,
                )


def hash_of(data: bytes) -> str:
    """The sha256 under which bytes are stored."""
    return hashlib.sha256(data).hexdigest()
