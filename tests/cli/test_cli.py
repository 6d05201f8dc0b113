"""The command line: results on stdout, messages on stderr, exit codes, and its own examples."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
import typer

from annotator import __version__
from annotator.cli import app, main
from annotator.config import load
from annotator.errors import Misconfigured
from annotator.services import accounts
from annotator.services.answering import import_answers
from annotator.services.workspace import open_workspace, sign_in
from tests import databases
from tests.examples import benchmark, imported, record


def commands(group, before=""):
    """Every command with its full name, those of groups too."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


COMMANDS = dict(commands(typer.main.get_command(app)))

EXAMPLES = [
    line
    for command in COMMANDS.values()
    for line in re.findall(r"`(annotator [^`]+)`", command.epilog or "")
]
CONSTRAINTS = (
    '{"id": 1, "constraints": ["Use exactly two sentences.", "Use exactly five sentences."]}'
)
REPLIES = (
    '{"id": 1, "form": "mia", "weights": [4, 6], "reply": "component 1: 4/4, component 2: 3/6"}'
)
MODEL_A = "".join(
    json.dumps({"index": n, "text": f"Tale {n}."}) + "\n" for n in range(1, 101)
) + json.dumps({"index": 0, "text": "One. Two."})
SAID = '{"index": 0, "reply": "component 1: 4/4, component 2: 3/3, component 3: 0/3"}'
ANSWERS = '{"id": 1, "constraint": "Use exactly two sentences.", "response": "One. Two."}'


def write_inputs(folder):
    """The files that the examples name."""
    (folder / "guidelines.md").write_text("Judge the *image*.", "utf-8")
    tales = (record(instruction=f"Write a four sentence tale {n}.") for n in range(101))
    (folder / "benchmark.json").write_bytes(benchmark(*tales, record()))
    (folder / "constraints.jsonl").write_text(CONSTRAINTS)
    (folder / "file.jsonl").write_text(CONSTRAINTS)
    (folder / "answers.jsonl").write_text(ANSWERS)
    (folder / "replies.jsonl").write_text(REPLIES)
    (folder / "photos").mkdir()
    (folder / "paper.bib").write_text("@misc{mine, title = {Mine}}\n")
    (folder / "password.txt").write_text("correct horse battery\n")
    (folder / "model-a.jsonl").write_text(MODEL_A)
    (folder / "model-b.csv").write_text("index,said\n0,A tale.\n1,Another tale.\n")
    (folder / "said.jsonl").write_text(SAID)
    write_sheet(folder / "model-a_MIA-Bench_judge-y.xlsx")
    (folder / "own.csv").write_text('prompt,rules\nDescribe it.,"[""briefly""]"\n')
    names = ["index", "id", "image", "question", "tag", "infer_type", "constraints", "answer"]
    row = ["0", "0", "0.jpg", "What is it?", "P-Level", "main", "", '"[""a cat""]"']
    (folder / "MM-IFEval.tsv").write_text("\t".join(names) + "\n" + "\t".join(row) + "\n")
    (folder / "my-image-folder").mkdir()
    line = json.dumps({"file_name": "0.jpg", "instruction": "Describe it."})
    (folder / "my-image-folder" / "metadata.jsonl").write_text(line + "\n")


def write_sheet(path):
    """VLMEvalKit's storage of a judge's replies."""
    book = openpyxl.Workbook()
    book.active.append(["index", "prediction", "score_raw"])
    book.active.append([0, "One. Two.", "component 1: 2/4, component 2: 3/3, component 3: 3/3"])
    book.save(path)


@pytest.fixture(scope="module")
def template(tmp_path_factory, backend):
    """The settings of an installation that has imported a benchmark."""
    folder = tmp_path_factory.mktemp("template")
    write_inputs(folder)
    with databases.unmade(backend) as place:
        settings = {"ANNOTATOR_HOME": str(folder / "home")} | place
        import_benchmark(folder, settings)
        yield settings


