"""``python -m annotator.judges FILE.jsonl`` reads judge replies and writes JSON lines."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from annotator.errors import InputError
from annotator.judges.files import read_lines


def main(arguments: list[str]) -> int:
    """Read one file; 0 when all lines were read, 2 where the input is broken."""
    if len(arguments) != 1:
        print("usage: python -m annotator.judges FILE.jsonl", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        with path.open(encoding="utf-8", newline="\n") as lines:
            for result in read_lines(lines, file=path.name):
                print(json.dumps(result, ensure_ascii=False))
    except (InputError, OSError, UnicodeDecodeError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
