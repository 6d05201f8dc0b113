"""Import judges' replies that were made elsewhere: every word kept, every component accounted for.

The same reply again changes nothing; another reply of the same judge to the same answer with the
same repeat is refused, because what a judge said never changes. Where the storage carries the
answer that was judged and that answer is not in yet, it comes in with it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from annotator.domain.counting import counted
from annotator.domain.items import ItemContent
from annotator.domain.judging import Asked, Rater, Response
from annotator.domain.records import Dataset, Item, Person
from annotator.errors import InputError, NotFound
from annotator.formats import FORMATS
from annotator.formats.answers import FAILED, Answer
from annotator.formats.replies import Names, StoredReply, read_replies
from annotator.formats.source import Source
from annotator.judges import Unparsed
from annotator.services.access import needs
from annotator.services.answering import Matched, Outcome, apply_rules, listed
from annotator.services.answering import store as store_answers
from annotator.services.collector import collector_paused
from annotator.services.locating import locator_of
from annotator.services.scoring import NewReply, asked, components_asked, read, record
from annotator.services.workspace import Progress, Workspace, no_progress
from db import datasets, events, items, raters, responses, scores
from db.engine import Session

CHUNK: Final = 20_000


@dataclass(slots=True)
class Imported:
    """What became of a file of replies; ``unparsed`` counts components without a readable score."""

    file: str
    dataset: str
    format: str = ""
    rows: int = 0
    new: int = 0
    unchanged: int = 0
    answers: int = 0
    scores: int = 0
    unparsed: int = 0
    judges: list[str] = field(default_factory=list)
    unmatched: list[dict[str, str]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Found:
    """A reply and the item it is about."""

    item_id: int
    reply: StoredReply


@needs("import")
@collector_paused()
def import_replies(
    workspace: Workspace,
    *,
    actor: Person,
    dataset: str,
    file: str,
    data: bytes,
    names: Names | None = None,
    mapping: Mapping[str, str] | None = None,
    skip_unmatched: bool = False,
    progress: Progress = no_progress,
) -> Imported:
    """Import a file of judges' replies to models' answers.

    Args:
        names: judge, model, prompt version, form and repeat, over what the file says.
        mapping: our field to the file's column (see ``annotator.formats.replies.FIELDS``).
        skip_unmatched: leave rows out that match no answer, instead of refusing the file.

    Raises:
        NotFound: no such dataset.
        InputError: the file is broken, rows match nothing, or a judge said something else there
            already; nothing was imported.
    """
    form, replies = read_replies(Source(file, data=data), mapping=mapping, names=names)
    report = Imported(file, dataset, form, rows=len(replies))
    progress(0, len(replies), "matching")
    sha256 = hashlib.sha256(data).hexdigest()
    with workspace.database.writing() as session:
        target = datasets.by_name(session, name=dataset)
        if target is None:
            raise NotFound("dataset", dataset)
        found = match(session, target, replies, report)
        answered = bring_answers(session, actor, target, found, report, sha256)
        matched = with_answers(session, found, report)
        if report.unmatched and not skip_unmatched:
            raise unmatched_error(report)
        store(session, actor, target, matched, report, sha256)
    apply_rules(workspace, answered, progress)
    progress(len(replies), len(replies), "stored")
    return report


def unmatched_error(report: Imported) -> InputError:
    """The refusal that lists the rows which match nothing."""
    return InputError(
        f"{len(report.unmatched)} of {report.rows} replies match no answer; nothing was "
        f"imported.\n{listed(report.unmatched)}",
        file=report.file,
        mend="Import the answers first, mend the rows, or leave them out with --skip-unmatched.",
    )


def match(
    session: Session, dataset: Dataset, replies: Sequence[StoredReply], report: Imported
) -> list[Found]:
    """The replies that surely belong to an item; the others are listed."""
    locator = locator_of(session, dataset_id=dataset.id)
    found = []
    for reply in replies:
        place = locator.find(reply.clues)
        if isinstance(place, str):
            report.unmatched.append({"row": reply.place, "reason": place})
        else:
            found.append(Found(place, reply))
    return found


def bring_answers(
    session: Session,
    actor: Person,
    dataset: Dataset,
    found: Sequence[Found],
    report: Imported,
    sha256: str,
) -> list[int]:
    """Import the answers that the storage carries and that are not in yet; returns their items."""
    known = answers_of(session, found)
    fresh: dict[tuple[int, str], Matched] = {}
    for one in found:
        key = one.item_id, one.reply.model
        if one.reply.answer is not None and key not in known and key not in fresh:
            fresh[key] = Matched(one.item_id, carried(one.reply))
    outcome = Outcome(report.file, report.dataset, report.format, rows=len(fresh))
    changed = store_answers(session, actor, dataset, list(fresh.values()), outcome, sha256)
    report.answers = outcome.new
    return changed


def carried(reply: StoredReply) -> Answer:
    """The answer that a row of a judge's storage carries."""
    text = reply.answer or ""
    failed = not text.strip() or text.strip() in FAILED
    return Answer(
        position=reply.position,
        place=reply.place,
        clues=reply.clues,
        model=reply.model,
        variant="",
        text=None if failed else text,
        error=(text.strip() or "The answer is empty.") if failed else None,
        tokens=None,
    )


