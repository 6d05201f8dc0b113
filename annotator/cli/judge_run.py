"""``annotator judge run`` and ``annotator judge runs``: ask a judge model, and see how it goes."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

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
from annotator.errors import InputError, Unavailable

if TYPE_CHECKING:
    from annotator.domain.judging import JudgeRun
    from annotator.domain.records import Dataset, Person
    from annotator.services.judge_runs import Estimate, Wish
    from annotator.services.workspace import Workspace

judge_run = typer.Typer()
judge_runs = typer.Typer()


Judge = Annotated[str | None, typer.Option(help="The judge; otherwise ANNOTATOR_JUDGE_MODEL.")]
Address = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="Any server that speaks chat completions; otherwise ANNOTATOR_JUDGE_URL. The key "
        "comes from ANNOTATOR_JUDGE_KEY or OPENAI_API_KEY.",
    ),
]
Repeats = Annotated[int, typer.Option(help="How often each question is asked.")]
AtOnce = Annotated[
    int | None, typer.Option(help="Calls at once; otherwise ANNOTATOR_JUDGE_CONCURRENCY.")
]
Budget = Annotated[float | None, typer.Option(metavar="USD", help="Pause before this is exceeded.")]
PriceOf = Annotated[
    str | None,
    typer.Option(metavar="IN/OUT", help="USD per million tokens; otherwise ANNOTATOR_JUDGE_PRICE."),
]
Methods = Annotated[
    str | None,
    typer.Option(metavar="A,B", help="Of direct, rule, compare, perception; all otherwise."),
]
Models = Annotated[
    str | None, typer.Option(metavar="A,B", help="Whose answers; everybody's otherwise.")
]
Temperature = Annotated[float, typer.Option(help="Above 0 for repeats that may differ.")]
Longest = Annotated[int, typer.Option(help="Longest reply.")]
Side = Annotated[
    int | None,
    typer.Option(help="Longest side of images sent, in pixels; ANNOTATOR_JUDGE_IMAGE_SIDE."),
]
Prompts = Annotated[str | None, typer.Option(help="Version of the prompts: v1 …")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Print the estimate only.")]


@judge_run.command(
    name="run",
    epilog=examples(
        "annotator judge run --dataset MIA-Bench --model judge-x --dry-run",
        "annotator judge run --dataset MIA-Bench --model judge-x --base-url "
        "http://127.0.0.1:8000/v1 --price 2.5/10 --budget 5 --repeats 2 --dry-run",
    ),
)
def run_(
    dataset: DatasetName,
    model: Judge = None,
    base_url: Address = None,
    repeats: Repeats = 1,
    concurrency: AtOnce = None,
    budget: Budget = None,
    price: PriceOf = None,
    methods: Methods = None,
    models: Models = None,
    temperature: Temperature = 0.0,
    max_tokens: Longest = 1024,
    image_side: Side = None,
    prompts: Prompts = None,
    dry_run: DryRun = False,
    db: Db = None,
    who: Who = None,
) -> None:
    """Ask a judge about a dataset's answers. The same command again goes on where it was."""
    from annotator.judges.dispatch import prepare
    from annotator.services import datasets
    from annotator.services.judge_runs import estimate

    with workspace_of(db, judge_url=base_url) as workspace:
        wish = wish_for(
            workspace,
            datasets.named(workspace, name=dataset),
            model=model,
            repeats=repeats,
            concurrency=concurrency,
            budget=budget,
            price=price,
            methods=methods,
            models=models,
            temperature=temperature,
            max_tokens=max_tokens,
            image_side=image_side,
            version=prompts,
        )
        if not dry_run:
            prepare()
        expected = estimate(workspace, wish)
        if dry_run:
            put(expected.as_dict())
            return
        say(sentence(expected))
        finish(work(workspace, actor_of(workspace, who), wish, expected.replies))


