"""``annotator audit``: the judges' figures, and the random sample that people score blind."""

from __future__ import annotations

from typing import Annotated

import typer

from annotator.cli.common import (
    AsJson,
    DatasetName,
    Db,
    Who,
    actor_of,
    examples,
    progress_bar,
    put,
    say,
    workspace_of,
)
from annotator.domain.counting import counted
from annotator.errors import InputError

audit = typer.Typer(help="Audit the judges.", invoke_without_command=True)


@audit.callback(
    epilog=examples("annotator audit --dataset Demo", "annotator audit --dataset Demo --json")
)
def audit_(
    context: typer.Context,
    dataset: Annotated[
        str | None, typer.Option("--dataset", metavar="NAME", help="The dataset.")
    ] = None,
    as_json: AsJson = False,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Compute everything, not only what changed.")
    ] = False,
    db: Db = None,
) -> None:
    """Audit the judges: agreement, errors, biases, the models under each, corrected means.

    Figures are kept: only those whose scores changed are computed again.
    """
    if context.invoked_subcommand is not None:
        return
    if dataset is None:
        raise typer.BadParameter("is needed", ctx=context, param_hint="--dataset")
    from annotator.services import audit as auditor
    from annotator.services import datasets
    from annotator.services.audit_tables import as_json as figures
    from annotator.services.audit_tables import as_text

    with workspace_of(db) as workspace, progress_bar("Audit") as progress:
        found = auditor.compute(
            workspace,
            dataset_id=datasets.named(workspace, name=dataset).id,
            afresh=afresh,
            progress=progress,
        )
    if as_json:
        put(figures(found))
    else:
        typer.echo(as_text(found))


@audit.command(
    epilog=examples(
        "annotator audit sample --dataset MIA-Bench --size 5 --stratify type,model --seed 7",
    )
)
def sample(
    dataset: DatasetName,
    size: Annotated[int, typer.Option(min=1, help="How many (response, component) to draw.")],
    stratify: Annotated[
        str, typer.Option(metavar="type,model", help="Draw from each type and/or model.")
    ] = "",
    raters: Annotated[
        int, typer.Option(min=1, max=20, help="How many people score each of them.")
    ] = 1,
    seed: Annotated[
        int | None, typer.Option(help="To draw the same sample again; otherwise random.")
    ] = None,
    db: Db = None,
    who: Who = None,
) -> None:
    """Draw a random sample to be scored blind on Adjudicate; only it may correct means."""
    from annotator.services.auditing import draw

    with workspace_of(db) as workspace:
        found = draw(
            workspace,
            actor=actor_of(workspace, who),
            dataset=dataset,
            size=size,
            strata=strata_of(stratify),
            raters=raters,
            seed=seed,
        )
    put(found.as_dict())
    say(
        counted(found.sample.size, "case waits", "cases wait")
        + " on Adjudicate, under Audit sample."
    )


def strata_of(named: str) -> tuple[str, ...]:
    """Names of strata from a comma-separated list; raises InputError."""
    found = tuple(name.strip() for name in named.split(",") if name.strip())
    for name in found:
        if name not in ("type", "model"):
            raise InputError(f"there is no stratum {name!r}.", mend="Give type, model or both.")
    return tuple(dict.fromkeys(found))
