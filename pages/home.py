"""Home: where a dataset stands, and what to do next."""

from __future__ import annotations

from annotator.ui.home import show

show()
