"""AgGrid behind one adapter: one page of rows from SQL, a click comes back as an item's id.

Text from data is set as text: no HTML renderer, no Markdown, no tooltips from data. The thumbnail
is the only cell with a renderer of ours, and it takes a hash, not text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
from st_aggrid import AgGrid, JsCode

from annotator.services.browsing import Row
from annotator.ui.shell import clock

HEIGHT: Final = 560
"""Until the style sheet, which fills the window with it, has arrived."""
FILL_FRAME: Final = {"#gridContainer": {"height": "100vh !important"}}

THUMBNAIL: Final = JsCode(
    """
class {
  init(params) {
    this.eGui = document.createElement('span');
    if (!/^[0-9a-f]{64}$/.test(params.value || '')) { this.eGui.textContent = '–'; return; }
    const image = document.createElement('img');
    image.src = `${params.context.origin}/image/${params.value}?size=thumb`;
    image.alt = ''; image.loading = 'lazy';
    image.style.cssText = 'height:40px;width:56px;object-fit:cover;display:block;margin:2px 0';
    this.eGui.appendChild(image);
  }
  getGui() { return this.eGui; }
}
"""
)

CLICKED: Final = JsCode(
    """
function ({ eventData }) {
  const chosen = eventData.api.getSelectedRows()[0];
  return chosen ? { id: chosen.id } : null;
}
"""
)

ROW_ID: Final = JsCode("function (params) { return String(params.data.id); }")

WIDTHS: Final = {
    "image": 76,
    "item": 80,
    "instruction": 400,
    "level": 112,
    "types": 190,
    "n": 56,
    "Σ": 64,
    "findings": 96,
    "flags": 72,
    "status": 84,
    "verdict": 80,
    "who": 90,
    "when": 130,
    "generator": 120,
    "prompt": 90,
    "batch": 110,
}


def show_grid(rows: Sequence[Row], *, key: str, origin: str) -> int | None:
    """Show a page of items; returns the id of the one that was clicked.

    Args:
        key: changes with page and filter, so that a click of another page is not repeated.
        origin: the server's address, because the grid lives in a frame of its own.
    """
    frame = pd.DataFrame([line(row) for row in rows], columns=["id", *WIDTHS])
    answer = AgGrid(
        frame.copy(),
        gridOptions=options(origin),
        height=HEIGHT,
        key=key,
        update_on=["selectionChanged"],
        data_return_mode="CUSTOM",
        custom_jscode_for_grid_return=CLICKED,
        allow_unsafe_jscode=True,
        enable_enterprise_modules=False,
        theme="streamlit",
        custom_css=FILL_FRAME,
        show_toolbar=False,
    )
    return clicked(answer)


def clicked(answer: Any) -> int | None:
    """The id in the grid's answer (st_aggrid's CustomResponse)."""
    raw = answer.raw_data
    found = raw.get("id") if isinstance(raw, dict) else None
    return int(found) if found is not None else None


def line(row: Row) -> dict[str, Any]:
    """An item as plain cells."""
    return {
        "id": row.id,
        "image": row.sha256 or "",
        "item": row.source_id,
        "instruction": " ".join(row.instruction.split())[:300],
        "level": row.level or "",
        "types": row.types,
        "n": row.components,
        "Σ": "" if row.weights is None else f"{row.weights:g}",
        "findings": f"{row.findings} {row.severity}" if row.findings else "",
        "flags": row.flags or "",
        "status": row.status,
        "verdict": row.verdict or "",
        "who": row.who or "",
        "when": clock(row.touched_at) if row.touched_at else "",
        "generator": row.generator or "",
        "prompt": row.prompt_version or "",
        "batch": row.batch or "",
    }


def options(origin: str) -> dict[str, Any]:
    """The grid's settings; sorting and filtering are the page's, over the whole dataset."""
    columns: list[dict[str, Any]] = [{"field": "id", "hide": True}]
    for name, width in WIDTHS.items():
        column: dict[str, Any] = {"field": name, "width": width, "sortable": False}
        if name == "image":
            column |= {"cellRenderer": THUMBNAIL, "headerName": ""}
        columns.append(column)
    return {
        "columnDefs": columns,
        "context": {"origin": origin},
        "getRowId": ROW_ID,
        "defaultColDef": {
            "resizable": True,
            "suppressHeaderMenuButton": True,
            "filter": False,
            "cellStyle": {"lineHeight": "42px"},
        },
        "rowSelection": {"mode": "singleRow", "checkboxes": False, "enableClickSelection": True},
        "rowHeight": 44,
        "headerHeight": 34,
        "suppressCellFocus": False,
    }