def answers_of(session: Session, found: Iterable[Found]) -> dict[tuple[int, str], Response]:
    """The whole-prompt responses to these items by item and model."""
    item_ids = sorted({one.item_id for one in found})
    return {
        (response.item_id, response.model): response
        for response in responses.of_items(session, item_ids=item_ids)
        if not response.variant
    }


def with_answers(
    session: Session, found: Sequence[Found], report: Imported
) -> list[tuple[Found, Response]]:
    """The replies whose answer is in, and is the one that was judged; the others are listed."""
    known = answers_of(session, found)
    matched = []
    for one in found:
        response = known.get((one.item_id, one.reply.model))
        reason = None
        if response is None:
            reason = f"{one.reply.model} has no answer there"
        elif differs(one.reply.answer, response.text):
            reason = f"it judges another answer of {one.reply.model} than the one that is in"
        if reason is not None or response is None:
            report.unmatched.append({"row": one.reply.place, "reason": reason or ""})
        else:
            matched.append((one, response))
    return matched


def differs(judged: str | None, answered: str | None) -> bool:
    """Whether the answer that was judged is known and is another one than what is in."""
    return judged is not None and answered is not None and judged.strip() != answered.strip()


def store(
    session: Session,
    actor: Person,
    dataset: Dataset,
    matched: Sequence[tuple[Found, Response]],
    report: Imported,
    sha256: str,
) -> None:
    """Keep the replies and their scores; in the caller's transaction."""
    judges = judges_of(session, matched)
    fresh = without_known(session, matched, judges, report)
    report.judges = sorted({rater.label for rater in judges.values()})
    if not fresh:
        return
    file_id = responses.add_file(
        session,
        dataset_id=dataset.id,
        kind="replies",
        name=report.file,
        sha256=sha256,
        format=report.format,
        records=report.rows,
        person_id=actor.id,
    )
    before = scores.counts_of_file(session, file_id=file_id)
    sources = Sources(session, [one.item_id for one, _ in fresh])
    for start in range(0, len(fresh), CHUNK):
        chunk = fresh[start : start + CHUNK]
        new = [new_reply(one, r, judges[who(one.reply)].id, file_id, sources) for one, r in chunk]
        record(session, replies=new)
    report.new = len(fresh)
    after = scores.counts_of_file(session, file_id=file_id)
    report.scores, report.unparsed = after[0] - before[0], after[1] - before[1]
    note(session, actor, dataset, report, sha256)


def who(reply: StoredReply) -> tuple[str, str]:
    """Judge and prompt version of a reply."""
    return reply.judge, reply.version


def judges_of(
    session: Session, matched: Iterable[tuple[Found, Response]]
) -> dict[tuple[str, str], Rater]:
    """The raters that the replies are of, made where they are new."""
    names = sorted({who(one.reply) for one, _ in matched})
    return {
        (name, version): raters.ensure(session, kind="judge", name=name, version=version)
        for name, version in names
    }


