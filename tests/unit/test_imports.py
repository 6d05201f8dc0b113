"""What starts a process of its own can be imported alone, in whatever order."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize("module", ["annotator.services.jobs", "db.scored"])
def test_a_module_imports_what_it_needs(module: str) -> None:
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
