"""``annotator responses``: models' answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from annotator.cli.common import (
    DatasetName,
    Db,
    Who,
    actor_of,
    examples,
    progress_bar,
    put,
    read,
    say,
    workspace_of,
)
from annotator.domain.counting import counted
from annotator.errors import InputError

responses = typer.Typer()

Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="FIELD=COLUMN", help="Which column holds a field; repeatable."),
]
SkipUnmatched = Annotated[
    bool,
    typer.Option(
        "--skip-unmatched", help="Leave rows out that match nothing; else all is refused."
    ),
]


@responses.command(
    name="responses",
    epilog=examples(
        "annotator responses model-a.jsonl --dataset MIA-Bench --model model-a",
        "annotator responses model-a.jsonl --dataset MIA-Bench --model model-a --run 2",
        "annotator responses model-b.csv --dataset MIA-Bench --model model-b --map text=said",
    ),
)
def responses_(
    file: Annotated[
        Path,
        typer.Argument(
            help="MIA-Bench's JSONL, VLMEvalKit's or MM-IFEval's predictions (TSV, XLSX, JSONL), "
            "or any JSONL, JSON, CSV, TSV, XLSX with --map for index or id, text, …"
        ),
    ],
    dataset: DatasetName,
    model: Annotated[
        str | None, typer.Option(help="The model's name, over what the file says.")
    ] = None,
    run: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Which of the model's answers to each prompt these are, over the column run: "
            "model#1, model#2 … count together in PIF-N-K.",
        ),
    ] = None,
    mapped: Mapped = None,
    skip_unmatched: SkipUnmatched = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Import models' answers; rows that match no item are listed, and nothing is half-imported."""
    from annotator.services.answering import import_answers

    data = read(file)
    with workspace_of(db) as workspace, progress_bar("answers") as progress:
        outcome = import_answers(
            workspace,
            actor=actor_of(workspace, who),
            dataset=dataset,
            file=file.name,
            data=data,
            model=model,
            run=run,
            mapping=mapping_of(mapped),
            skip_unmatched=skip_unmatched,
            progress=progress,
        )
    put(outcome.as_dict())
    if not outcome.new and not outcome.filled:
        say(f"{file.name}: nothing new; nothing changed.")
    if outcome.unmatched:
        say(
            counted(
                len(outcome.unmatched),
                "row matches no item and was left out.",
                "rows match no item and were left out.",
            )
        )


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """``field=column`` pairs as a mapping; raises InputError."""
    found = {}
    for pair in pairs or []:
        name, separator, column = pair.partition("=")
        if not separator or not name or not column:
            raise InputError(f"{pair!r} is no FIELD=COLUMN.", mend="Write --map text=said.")
        found[name] = column
    return found
