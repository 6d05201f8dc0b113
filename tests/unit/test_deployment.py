"""What the README says of deployment: its unit, its compose file, and the settings in them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from annotator.config import load
from db.engine import Database

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def block(language):
    """The one block of the README in a language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return found


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(block("yaml"))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_the_unit_is_one(tmp_path):
    unit = tmp_path / "mm-annotator.service"
    unit.write_text(re.sub(r"/srv/mm-annotator/venv/bin/annotator", sys.executable, block("ini")))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True
    )
    about = [line for line in done.stderr.splitlines() if "mm-annotator" in line]
    assert (done.returncode, about) == (0, [])


def test_the_units_settings_are_ours(tmp_path):
    lines = re.findall(r"^Environment=(.*)$", block("ini"), re.MULTILINE)
    settings = dict(pair.split("=", 1) for line in lines for pair in line.split())
    assert load(settings).access == "accounts"
    assert set(settings) <= set(load(settings).environment())


def test_the_compose_file_hangs_together(compose):
    services = compose["services"]
    assert set(services) == {"database", "one", "two", "proxy"}
    homes = [
        volume.split(":")
        for name in ("one", "two")
        for volume in services[name]["volumes"]
        if volume.endswith(":/home/annotator/annotator-data")
    ]
    assert len({volume for volume, _ in homes}) == 2
    for service in services.values():
        assert ("image" in service) != ("build" in service)
        assert set(service.get("depends_on", ())) <= set(services)
        for volume in service.get("volumes", ()):
            assert volume.partition(":")[0] in compose["volumes"]
        for config in service.get("configs", ()):
            assert config["source"] in compose["configs"]
    assert services["database"]["healthcheck"]["test"][0] == "CMD"
    proxy = compose["configs"]["caddyfile"]["content"]
    assert {"one", "two"} == set(re.findall(r"(\w+):8501", proxy)) and "lb_policy cookie" in proxy


def test_the_compose_files_settings_are_ours(compose, tmp_path):
    environment = compose["services"]["one"]["environment"]
    assert compose["services"]["two"]["environment"] == environment
    filled = {name: re.sub(r"\$\{\w+\}", "secret", value) for name, value in environment.items()}
    settings = load(filled | {"ANNOTATOR_HOME": str(tmp_path)})
    assert set(environment) <= set(settings.environment()) | {"ANNOTATOR_SECRET"}
    assert (settings.access, settings.host, settings.images) == ("accounts", "0.0.0.0", "/images")
    database = Database(settings.database)
    assert not database.is_sqlite and database.engine.url.host == "database"
    assert "[postgres]" in compose["services"]["one"]["build"]["dockerfile_inline"]
