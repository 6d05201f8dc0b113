"""``python -m annotator.constraints {contradict,verify} FILE.jsonl`` writes JSON lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from annotator.constraints.files import contradict_lines, verify_lines
from annotator.errors import InputError

_USES = {"contradict": contradict_lines, "verify": verify_lines}


def main(arguments: list[str]) -> int:
    """Run one of the two; 0 when all lines were read, 2 where the input is broken."""
    if len(arguments) != 2 or arguments[0] not in _USES:
        print(
            "usage: python -m annotator.constraints {contradict,verify} FILE.jsonl", file=sys.stderr
        )
        return 2
    path = Path(arguments[1])
    try:
        with path.open(encoding="utf-8") as lines:
            for result in _USES[arguments[0]](lines, file=path.name):
                print(json.dumps(result, ensure_ascii=False))
    except (InputError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
