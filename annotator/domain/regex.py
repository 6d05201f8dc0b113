"""Regular expressions compiled at their first use, not at import.

Reading constraints and judges' replies takes several hundred of them, and compiling them all took
a quarter of the start of every process: of each command, of the app and of its workers.
"""

from __future__ import annotations

import re
from typing import Any, cast


class Regex:
    """Stands for a compiled pattern; every attribute is the pattern's own."""

    def __init__(self, pattern: str, flags: int) -> None:
        self.pattern, self.flags = pattern, flags

    def __getattr__(self, name: str) -> Any:
        found = getattr(re.compile(self.pattern, self.flags), name)
        setattr(self, name, found)
        return found


def regex(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """A pattern that is compiled when somebody first asks it something.

    Raises:
        re.error: at that time, where it cannot be compiled.
    """
    return cast("re.Pattern[str]", Regex(pattern, flags))
