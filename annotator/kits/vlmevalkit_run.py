"""VLMEvalKit's run.py with the curated sets known; run it from VLMEvalKit's own folder."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path.cwd()))

import vlmevalkit_plugin  # noqa: F401

if Path("run.py").is_file():
    runpy.run_path("run.py", run_name="__main__")
else:
    runpy.run_module("vlmeval.run", run_name="__main__")