def import_benchmark(folder, settings):
    """Import the folder's benchmark and a model's answers."""
    opened = open_workspace(load(settings))
    person = sign_in(opened, name="Ana")
    imported(opened, person, (folder / "benchmark.json").read_bytes(), "MIA-Bench")
    import_answers(
        opened,
        actor=person,
        dataset="MIA-Bench",
        file="model-a.jsonl",
        data=(folder / "model-a.jsonl").read_bytes(),
        model="model-a",
    )
    accounts.add_user(opened, actor=person, name="Bo", role="reviewer", password="ten letters")
    opened.database.close()


@pytest.fixture
def folder(tmp_path, environment, monkeypatch):
    """The folder we are in, with the files that examples name and an empty installation."""
    place = tmp_path / "place"
    place.mkdir()
    write_inputs(place)
    monkeypatch.chdir(place)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return place


@dataclass
class Done:
    """What a command said."""

    code: int
    stdout: str
    stderr: str


@pytest.fixture
def annotator(folder, monkeypatch, capsys):
    """Runs the command line in that folder, in this process."""

    def run(*arguments, code=0, stdin=b""):
        monkeypatch.setattr(sys, "argv", ["annotator", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            main()
            ended = 0
        except SystemExit as end:
            ended = end.code or 0
        said = capsys.readouterr()
        assert ended == code, said.out + said.err
        return Done(ended, said.out, said.err)

    return run


@pytest.fixture
def ready(annotator, template, environment, monkeypatch):
    """The command line where the benchmark is imported already."""
    with databases.copied(template) as place:
        for name, value in place.items():
            monkeypatch.setenv(name, value)
        if not place:
            shutil.copy(
                Path(template["ANNOTATOR_HOME"], "annotator.db"), environment["ANNOTATOR_HOME"]
            )
        yield annotator


def test_every_command_has_help_with_an_example():
    for name, command in COMMANDS.items():
        assert command.help, name
        assert re.search(rf"`annotator {name}\b", command.epilog or ""), name


@pytest.mark.parametrize("line", EXAMPLES)
def test_the_examples_of_the_help_work(line, folder, ready):
    words = shlex.split(line)[1:]
    if words[0] == "serve" or (words[0] == "demo" and "--no-serve" not in words):
        COMMANDS[words[0]].make_context(words[0], words[1:])
        return
    stdin = b""
    if "<" in words:
        words, stdin = words[: words.index("<")], (folder / words[-1]).read_bytes()
    if "--check" in words:
        ready("backup", words[1])
    if words[0] == "release" and words[1] in ("publish", "verify", "diff", "reproduce"):
        for name in ("v1.0", "v1.1"):
            place = f"exports/MIA-Bench/{name}"
            ready("release", "create", "--dataset", "MIA-Bench", "--name", name, "--out", place)
    done = ready(*words, stdin=stdin)
    for printed in done.stdout.splitlines() if "items" in words and "--json" in words else []:
        json.loads(printed)
    if words[0] in ("show", "stats", "export", "import", "backup") and "{" in done.stdout[:3]:
        json.loads(done.stdout)


def test_import_says_what_it_did_and_again_that_nothing_changed(annotator, folder):
    first = annotator("import", "benchmark.json", "--dataset", "B", "--as", "Ana")
    assert json.loads(first.stdout)["new"] == 102
    again = annotator("import", "benchmark.json", "--dataset", "B", "--as", "Ana")
    assert json.loads(again.stdout)["repeated"] is True
    assert "nothing changed" in again.stderr


def test_an_import_whose_checks_were_interrupted_goes_on_with_them(annotator, folder, monkeypatch):
    asked = ("import", "benchmark.json", "--dataset", "B", "--as", "Ana")

    def interrupted(*_, **__):
        raise Misconfigured("stop here")

    with monkeypatch.context() as patch:
        patch.setattr("annotator.services.checking.check_many", interrupted)
        annotator(*asked, code=3)
    again = annotator(*asked)
    assert json.loads(again.stdout)["checked"] == 102 and "done now" in again.stderr
    assert "checked" not in json.loads(annotator(*asked).stdout)


def test_guidelines_are_written_and_read_in_versions(ready, folder):
    write = ("guidelines", "write", "guidelines.md", "--dataset", "MIA-Bench", "--as", "Ana")
    assert ready("guidelines", "show", "--dataset", "MIA-Bench").stdout == ""
    assert "Version 1 is in force" in ready(*write).stderr
    assert "the same as version 1" in ready(*write, code=1).stderr
    (folder / "guidelines.md").write_text("Judge both.", "utf-8")
    ready(*write, "--note", "the text, too")
    show = ("guidelines", "show", "--dataset", "MIA-Bench")
    assert ready(*show).stdout == "Judge both.\n"
    assert ready(*show, "--version", "1").stdout == "Judge the *image*.\n"
    told = json.loads(ready(*show, "--json").stdout)
    assert [(one["number"], one["note"]) for one in told] == [(2, "the text, too"), (1, "")]
    assert "There is no version" in ready(*show, "--version", "3", code=1).stderr


def test_items_show_and_stats_speak_json_and_plainly(ready):
    lines = ready("items", "--dataset", "MIA-Bench", "--json").stdout.splitlines()
    assert [json.loads(line)["position"] for line in lines] == list(range(102))
    plain = ready("items", "--dataset", "MIA-Bench", "--search", "question").stdout
    assert plain.startswith("101\topen\t-\tTell a four-line story")
    shown = json.loads(ready("show", "101", "--dataset", "MIA-Bench", "--json").stdout)
    assert [c["weight"] for c in shown["components"]] == [4, 3, 3]
    assert (
        "[4] describe: Tell a story about the cat"
        in ready("show", "101", "--dataset", "MIA-Bench").stdout
    )
    (standing,) = json.loads(ready("stats", "--json").stdout)
    assert (standing["dataset"], standing["items"]) == ("MIA-Bench", 102)
    assert "MIA-Bench: 102 items (102 open)" in ready("stats").stdout


def test_an_export_gives_the_file_back(ready, folder):
    manifest = json.loads(ready("export", "--dataset", "MIA-Bench", "--out", "out/v1").stdout)
    exported = folder / "out" / "v1" / "MIA-Bench.json"
    assert exported.read_bytes() == (folder / "benchmark.json").read_bytes()
    assert manifest["counts"]["items"] == 102
    refused = ready("export", "--dataset", "MIA-Bench", "--out", "out/v1", code=1)
    assert "never overwritten" in refused.stderr and refused.stdout == ""
    ready("export", "--dataset", "MIA-Bench", "--out", "out/v2", "--include", "keep, fix,open")


def test_a_backup_is_made_and_checked(ready, folder):
    counts = json.loads(ready("backup", "copy.db").stdout)
    assert counts["item"] == 102
    assert json.loads(ready("backup", "copy.db", "--check").stdout) == counts
    (folder / "copy.db").write_bytes(b"no database")
    assert "restored" in ready("backup", "copy.db", "--check", code=1).stderr


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["show", "9999", "--dataset", "MIA-Bench"], 1, "no item '9999'"),
        (["items", "--dataset", "Nothing"], 1, "no dataset 'Nothing'"),
        (["import", "missing.json", "--dataset", "B"], 1, "does not exist"),
        (["import", "photos", "--dataset", "B"], 1, "has no data file"),
        (["import", "benchmark.json", "--dataset", "B", "--images", "none"], 1, "no folder"),
        (["import", "benchmark.json", "--dataset", "B", "--format", "tarot"], 1, "mia-bench"),
        (["import", "benchmark.json", "--dataset", "B", "--format", "csv"], 1, "is a JSON list"),
        (["import", "benchmark.json", "--dataset", ""], 1, "must not be empty"),
        (["export", "--dataset", "MIA-Bench", "--out", "x", "--include", "good"], 1, "include"),
        (["items", "--dataset", "MIA-Bench", "--status", "done"], 2, "status"),
        (["items"], 2, "--dataset"),
        (["dance"], 2, "dance"),
        (["stats", "--db", "nonsense://x"], 3, "nonsense"),
        (["stats", "--db", "/etc/passwd"], 3, "cannot be used"),
        (["serve", "--port", "99999999"], 3, "ANNOTATOR_PORT"),
    ],
)
def test_what_cannot_be_done_is_said_on_stderr_with_a_code(ready, arguments, code, said):
    done = ready(*arguments, code=code)
    assert said in re.sub(r"\s+", " ", done.stderr)
    assert done.stdout == ""


