"""Figures from what `sweep --json` and `scale --json` print.

Needs matplotlib, which `make setup-dev` installs.
"""

from collections.abc import Callable
from typing import Any

from scheduler.plots.cdf import draw_cdf
from scheduler.plots.data import Source
from scheduler.plots.decision import draw_decision
from scheduler.plots.lines import draw_lines
from scheduler.plots.targets import draw_targets

# Kind of figure → how it is drawn; each takes the file's content and the command's options.
FIGURES: dict[str, Callable[[Source, Any], Any]] = {
    "cdf": draw_cdf,
    "lines": draw_lines,
    "targets": draw_targets,
    "decision": draw_decision,
}

__all__ = ["FIGURES", "Source"]
