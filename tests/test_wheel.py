"""The wheel, installed into an empty environment and used from a folder of its own."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(ROOT), cwd=out)
    [built] = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def annotator(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command that the wheel installs into an environment with nothing else in it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder)
    pip = (sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"))
    run(*pip, "install", "--quiet", "--no-compile", str(wheel), cwd=folder)
    return folder / "bin" / "annotator"


@pytest.fixture(scope="module")
def elsewhere(annotator: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder far from the checkout, with the demo built in it."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(str(annotator), "demo", "--no-serve", cwd=folder)
    return folder


def clean() -> dict[str, str]:
    """The environment without anything that leads back to the checkout or to other settings."""
    ours = ("ANNOTATOR_", "PYTHON", "VIRTUAL_ENV", "DATABASE_URL", "STREAMLIT_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=clean(), capture_output=True, text=True)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done


def test_it_holds_the_application_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"annotator", "db", "pages"}
    assert not [
        name for name in names if "test" in Path(name).stem.split("_") or "__pycache" in name
    ]
    for needed in (
        "pages/annotate.py",
        "annotator/demo/benchmark.json",
        "annotator/demo/CREDITS.md",
        "annotator/demo/images/chelsea.png",
        "annotator/ui/shell.css",
        "annotator/ui/components/board.js",
        "annotator/judges/prompts/v1/direct.md",
        "db/migrations/env.py",
    ):
        assert needed in names
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_demo_is_built_without_serving(annotator: Path, elsewhere: Path) -> None:
    assert (elsewhere / "annotator-data" / "annotator.db").is_file()
    stats = json.loads(run(str(annotator), "stats", "--json", cwd=elsewhere).stdout)
    assert [(one["dataset"], one["items"]) for one in stats] == [("Demo", 39)]
    where = "import annotator, db, pages; print(annotator.__file__, db.__file__, pages.__path__)"
    python = str(annotator.with_name("python"))
    assert str(ROOT) not in run(python, "-c", where, cwd=elsewhere).stdout


EVERY_PAGE = """
from pathlib import Path
from streamlit.testing.v1 import AppTest
import annotator
from annotator.config import load
from annotator.services.workspace import shared_workspace, sign_in
app = Path(annotator.__file__).with_name("app.py")
ana = sign_in(shared_workspace(load()), name="Ana")
page = AppTest.from_file(app, default_timeout=120)
page.session_state["person_id"] = ana.id
page.run()
for file in sorted(app.parents[1].joinpath("pages").glob("*.py")):
    page.switch_page(f"../pages/{file.name}").run()
    print(file.stem, [fault.message for fault in page.exception])
"""


def test_every_page_runs(annotator: Path, elsewhere: Path) -> None:
    said = run(str(annotator.with_name("python")), "-c", EVERY_PAGE, cwd=elsewhere).stdout
    names = [path.stem for path in sorted((ROOT / "pages").glob("*.py"))]
    assert said.splitlines() == [f"{name} []" for name in names]


@pytest.fixture
def served(annotator: Path, elsewhere: Path) -> Iterator[int]:
    """The demo, served; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [str(annotator), "demo", "--port", str(port)], cwd=elsewhere, env=clean()
    )
    try:
        yield port
    finally:
        process.terminate()
        process.wait(20)


def answer(port: int, path: str, *, cookie: str = "") -> tuple[int, str, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Cookie": cookie})
    got = connection.getresponse()
    return got.status, got.headers.get_content_type(), got.read()


def healthy(port: int) -> bool:
    try:
        return json.loads(answer(port, "/api/health")[2]) == {"status": "ok"}
    except OSError:
        return False


def test_the_demo_is_served_from_anywhere(served: int, annotator: Path, elsewhere: Path) -> None:
    end = time.monotonic() + 300
    while not healthy(served):
        assert time.monotonic() < end, "the server did not answer"
        time.sleep(0.1)
    for page in ("/", "/browse", "/annotate", "/admin"):
        assert answer(served, page)[:2] == (200, "text/html")
    named = urllib.request.urlopen(
        urllib.request.Request(
            f"http://127.0.0.1:{served}/api/name",
            data=b'{"name": "Ana"}',
            headers={"X-Annotator": "1"},
        )
    )
    cookie = named.headers["Set-Cookie"].split(";")[0]
    listed = run(str(annotator), "items", "--dataset", "Demo", "--json", cwd=elsewhere).stdout
    sha256 = json.loads(listed.splitlines()[0])["image"]
    status, kind, data = answer(served, f"/image/{sha256}?size=full", cookie=cookie)
    assert (status, kind) == (200, "image/png")
    assert data == (ROOT / "annotator/demo/images/chelsea.png").read_bytes()
    assert answer(served, f"/image/{sha256}")[0] == 401