def test_a_broken_file_is_refused_with_its_place(annotator, folder):
    (folder / "broken.json").write_text('[{"instruction": "a"},\n {"instruction" 5}]')
    said = annotator("import", "broken.json", "--dataset", "B", "--format", "mia-bench", code=1)
    assert "broken.json, record 1, line 2, column 17" in said.stderr


def test_another_database_is_named_by_a_flag(ready, folder):
    assert json.loads(ready("stats", "--json", "--db", "other.db").stdout) == []
    assert (folder / "other.db").is_file()


def test_settings_that_cannot_be_read_end_with_three(annotator, monkeypatch):
    monkeypatch.setenv("ANNOTATOR_LOG", "LOUD")
    assert "ANNOTATOR_LOG" in annotator("stats", code=3).stderr


def test_the_version_is_told(annotator):
    assert annotator("--version").stdout.strip() == __version__


def test_a_reader_that_goes_away_is_no_error(ready, folder):
    done = subprocess.run(
        f"{sys.executable} -m annotator items --dataset MIA-Bench --json | head -1",
        shell=True,
        cwd=folder,
        env=os.environ,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout)["position"] == 0
    assert "Traceback" not in done.stderr


def test_serve_starts_its_three_processes_and_ends_them(folder):
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "annotator", "serve", "--port", str(port)],
        cwd=folder,
        env=os.environ,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 300
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=30).close()
                break
            except OSError:
                assert process.poll() is None and time.monotonic() < deadline
                time.sleep(0.1)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        assert len(children) == 3
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=120)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 0
    assert f"http://127.0.0.1:{port}" in said
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_judges_replies_are_read_with_what_the_kits_made_of_them(annotator):
    (found,) = map(json.loads, annotator("judge", "read", "replies.jsonl").stdout.splitlines())
    assert found["components"] == [
        {"awarded": 4, "possible": 4},
        {"awarded": 3, "possible": 6},
    ]
    assert set(found["kits"]) >= {"vlmevalkit", "lmms-eval"}


