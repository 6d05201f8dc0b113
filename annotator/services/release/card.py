"""README.md of a release: the dataset card, with the YAML head that Hugging Face reads."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from annotator.domain.counting import counted
from annotator.services.release.kits import PARQUETS, Files, item_files, loaders
from annotator.services.release.markdown import escape, table
from annotator.services.release.plan import Plan
from annotator.services.release.survey import Survey
from annotator.services.release.walking import ITEM_TYPES

CARD: Final = "README.md"
SIZES: Final = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
LISTED: Final = 30
"""So many names are listed in the card; all are in the files."""

CITATIONS: Final = {
    "mia-bench": (
        "MIA-Bench: Towards Better Instruction Following Evaluation of Multimodal LLMs",
        "2407.01509",
        2024,
    ),
    "mm-ife": (
        "MM-IFEngine: Towards Multimodal Instruction Following",
        "2504.07957",
        2025,
    ),
}
"""Where the published forms come from: title, arXiv number, year."""


def card_text(
    plan: Plan,
    survey: Survey,
    written: Files,
    losses: Mapping[str, Sequence[str]],
    audit: Sequence[str],
    guidelines: Sequence[str],
) -> str:
    """The whole card.

    Args:
        audit: lines on agreement and on the judges.
        guidelines: lines on what annotators went by.
    """
    name = f"{escape(plan.dataset.name)} {escape(plan.options.name)}"
    parts = [
        head(plan, written),
        f"# {name}",
        intro(plan),
        section("What is in it", what_is_in(plan, survey)),
        section("Splits", splits(plan, survey)),
        section("Taxonomy", taxonomy(plan, survey)),
        section("How it was made", [*how_made(plan), *guidelines]),
        section("Agreement and judges", audit),
        section("Known limits", limits(plan, survey, losses)),
        *(loading(plan, written)),
        section("Licence and source", licence(plan, survey)),
        section("Checking", ["```sh", "annotator release verify .", "```"]),
    ]
    return "\n".join(parts)


def head(plan: Plan, written: Files) -> str:
    """The YAML head."""
    lines = [
        "---",
        f"pretty_name: {json.dumps(f'{plan.dataset.name} {plan.options.name}')}",
        f"license: {'other' if plan.dataset.licence else 'unknown'}",
        *([f"license_name: {json.dumps(plan.dataset.licence)}"] if plan.dataset.licence else []),
        "task_categories:",
        "- image-text-to-text",
        "tags:",
        "- instruction-following",
        "- multimodal",
        "- benchmark",
        "size_categories:",
        f"- {size_category(len(plan.entries))}",
    ]
    if not any(name in written for name in PARQUETS):
        lines += feature_lines()
    lines.append("configs:")
    for number, (config, files) in enumerate(configs(plan, written)):
        lines += [f"- config_name: {config}", *(["  default: true"] if number == 0 else [])]
        lines += ["  data_files:"]
        for split, path in files.items():
            lines += [f"  - split: {split}", f"    path: {json.dumps(path)}"]
    return "\n".join([*lines, "---", ""])


def feature_lines() -> list[str]:
    """The types of the items' columns, which cannot be guessed where a column is empty."""
    return ["dataset_info:", "- config_name: items", "  features:", *typed(ITEM_TYPES, "  ")]