def wish_for(
    workspace: Workspace,
    dataset: Dataset,
    *,
    price: str | None,
    methods: str | None,
    models: str | None,
    version: str | None,
    **given: Any,
) -> Wish:
    """What the flags wish, with the installation's settings where they are silent."""
    from annotator.judges.prompts import LATEST
    from annotator.services.judge_plan import METHODS, JudgeSettings
    from annotator.services.judge_runs import Wish, price_of

    ours = workspace.settings
    model = given["model"] or ours.judge_model
    if not model:
        raise InputError("no judge is named.", mend="Say --model, or set ANNOTATOR_JUDGE_MODEL.")
    return Wish(
        dataset_id=dataset.id,
        model=model,
        base_url=ours.judge_url,
        methods=names(methods) or METHODS,
        models=names(models),
        repeats=given["repeats"],
        concurrency=given["concurrency"] or ours.judge_concurrency,
        price=price_of(price or "", ours),
        budget=given["budget"],
        settings=JudgeSettings(
            temperature=given["temperature"],
            max_tokens=given["max_tokens"],
            image_side=given["image_side"] or ours.judge_image_side,
        ),
        version=version or LATEST,
    )


def names(text: str | None) -> tuple[str, ...]:
    """A comma-separated list."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())


def sentence(expected: Estimate) -> str:
    """The estimate for people."""
    cost = f", {expected.cost:.2f} USD" if expected.cost is not None else ", price unknown"
    left_out = "".join(f"; {many} left out: {why}" for why, many in expected.skipped.items())
    return (
        f"{expected.calls} calls for {expected.replies} replies, about "
        f"{expected.tokens.sent:,} tokens sent and {expected.tokens.received:,} received{cost}"
        f"{left_out}."
    )


def work(workspace: Workspace, actor: Person, wish: Wish, total: int) -> JudgeRun:
    """Do the run in this process; an interruption pauses it."""
    from annotator.services import judge_runs as runs
    from annotator.services.jobs import get, perform, worker_name

    run = runs.start(workspace, actor=actor, wish=wish, total=total, worker=worker_name())
    assert run.job_id is not None
    job = get(workspace, job_id=run.job_id)
    with interruptible() as ended, progress_bar(f"run {run.id}") as bar:
        try:
            after = perform(workspace, job, worker=worker_name(), ending=ended.is_set, watched=bar)
        except Unavailable:
            runs.pause(workspace, actor=actor, run_id=run.id)
            raise
    if after.state == "queued":
        return runs.pause(workspace, actor=actor, run_id=run.id)
    if after.state == "failed":
        raise InputError(after.message)
    return runs.get(workspace, run_id=run.id)


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, instead of breaking off."""
    ended = threading.Event()
    kept = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield ended
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


def finish(run: JudgeRun) -> None:
    """Print how a run stands; exit code 1 where it did not come to its end."""
    put(figures(run))
    if run.message:
        say(run.message)
    if run.state != "done":
        say(f"Run {run.id} is {run.state}. The same command goes on with it.")
        raise typer.Exit(1)


def figures(run: JudgeRun) -> dict[str, Any]:
    """A run as JSON."""
    return {
        "run": run.id,
        "model": run.model,
        "state": run.state,
        "message": run.message,
        "replies": run.done,
        "without_reply": run.failed,
        "wanted": run.total,
        "counted": dict(run.counters),
        "tokens": {"sent": run.prompt_tokens, "received": run.completion_tokens},
        "cost_usd": run.cost,
        "at_most_charged_unseen_usd": run.unseen_cost,
        "prompts": dict(run.prompts),
        "settings": dict(run.settings),
    }


@judge_runs.command(
    name="runs",
    epilog=examples(
        "annotator judge runs --dataset MIA-Bench",
        "annotator judge runs --dataset MIA-Bench --json",
    ),
)
def runs_(dataset: DatasetName, as_json: AsJson = False, db: Db = None) -> None:
    """How a dataset's judge runs stand, the newest first."""
    from annotator.services import datasets
    from annotator.services.judge_runs import of_dataset

    with workspace_of(db) as workspace:
        found = of_dataset(workspace, dataset_id=datasets.named(workspace, name=dataset).id)
    if as_json:
        put([figures(run) for run in found])
        return
    for run in found:
        typer.echo(
            f"{run.id}\t{run.state}\t{run.model}\t{run.done} of {run.total or '?'}"
            f"\t{run.failed} without reply\t{run.cost:.4f} USD"
        )
