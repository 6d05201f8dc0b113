"""``annotator check``: run the checks on a dataset and say what they find."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal

import typer

from annotator.checks.registry import CHECKS, title
from annotator.cli.common import (
    AsJson,
    DatasetName,
    Db,
    examples,
    progress_bar,
    put,
    say,
    workspace_of,
)
from annotator.domain.vocabulary import SEVERITIES
from annotator.errors import InvalidValue
from annotator.services import checking, proposing
from annotator.services import datasets as dataset_service
from annotator.services.findings_report import at_least, report

check = typer.Typer()


@check.command(
    name="check",
    epilog=examples(
        "annotator check --dataset MIA-Bench",
        "annotator check --dataset MIA-Bench --json",
        "annotator check --dataset MIA-Bench --fail-on error --only contradiction",
    ),
)
def check_(
    dataset: DatasetName,
    as_json: AsJson = False,
    fail_on: Annotated[
        Literal["error", "warning", "note"] | None,
        typer.Option("--fail-on", help="End with exit code 1 if there is one this grave."),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="CHECK", help="Tell this check's findings; repeatable."),
    ] = None,
    propose: Annotated[
        str | None,
        typer.Option(
            "--propose",
            metavar="MODEL",
            help="Let this judge model propose contradictions that only meaning can decide. "
            "Each item is sent once; a person confirms or dismisses.",
        ),
    ] = None,
    db: Db = None,
) -> None:
    """Check every item again, and list what is open, the gravest first.

    Dismissed findings are left out as long as what they are about has not changed. *error*: the
    item would be scored wrongly as it stands; *warning*: some kit or reader would go wrong;
    *note*: harmless. In the JSON, `components` are 0-based positions.
    """
    unknown = sorted(set(only or ()) - set(CHECKS))
    if unknown:
        raise InvalidValue("check", f"there is none called {unknown[0]!r}: {', '.join(CHECKS)}")
    with workspace_of(db) as workspace, progress_bar("checking") as progress:
        chosen = dataset_service.named(workspace, name=dataset)
        if propose is not None:
            done = proposing.propose(
                workspace, dataset_id=chosen.id, model=propose, progress=progress
            )
            say(", ".join(f"{number} {name}" for name, number in done.items()))
        checking.check_dataset(workspace, dataset_id=chosen.id, progress=progress)
        found = report(workspace, dataset_id=chosen.id)
    if only:
        found = [one for one in found if one["check"] in only]
    if as_json:
        put(found)
    else:
        for one in found:
            typer.echo(f"{one['severity']}\t{one['source_id']}\t{one['check']}\t{one['message']}")
    counts = Counter((one["severity"], one["check"]) for one in found)
    for severity in reversed(SEVERITIES):
        for kind in CHECKS:
            if counts[severity, kind]:
                say(f"{counts[severity, kind]:>6} {severity:<8} {title(kind)}")
    if fail_on and any(at_least(one["severity"], fail_on) for one in found):
        raise typer.Exit(1)
