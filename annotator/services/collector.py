"""Python's cycle collector, kept out of work that builds many values."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Build a benchmark's worth of values without Python looking through them for cycles.

    There are none, and the looking takes a quarter of a large import.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
