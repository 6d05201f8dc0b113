"""The components' code as files of their own: fetched once, not sent with every rerun.

Streamlit sends a component's inline code whenever the script runs; ours would be 100 KB each time.
So what is inline is a line that imports the code from an address with its hash in it, which a
browser keeps for ever (``annotator.server`` has the route).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).parent
ROUTE: Final = "/asset/{file}"

STUB: Final = """
let code = null;
const loading = import(new URL("/asset/%s", location.origin)).then((m) => { code = m.default; });
export default function (component) {
  let end = null, ended = false;
  const [data] = component.data;
  const run = () => { if (!ended) end = code({ ...component, data }); };
  if (code) run(); else loading.then(run);
  return () => { ended = true; end?.(); };
}
"""


def read(*names: str) -> str:
    """Some of our files, one after the other."""
    return "\n".join((HERE / name).read_text(encoding="utf-8") for name in names)


def named(name: str, code: str) -> str:
    """A bundle's file name: it changes with the code."""
    return f"{name}-{hashlib.sha256(code.encode()).hexdigest()[:16]}.js"


BUNDLES: Final = {
    name: read(*files)
    for name, files in {
        "board": ("engine.js", "board.js"),
        "autosave": ("engine.js", "autosave.js"),
        "picture": ("picture.js",),
        "marked": ("marked.js",),
        "talk": ("talk.js",),
    }.items()
}
ASSETS: Final = {named(name, code): code for name, code in BUNDLES.items()}
"""File name to code, for the route."""


def stub(name: str) -> str:
    """What of a bundle goes inline: the import of its file."""
    return STUB % named(name, BUNDLES[name])
