"""Large benchmarks in MIA-Bench's form for measuring, the same for the same seed.

``python -m tests.bench.generate 23000 FOLDER`` writes ``FOLDER/benchmark.json`` and the images
beside it. Lengths follow what the published benchmark has: instructions of 70 to 220 characters,
two to four components. About one item in twenty has a fault.
"""

from __future__ import annotations

import io
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw

SEED: Final = 20240701
IMAGES: Final = 300
BATCHES: Final = 40
SIZES: Final = ((640, 480), (480, 640), (640, 427), (500, 375), (612, 612))

LEVELS: Final = ("basic", "intermediate", "advanced", "complex", "creative")
LEVEL_SHARES: Final = (12, 31, 18, 25, 14)
SUBJECTS: Final = (
    "the scene in the image",
    "the activity taking place in the photograph",
    "the people and what they are doing",
    "the animal in the foreground and its surroundings",
    "the street and the buildings along it",
    "the food on the table",
    "the weather and the time of day",
    "the vehicle and where it seems to be going",
    "the colours and materials that stand out",
    "the mood of the place and what causes it",
    "the sign and the text that can be read on it",
    "the landscape from the nearest to the farthest thing",
)
VERBS: Final = ("Describe", "Explain", "Portray", "Summarise", "Present", "Sketch in words")
WORDS: Final = (
    *("harbour", "lantern", "orchard", "compass", "velvet", "granite", "whistle", "meadow"),
    *("copper", "ribbon", "thunder", "saddle", "pepper", "lattice", "ember", "canyon"),
    *("feather", "anchor", "marble", "willow", "beacon", "quarry", "sparrow", "cinder"),
    *("drizzle", "mosaic", "timber", "glacier", "saffron", "parade", "cobble", "linen"),
    *("pebble", "tundra", "violin", "gravel", "hollow"),
)
NUMBERS: Final = ("two", "three", "four", "five", "six", "seven")
PARTS: Final = {
    "length_limit": (
        "using exactly {n} sentences",
        "in {n} sentences",
        "in no more than {m} words",
        "with at least {m} words",
    ),
    "mention": (
        'mention the word "{w}"',
        "name the dominant colour",
        "mention at least {n} objects near the {w}",
        "begin with a historical context about a {w}, followed by a personal anecdote",
    ),
    "linguistics": (
        "include a metaphor about a {w}",
        "use one simile and one alliteration",
        "end with a rhetorical question about the {w}",
    ),
    "grammar": (
        "write in the present tense",
        "use the passive voice throughout",
        "write the answer in lower case only",
    ),
    "math": ("count the visible {w}s and state twice that number", "add {n} to the people shown"),
    "perspective": (
        "write from the perspective of the {w}",
        "speak as a child who sees a {w} for the first time",
    ),
    "textual": (
        "give the answer as a bulleted list of {n} lines",
        "answer as a JSON object with the keys place and {w}",
        "put the title in capital letters",
    ),
}
WEIGHTS: Final = {1: ((10,),), 2: ((5, 5), (6, 4), (7, 3)), 3: ((4, 3, 3), (5, 3, 2), (4, 4, 2))}
MORE_WEIGHTS: Final = {4: ((4, 2, 2, 2), (3, 3, 2, 2)), 5: ((2, 2, 2, 2, 2), (3, 2, 2, 2, 1))}

Record = dict[str, Any]


def image_name(number: int) -> str:
    """The path of one of the images, as records name it."""
    return f"images/{number:04d}.jpg"


