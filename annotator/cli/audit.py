"""``annotator audit …``: a random sample that people score blind."""

from __future__ import annotations

from typing import Annotated

import typer

from annotator.cli.common import DatasetName, Db, Who, actor_of, examples, put, say, workspace_of
from annotator.errors import InputError

audit = typer.Typer(help="Audit the judges: what people say blind about a random sample.")


@audit.callback(invoke_without_command=True)
def audit_(context: typer.Context) -> None:
    """Audit the judges: what people say blind about a random sample."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


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
    say(f"{found.sample.size} cases wait on Adjudicate, under Audit sample.")


def strata_of(named: str) -> tuple[str, ...]:
    """Names of strata from a comma-separated list; raises InputError."""
    found = tuple(name.strip() for name in named.split(",") if name.strip())
    for name in found:
        if name not in ("type", "model"):
            raise InputError(f"there is no stratum {name!r}.", mend="Give type, model or both.")
    return tuple(dict.fromkeys(found))
