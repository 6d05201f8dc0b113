"""The house's arrows: who may import whom, read from the sources."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file
    for package in ("annotator", "db", "pages")
    for file in (ROOT / package).rglob("*.py")
    if "__pycache__" not in file.parts
)

LAYERS = {
    "annotator.domain": {"annotator.domain", "annotator.errors"},
    "annotator.constraints": {"annotator.constraints", "annotator.domain", "annotator.errors"},
    "annotator.checks": {
        "annotator.checks", "annotator.constraints", "annotator.domain", "annotator.errors",
    },
    "annotator.formats": {"annotator.formats", "annotator.domain", "annotator.errors"},
    "annotator.images": {"annotator", "annotator.images", "annotator.domain", "annotator.errors"},
    "annotator.judges": {"annotator.judges", "annotator.domain", "annotator.errors"},
    "annotator.kits": {"annotator.kits"},
    "annotator.errors": {"annotator.errors"},
    "annotator.config": {"annotator.config", "annotator.errors", "annotator.images"},
    "db": {"db", "annotator.domain", "annotator.errors"},
    "annotator.services": {
        "annotator", "annotator.services", "annotator.config", "annotator.errors",
        "annotator.domain", "annotator.formats", "annotator.checks", "annotator.constraints",
        "annotator.images", "annotator.judges", "db",
    },
    "annotator.ui": {
        "annotator.ui", "annotator.services", "annotator.identity", "annotator.config",
        "annotator.domain", "annotator.errors", "annotator.checks.registry",
    },
    "pages": {"annotator.ui"},
}  # fmt: skip
"""For each layer what of ours it may import; who stands above the services is free below them."""

LIBRARIES = {
    "streamlit": {"annotator.app", "annotator.oidc", "annotator.server", "annotator.ui", "pages"},
    "st_aggrid": {"annotator.ui"},
    "altair": {"annotator.ui"},
    "fsspec": {"annotator.images.shared", "annotator.services.release.publishing"},
    "sqlmodel": {"db"},
    "sqlalchemy": {"db"},
    "alembic": {"db"},
    "argon2": {"annotator.services.accounts"},
    "openpyxl": {"annotator.formats"},
    "pyarrow": {"annotator.formats"},
    "openai": {"annotator.judges", "annotator.kits"},
}
"""Libraries that are at home in some places only."""


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports_of(file: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            found.append(node.module or "")
            if node.module in ("annotator", "db"):
                found[-1:] = [
                    f"{node.module}.{alias.name}"
                    if (ROOT / node.module / alias.name).exists()
                    or (ROOT / node.module / f"{alias.name}.py").exists()
                    else node.module
                    for alias in node.names
                ]
    return found


def inside(module: str, places: set[str]) -> bool:
    return any(module == place or module.startswith(f"{place}.") for place in places)


def allowed(module: str, imported: str) -> bool:
    layer = next((name for name in LAYERS if inside(module, {name})), None)
    if layer is None:
        return True
    return inside(imported, LAYERS[layer] - {"annotator"}) or imported in LAYERS[layer]


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_arrows_point_one_way(file):
    module = module_of(file)
    ours = [name for name in imports_of(file) if inside(name, {"annotator", "db", "pages"})]
    assert [name for name in ours if not allowed(module, name)] == []


@pytest.mark.parametrize("file", FILES, ids=module_of)
def test_libraries_stay_at_home(file):
    module = module_of(file)
    for name in imports_of(file):
        home = LIBRARIES.get(name.partition(".")[0])
        assert home is None or inside(module, home), f"{module} imports {name}"


def test_an_arrow_the_wrong_way_is_seen():
    assert not allowed("annotator.domain.items", "db.items")
    assert not allowed("annotator.checks.form", "annotator.formats")
    assert not allowed("db.items", "annotator.services.annotate")
    assert not allowed("pages.home", "annotator.services")
    assert not allowed("annotator.ui.home", "db.items")
    assert allowed("annotator.services.annotate", "db.items")


def names_of(function: str) -> list[str]:
    """Modules that call or name something anywhere."""
    return [
        module_of(file)
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and ast.unparse(node) == function
    ]


def test_the_environment_is_read_in_one_place():
    everywhere = set(names_of("os.environ")) | set(names_of("os.getenv"))
    readers = {name for name in everywhere if not inside(name, {"annotator.kits"})}
    assert readers <= {"annotator.config", "annotator.cli.curate", "annotator.serving"}


def test_raw_html_is_switched_on_nowhere():
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "unsafe_allow_html":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, file