def write_images(folder: Path, count: int = IMAGES, seed: int = SEED) -> None:
    """Draw distinct small photographs-like JPEGs of 15 to 60 kB."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    for number in range(count):
        (folder / image_name(number)).write_bytes(draw(number, chance))


def draw(number: int, chance: random.Random) -> bytes:
    """One JPEG: noise blown up to soft shapes, with a number on it."""
    width, height = SIZES[number % len(SIZES)]
    noise = Image.frombytes("RGB", (24, 18), chance.randbytes(24 * 18 * 3))
    picture = noise.resize((width, height), Image.Resampling.BICUBIC)
    pen = ImageDraw.Draw(picture)
    for _ in range(40):
        x, y, r = chance.randrange(width), chance.randrange(height), chance.randrange(5, 60)
        colour = tuple(chance.randrange(256) for _ in range(3))
        pen.ellipse((x - r, y - r, x + r, y + r), fill=colour)
    pen.text((10, 10), str(number), fill="white", font_size=40)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def records(count: int, *, images: int = IMAGES, seed: int = SEED) -> Iterator[Record]:
    """The records in order; neighbours never have the same image."""
    chance = random.Random(seed)
    for position in range(count):
        record = sound(position, chance, image_name(position % images))
        spoil(record, position, chance)
        yield record


def sound(position: int, chance: random.Random, image: str) -> Record:
    """A record without a fault."""
    level = chance.choices(LEVELS, LEVEL_SHARES)[0]
    extra = chance.choices((0, 1, 2, 3, 4), (4, 26, 48, 17, 5))[0]
    subject = f"{chance.choice(VERBS)} {chance.choice(SUBJECTS)}"
    parts = [(subject, "describe")]
    for kind in chance.sample(sorted(PARTS), extra):
        text = chance.choice(PARTS[kind]).format(
            n=chance.choice(NUMBERS), m=chance.randrange(20, 200, 5), w=chance.choice(WORDS)
        )
        parts.append((text, kind))
    place = f"beside the {chance.choice(WORDS)} {chance.choice(WORDS)}"
    instruction = f"{subject} {place}" + "".join(f", {text}" for text, _ in parts[1:]) + "."
    return {
        "image": image,
        "instruction": instruction,
        "type": level,
        "num_of_component": len(parts),
        "components": [text for text, _ in parts],
        "component_weight": list(chance.choice((WEIGHTS | MORE_WEIGHTS)[len(parts)])),
        "component_type": [kind for _, kind in parts],
        "generator_model": f"writer-{chance.choice('abcd')}",
        "prompt_version": f"v{chance.choices((1, 2, 3), (2, 5, 3))[0]}",
        "batch": f"b{position % BATCHES:02d}",
    }


def spoil(record: Record, position: int, chance: random.Random) -> None:
    """Give one record in twenty a fault of those that real benchmarks have.

    Only records at odd places lose their image, so that neighbours still differ.
    """
    if chance.random() >= 0.05:
        return
    fault = chance.choice(("sum", "count", "number", "alien", "repeated", "image", "long"))
    if fault == "sum":
        record["component_weight"][0] = max(1, record["component_weight"][0] - 2)
    elif fault == "count":
        record["num_of_component"] += 1
    elif fault == "number":
        record["components"][-1] += " and exactly nine sentences"
    elif fault == "alien":
        record["components"][-1] = f"mention the {chance.choice(WORDS)} of another image"
    elif fault == "repeated":
        record["component_type"][-1] = record["component_type"][0]
    elif fault == "image" and position % 2:
        record["image"] = "images/not-there.jpg"
    else:
        record["instruction"] += " Background: " + " ".join(chance.choices(WORDS, k=300)) + "."


def write_benchmark(
    folder: Path, count: int, *, images: int = IMAGES, seed: int = SEED, with_images: bool = True
) -> Path:
    """Write a benchmark's file, and its images beside it; returns the file."""
    folder.mkdir(parents=True, exist_ok=True)
    if with_images:
        write_images(folder, images, seed)
    file = folder / "benchmark.json"
    every = list(records(count, images=images, seed=seed))
    file.write_text(json.dumps(every, indent=1, ensure_ascii=False), encoding="utf-8")
    return file


if __name__ == "__main__":
    sys.stdout.write(f"{write_benchmark(Path(sys.argv[2]), int(sys.argv[1]))}\n")
