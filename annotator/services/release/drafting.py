"""The texts of a release before it is written: its card, and how its changes begin."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from annotator.domain.records import Dataset, Person
from annotator.formats.base import no_images
from annotator.services.access import needs
from annotator.services.collector import collector_paused
from annotator.services.release import writing
from annotator.services.release.card import CARD
from annotator.services.release.changes import CHANGES
from annotator.services.release.options import Options
from annotator.services.release.plan import make_plan
from annotator.services.workspace import Progress, Workspace, no_progress

TEXTS: Final = (CARD, CHANGES)
BEGINNING: Final = 20_000
"""So many characters of a text are kept."""


@needs("look")
@collector_paused()
def drafted(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: Dataset,
    options: Options,
    progress: Progress = no_progress,
) -> dict[str, str]:
    """What README.md and CHANGES.md would say, by name, from their beginnings.

    The release is written, without the bytes of its images, and thrown away, so that the texts are
    its own; the largest part of a release is images.

    Raises:
        InvalidValue, NotFound, InputError: as create does.
    """
    with (
        tempfile.TemporaryDirectory(prefix="annotator-draft-") as draft,
        workspace.database.reading() as session,
    ):
        plan = make_plan(session, dataset=dataset, actor=actor, options=options, progress=progress)
        writing.write_files(workspace, session, plan, Path(draft), progress, images=no_images)
        return {name: beginning(Path(draft) / name) for name in TEXTS}


def beginning(file: Path) -> str:
    """How a text begins; the rest is counted."""
    text = file.read_text(encoding="utf-8")
    more = len(text) - BEGINNING
    return text if more <= 0 else f"{text[:BEGINNING]}\n… and {more:,} characters more"
