"""Browse: every item, filtered and sorted, as a table or a gallery."""

from __future__ import annotations

from annotator.ui.browse import show

show()
