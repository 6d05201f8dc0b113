"""The yardstick of a judge run: the same requests through the same client, and nothing else.

``python -m tests.bench.bare_loop URL FILE CONCURRENCY`` prints the seconds that the loop took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI


async def loop(url: str, bodies: Iterator[dict[str, Any]], concurrency: int) -> float:
    """Make all calls; returns the seconds."""
    async with AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:

        async def work() -> None:
            for body in bodies:
                completion = await client.chat.completions.create(**body)
                assert completion.choices[0].message.content

        began = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(concurrency)))
        return time.perf_counter() - began


def main() -> None:
    """Read the requests, make them, say how long it took."""
    url, file, concurrency = sys.argv[1:]
    bodies = [json.loads(line) for line in Path(file).read_text().splitlines()]
    sys.stdout.write(f"{asyncio.run(loop(url, iter(bodies), int(concurrency)))}\n")


if __name__ == "__main__":
    main()
