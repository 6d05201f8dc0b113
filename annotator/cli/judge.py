"""``annotator judge …``."""

from __future__ import annotations

import json
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
    read_text,
    say,
    workspace_of,
)
from annotator.cli.judge_run import judge_run, judge_runs
from annotator.cli.responses import Mapped, SkipUnmatched, mapping_of
from annotator.domain.counting import counted

judge = typer.Typer(no_args_is_help=True, help="Judges: ask them, read what they wrote.")

judge.add_typer(judge_run)
judge.add_typer(judge_runs)


@judge.command(name="read", epilog=examples("annotator judge read replies.jsonl"))
def judge_read(
    file: Annotated[
        Path,
        typer.Argument(
            help='JSON lines: {"id", "form": "mia"|"direct"|"compare"|"perception"|"auto", '
            '"weights": [4, 3, 3], "reply"}; - for standard input.'
        ),
    ],
) -> None:
    """Read judges' replies: a score per component, or why there is none; and the kits' readings."""
    from annotator.judges import read_lines

    for found in read_lines(read_text(file), file=file.name):
        typer.echo(json.dumps(found, ensure_ascii=False))


@judge.command(
    name="import",
    epilog=examples(
        "annotator judge import said.jsonl --dataset MIA-Bench --judge judge-x --model model-a",
        "annotator judge import model-a_MIA-Bench_judge-y.xlsx --dataset MIA-Bench",
    ),
)
def judge_import(
    file: Annotated[
        Path,
        typer.Argument(
            help="VLMEvalKit's storage (score_raw, eval_score_dict), EvalScope's or lmms-eval's "
            'log, or JSON lines: {"index", "model", "judge", "reply"}.'
        ),
    ],
    dataset: DatasetName,
    judge: Annotated[
        str | None, typer.Option(help="The judge's name, over what the file says.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="The judged model's name, likewise.")] = None,
    prompt_version: Annotated[
        str | None, typer.Option(help="What to call the prompt the judge was given.")
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="mia, direct, compare, perception or auto.")
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=0, help="Which repetition this is, where one judge was asked often.")
    ] = 0,
    mapped: Mapped = None,
    skip_unmatched: SkipUnmatched = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Import judges' replies made elsewhere: words kept, a score or a reason per component."""
    from annotator.formats.replies import Names
    from annotator.services.replying import import_replies

    data = read(file)
    with workspace_of(db) as workspace, progress_bar("replies") as progress:
        report = import_replies(
            workspace,
            actor=actor_of(workspace, who),
            dataset=dataset,
            file=file.name,
            data=data,
            names=Names(judge, model, prompt_version, form, repeat),
            mapping=mapping_of(mapped),
            skip_unmatched=skip_unmatched,
            progress=progress,
        )
    put(report.as_dict())
    if not report.new:
        say(f"{file.name}: nothing new; nothing changed.")
    if report.unparsed:
        say(f"{counted(report.unparsed, 'score')} could not be read: see Adjudicate.")
    if report.unmatched:
        say(
            counted(
                len(report.unmatched),
                "reply matches no answer and was left out.",
                "replies match no answer and were left out.",
            )
        )
