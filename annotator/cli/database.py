"""The database on the command line: upgrades, and taking it to another server."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from annotator.cli.common import AsJson, Db, examples, progress_bar, put, say
from annotator.config import load
from annotator.domain.counting import counted

database = typer.Typer()


@database.command(epilog=examples("annotator migrate", "annotator migrate --db annotator.db"))
def migrate(db: Db = None, as_json: AsJson = False) -> None:
    """Bring the database up to date, after a backup of it. Every other command does so, too."""
    from annotator.services.moving import upgrade

    done = upgrade(load(database=db))
    if as_json:
        put(asdict(done))
    elif done.before == done.after:
        say(f"The database is up to date: revision {done.after}.")
    else:
        say(f"The database went from revision {done.before or 'none'} to {done.after}.")
        if done.backup:
            say(f"It is kept as it was in {done.backup}")


@database.command(
    epilog=examples("annotator move --to moved.db", "annotator move --to new.db --json")
)
def move(
    to: Annotated[str, typer.Option("--to", metavar="PATH-or-URL", help="An empty database.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="PATH-or-URL", help="A database; otherwise DATABASE_URL."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take the whole database to another, empty one, and prove that everything arrived.

    `--from sqlite:////srv/annotator.db --to postgresql+psycopg://user@host/name`, or back. Nobody
    can write meanwhile. What is there stays as it is; images and releases stay where they are.
    """
    from annotator.services.moving import move as take_across

    with progress_bar("Moving") as progress:
        proofs = take_across(load(database=source).database, to, progress=progress)
    if as_json:
        put([asdict(proof) for proof in proofs])
        return
    for proof in proofs:
        if proof.rows:
            typer.echo(f"{proof.rows:>9}  {proof.sha256[:16]}  {proof.table}")
    say(f"{counted(sum(proof.rows for proof in proofs), 'row')} arrived as sent.")
