"""Admin: import, dataset settings, images, backup."""

from __future__ import annotations

from annotator.ui.admin import show

show()