def typed(columns: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Columns with their types as YAML."""
    for name, kind in columns.items():
        yield f"{indent}- name: {name}"
        if isinstance(kind, str):
            word = "list" if kind.endswith("[]") else "dtype"
            yield f"{indent}  {word}: {kind.removesuffix('[]')}"
            continue
        yield f"{indent}  {'list' if name == 'components' else 'struct'}:"
        yield from typed(kind, f"{indent}  ")


def configs(plan: Plan, written: Files) -> Iterator[tuple[str, dict[str, str]]]:
    """What ``datasets`` loads of the folder: the parquet files, else the items in our own words.

    It reads all configurations of a folder as one kind of file, so there cannot be both.
    """
    chosen = [name for name in PARQUETS if name in written]
    for name in chosen:
        yield name, {split: paths[0] for split, paths in written[name].items()}
    if not chosen:
        yield "items", item_files(plan)


def size_category(number: int) -> str:
    """Hugging Face's word for a size."""
    return next((name for most, name in SIZES if number < most), "100K<n<1M")


def section(title: str, lines: Iterable[str]) -> str:
    """A heading and its lines."""
    return "\n".join([f"## {title}", "", *lines, ""])


def intro(plan: Plan) -> str:
    """What it is, in two sentences."""
    counts = plan.counts()
    differ = counted(counts["changed"], "item differs", "items differ")
    return (
        "A curated multimodal instruction-following benchmark: "
        f"{counted(counts['items'], 'item')}, each an image with an instruction whose components "
        f"are scored. {differ} from the source, {escape(plan.source.name)}; every difference, by "
        "whom and why, is in "
        "[CHANGES.md](CHANGES.md) and [changes.jsonl](changes.jsonl).\n"
    )


def what_is_in(plan: Plan, survey: Survey) -> list[str]:
    """Items, components, images."""
    figures = survey.as_dict()
    lines = table(
        ("", ""),
        [
            ("items", survey.items),
            ("components", survey.components),
            *((f"components judged: {k}", v) for k, v in figures["judge_methods"].items()),
            *((f"images that go out as {k}", v) for k, v in figures["images"].items()),
        ],
    )
    sums = ", ".join(f"{number} × {total}" for total, number in figures["weight_sums"].items())
    sizes = ", ".join(f"{v} × {k}" for k, v in figures["components_per_item"].items())
    return [*lines, f"Weights sum to: {sums}. Components per item: {sizes}."]


def splits(plan: Plan, survey: Survey) -> list[str]:
    """The table of what came out, and how level and type are spread over it."""
    rows = plan.table()
    columns = ("split", "items", "groups", "clean", "repaired", "dropped")
    lines = table(columns, ([row[column] for column in columns] for row in rows))
    if plan.scheme.kind == "hashed":
        lines += [
            "Items of the same image, or with nearly the same instruction, are one group and stay "
            "together; a group's split follows from a hash of its name, and what an earlier "
            "release placed stays where it is. Levels and types are reported, not balanced.",
            "",
        ]
    if plan.scheme.kind == "source":
        lines += ["The splits are those of the source.", ""]
    names = plan.scheme.names
    for title, strata in (
        ("level", survey.strata(survey.levels)),
        ("component type", survey.strata(survey.types)),
    ):
        shown = (title, *names, *(f"{name} %" for name in names if len(names) > 1))
        lines += table(
            shown, ([row["value"], *(row[column] for column in shown[1:])] for row in strata)
        )
    return lines


def taxonomy(plan: Plan, survey: Survey) -> list[str]:
    """The words that are used."""
    rules = plan.dataset.rules
    target = "items are unweighted" if rules.target is None else f"weights sum to {rules.target:g}"
    return [
        f"- levels: {escape(', '.join(rules.levels) or 'any')}",
        f"- component types: {escape(', '.join((*rules.types, *sorted(rules.extra_types))))}",
        "- judged: `direct` by a judge that sees the image, `rule` by code, `compare` by a judge "
        "that also sees the answer to the instruction without that component",
        f"- {target}",
    ]


def how_made(plan: Plan) -> list[str]:
    """Rules, people, times."""
    lines = table(
        ("rule", "kept", "left out"),
        ((s.rule, s.kept, len(s.dropped)) for s in plan.admission.steps),
    )
    people = escape(", ".join(plan.people)) or "nobody yet"
    return [
        *lines,
        f"Annotated and curated by {people}; state of {plan.moment.at:%Y-%m-%d %H:%M} UTC; "
        f"released by {escape(plan.actor.name)}.",
    ]


def limits(plan: Plan, survey: Survey, losses: Mapping[str, Sequence[str]]) -> list[str]:
    """What somebody should know before using it."""
    open_items = sum(1 for entry in plan.entries if entry.head.verdict is None)
    disputed = list(plan.admission.disputed)
    lines = [f"- {open_items} of the items have not been looked at by a person."]
    if disputed:
        lines.append(
            f"- {counted(len(disputed), 'item')} on which people differed: {shortened(disputed)}."
        )
    for problem in survey.told_problems():
        lines.append(
            f"- {escape(problem['reader'])}: {escape(problem['kind'])} in "
            f"{counted(problem['items'], 'item')}, all in problems.jsonl; the first is "
            f"{escape(problem['first'])}"
        )
    lines += [f"- {escape(loss)}" for loss in sorted({x for each in losses.values() for x in each})]
    return lines


def shortened(names: Sequence[str]) -> str:
    """Names as a list of bearable length."""
    shown = escape(", ".join(names[:LISTED]))
    return shown if len(names) <= LISTED else f"{shown} and {len(names) - LISTED} more"


def loading(plan: Plan, written: Files) -> Iterator[str]:
    """The exact command for everything that can load it."""
    lines: list[str] = []
    for loader in loaders(plan, written):
        lines += [f"### {loader.title}", "", f"```{loader.language}", loader.commands, "```", ""]
    yield section("Loading", lines)


def licence(plan: Plan, survey: Survey) -> list[str]:
    """Whose it is."""
    lines = [
        f"- dataset: {escape(plan.dataset.licence or 'not stated; ask the source')}",
        *(
            f"- images, {escape(name)}: {number}"
            for name, number in survey.as_dict()["image_licences"].items()
        ),
        f"- source: {escape(plan.source.name)}, sha256 `{plan.source.sha256}`",
    ]
    if plan.dataset.citation:
        lines += ["", "Cite the source as it asks to be:", "", *verbatim(plan.dataset.citation)]
    for start, (title, arxiv, year) in CITATIONS.items():
        if plan.source.format.startswith(start):
            lines += [
                "",
                "The form of the data was published with:",
                "",
                "```bibtex",
                f"@misc{{arxiv{arxiv.replace('.', '_')},",
                f"  title = {{{title}}},",
                f"  year = {{{year}}},",
                f"  eprint = {{{arxiv}}},",
                "  archivePrefix = {arXiv}",
                "}",
                "```",
            ]
    return lines


def verbatim(text: str) -> list[str]:
    """Text as a block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    kind = "bibtex" if text.lstrip().startswith("@") else "text"
    return [f"{fence}{kind}", text, fence]