def without_known(
    session: Session,
    matched: Sequence[tuple[Found, Response]],
    judges: Mapping[tuple[str, str], Rater],
    report: Imported,
) -> list[tuple[Found, Response]]:
    """The replies that are new; raises InputError where a judge said something else already."""
    response_ids = sorted({response.id for _, response in matched})
    known = {
        (rater.id, *key): text
        for rater in judges.values()
        for key, text in scores.known_replies(
            session, response_ids=response_ids, rater_id=rater.id
        ).items()
    }
    fresh, differing = [], []
    for one, response in matched:
        reply = one.reply
        key = (judges[who(reply)].id, response.id, reply.repeat, reply.component)
        if key not in known:
            known[key] = reply.text
            fresh.append((one, response))
        elif known[key] == reply.text:
            report.unchanged += 1
        else:
            reason = f"{reply.judge} said something else about that answer already"
            differing.append({"row": reply.place, "reason": reason})
    if differing:
        raise InputError(
            f"{len(differing)} replies differ from what is there; nothing was imported.\n"
            + listed(differing),
            file=report.file,
            mend="Import them as another --repeat, --prompt-version or --judge.",
        )
    return fresh


class Sources:
    """What items said when their replies were probably made: now, or in their source."""

    def __init__(self, session: Session, item_ids: Iterable[int]) -> None:
        every = items.get_many(session, item_ids=sorted(set(item_ids)))
        self.items = {item.id: item for item in every}
        edited = [item for item in every if item.revision]
        texts = datasets.record_texts(session, record_ids=[i.source_record_id for i in edited])
        formats = {
            each: datasets.get(session, dataset_id=each).format
            for each in {item.dataset_id for item in edited}
        }
        self.sources = {
            item.id: FORMATS[formats[item.dataset_id]]
            .read_record(texts[item.source_record_id])
            .content
            for item in edited
        }

    def candidates(self, item_id: int) -> list[ItemContent]:
        """The agreed content, and the source's where curation changed it."""
        item: Item = self.items[item_id]
        source = self.sources.get(item_id)
        same = source is None or asked(source.components) == asked(item.content.components)
        return [item.content] if same or source is None else [item.content, source]


def new_reply(
    one: Found, response: Response, rater_id: int, file_id: int, sources: Sources
) -> NewReply:
    """A stored reply as one to be recorded, about the components it most readably is about."""
    reply = one.reply
    contents = sources.candidates(one.item_id)
    made = [
        NewReply(
            response_id=response.id,
            rater_id=rater_id,
            text=reply.text,
            form=reply.form,
            asked=components_of(reply, content),
            repeat=reply.repeat,
            component_key=reply.component,
            file_id=file_id,
            row=reply.position,
            failure=None if reply.text.strip() else "The reply is empty.",
            notes=reply.notes,
        )
        for content in contents
    ]
    if len(made) == 1:
        return made[0]
    lost = [unread(new, content) for new, content in zip(made, contents, strict=True)]
    return made[lost.index(min(lost))]


def unread(reply: NewReply, content: ItemContent) -> int:
    """How many components a reply gives no readable score, were it about this content."""
    return sum(isinstance(part, Unparsed) for part in read(reply, content).components)


def components_of(reply: StoredReply, content: ItemContent) -> tuple[Asked, ...]:
    """The components that a reply is about; MM-IFEval's are worth one point each."""
    if reply.form == "perception":
        return ()
    if reply.component:
        parts = [c for c in content.components if c.key == reply.component]
    else:
        parts = list(components_asked(content, reply.form))
    found = asked(parts)
    if reply.form in ("direct", "compare"):
        return tuple(Asked(part.key, 1) for part in found)
    return found


def note(session: Session, actor: Person, dataset: Dataset, report: Imported, sha256: str) -> None:
    """Write the event."""
    events.append(
        session,
        person_id=actor.id,
        kind="replies.imported",
        patch={"replies": (None, sha256)},
        dataset_id=dataset.id,
        reason=f"{report.file}: {counted(report.new, 'reply', 'replies')} of"
        f" {', '.join(report.judges)}, {counted(report.scores, 'score')}, "
        f"{report.unparsed} unparsed, {report.unchanged} unchanged, "
        f"{len(report.unmatched)} left out",
    )
