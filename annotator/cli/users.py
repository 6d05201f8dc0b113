"""``annotator users …``: accounts, for ANNOTATOR_ACCESS=accounts."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from annotator.cli.common import AsJson, Db, Who, actor_of, examples, put, say, workspace_of
from annotator.services import accounts

users = typer.Typer(no_args_is_help=True, help="Accounts: who may sign in, and as what.")

Role = Annotated[str, typer.Option(help="annotator, reviewer, maintainer or admin.")]


FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input.")
]


def asked(password_stdin: bool) -> str:
    """The password, from standard input or asked for twice."""
    if password_stdin:
        return sys.stdin.readline().rstrip("\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))


@users.command(
    epilog=examples(
        "annotator users add Ana --role reviewer --password-stdin < password.txt",
    )
)
def add(
    name: Annotated[str, typer.Argument(help="The name, which stands on everything they do.")],
    role: Role = "annotator",
    password_stdin: FromInput = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Make an account; the password is asked for."""
    chosen = asked(password_stdin)
    with workspace_of(db) as workspace:
        made = accounts.add_user(
            workspace, actor=actor_of(workspace, who), name=name, role=role, password=chosen
        )
    say(f"{made.name} may sign in as {made.role}.")


@users.command(
    epilog=examples("annotator users password Bo --password-stdin < password.txt"),
)
def password(
    name: Annotated[str, typer.Argument(help="Whose; they are signed out everywhere.")],
    password_stdin: FromInput = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Give somebody who forgot theirs another password; it is asked for."""
    chosen = asked(password_stdin)
    with workspace_of(db) as workspace:
        found = accounts.named(workspace, name=name)
        accounts.reset_password(
            workspace, actor=actor_of(workspace, who), person_id=found.id, password=chosen
        )
    say(f"{found.name} may sign in with it.")


@users.command(epilog=examples("annotator users invite --role annotator"))
def invite(role: Role = "annotator", db: Db = None, who: Who = None) -> None:
    """Make a link with which somebody makes their own account, once, within a week."""
    with workspace_of(db) as workspace:
        token = accounts.invite(workspace, actor=actor_of(workspace, who), role=role)
    typer.echo(f"/signin?invitation={token}")
    say("Put your server's address before it.")


@users.command(name="list", epilog=examples("annotator users list --json"))
def list_(as_json: AsJson = False, db: Db = None, who: Who = None) -> None:
    """Who there is, with role and state."""
    with workspace_of(db) as workspace:
        found = accounts.everyone(workspace, actor=actor_of(workspace, who))
    if as_json:
        put(
            [
                {"name": p.name, "role": p.role, "active": p.active, "account": has}
                for p, has in found
            ]
        )
        return
    for person, has in found:
        state = "active" if person.active else "deactivated"
        account = "account" if has else "no account"
        typer.echo(f"{person.name}\t{person.role}\t{state}\t{account}")


@users.command(epilog=examples("annotator users role Ana reviewer"))
def role(
    name: Annotated[str, typer.Argument(help="Whose.")],
    role: Annotated[str, typer.Argument(help="annotator, reviewer, maintainer or admin.")],
    db: Db = None,
    who: Who = None,
) -> None:
    """Give somebody another role."""
    with workspace_of(db) as workspace:
        found = accounts.named(workspace, name=name)
        accounts.set_role(workspace, actor=actor_of(workspace, who), person_id=found.id, role=role)
    say(f"{name} is {role} now.")


@users.command(
    epilog=examples("annotator users deactivate Ana", "annotator users deactivate Ana --back")
)
def deactivate(
    name: Annotated[str, typer.Argument(help="Whom; their work keeps their name.")],
    back: Annotated[bool, typer.Option("--back", help="Take them back instead.")] = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Let somebody in no more, or again; nobody is ever deleted."""
    with workspace_of(db) as workspace:
        found = accounts.named(workspace, name=name)
        accounts.set_active(
            workspace, actor=actor_of(workspace, who), person_id=found.id, active=back
        )
    say(f"{name} {'may sign in again' if back else 'is deactivated'}.")
