"""What a decision costs, against the length of the queue."""

from typing import Any

from scheduler.plots.data import Source
from scheduler.plots.style import pyplot

MEASURED = {
    "decision_us": ("whole decision", "#D55E00", "o"),
    "pop_us": ("take the next", "#0072B2", "s"),
    "push_us": ("arrival", "#009E73", "^"),
}


def draw_decision(source: Source, options: Any) -> Any:
    """Lines on logarithmic axes from the output of `scale --json`."""
    rows = source.get("sizes", "is this the output of `scale --json`?").rows()
    sizes = [row.get("n").number() for row in rows]
    plt = pyplot()
    figure, panel = plt.subplots(figsize=(5, 3))
    for key, (name, color, marker) in MEASURED.items():
        panel.plot(sizes, [row.get(key).number() for row in rows], marker=marker, markersize=4,
                   color=color, label=name)  # fmt: skip
    panel.set_xscale("log")
    panel.set_yscale("log")
    panel.set_xlabel("requests waiting")
    panel.set_ylabel("median time, µs")
    panel.legend()
    figure.tight_layout()
    return figure