def test_answers_and_replies_come_in_once(ready):
    given = ("--dataset", "MIA-Bench", "--model", "model-a", "--judge", "judge-x")
    first = json.loads(ready("judge", "import", "said.jsonl", *given).stdout)
    assert (first["new"], first["scores"], first["unparsed"]) == (1, 3, 0)
    again = ready("judge", "import", "said.jsonl", *given)
    assert json.loads(again.stdout)["unchanged"] == 1 and "nothing changed" in again.stderr
    there = ready("responses", "model-a.jsonl", "--dataset", "MIA-Bench", "--model", "model-a")
    assert json.loads(there.stdout)["unchanged"] == 101


def test_rows_that_match_nothing_are_listed_and_nothing_is_imported(ready, folder):
    (folder / "odd.jsonl").write_text('{"index": 3, "text": "A."}\n{"index": 777, "text": "B."}\n')
    given = ("responses", "odd.jsonl", "--dataset", "MIA-Bench", "--model", "m")
    refused = ready(*given, code=1)
    assert "line 2: no item has the index 777" in refused.stderr and refused.stdout == ""
    taken = json.loads(ready(*given, "--skip-unmatched").stdout)
    assert (taken["new"], taken["unmatched"][0]["row"]) == (1, "line 2")


def test_an_audit_sample_says_with_what_probability_it_was_drawn(ready):
    given = ("audit", "sample", "--dataset", "MIA-Bench", "--size", "12", "--stratify", "type")
    first = json.loads(ready(*given, "--seed", "7").stdout)
    assert first["size"] == 12 and first["population"] == 303
    assert sum(one["draws"] for one in first["drawn"]) == 12
    assert all(one["probability"] == one["draws"] / one["cases"] for one in first["drawn"])
    refused = ready(*given[:4], "--size", "2", "--stratify", "type", code=1)
    assert "at least 3" in refused.stderr
