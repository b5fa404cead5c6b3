"""A metric against what varied: latency against rate, robustness against errors."""

from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.plots.cdf import label, legend
from scheduler.plots.data import Source
from scheduler.plots.style import look, pyplot

UNITS = {
    "rate": "arrivals a second",
    "urgency-error": "share of levels wrong",
    "length-error": "σ of the length error",
    "predictor-latency": "predictor latency, s",
}


def draw_lines(source: Source, options: Any) -> Any:
    """Panels for the levels and for all; lines are means over seeds, bands their intervals."""
    over = source.get("over", "is this the output of `sweep --json`?").text()
    points = source.get("points").rows()
    values = [point.get("value").number() for point in points]
    names = [name for name, _ in points[0].get("policies").items()]
    plt = pyplot()
    groups = [str(level) for level in range(NUM_LEVELS)] + [""]
    if options.levels is not None:
        groups = [str(int(level)) for level in options.levels] + [""]
    figure, panels = plt.subplots(1, len(groups), figsize=(0.6 + 2.1 * len(groups), 2.6))
    for panel, level in zip(panels, groups, strict=True):
        for place, name in enumerate(names):
            found = [point.find("policies", name, options.metric) for point in points]
            if level:
                found = [figures.find("levels", level) for figures in found]
            intervals = [figures.get(options.stat).interval() for figures in found]
            known = [
                (value, *interval)
                for value, interval in zip(values, intervals, strict=True)
                if interval is not None
            ]
            if not known:
                continue
            at, mean, low, high = zip(*known, strict=True)
            style = look(name, place)
            panel.plot(at, mean, label=name, **style)
            panel.fill_between(at, low, high, color=style["color"], alpha=0.15, linewidth=0)
        panel.set_title(f"level {level}" if level else "all", fontsize=9)
        panel.set_xlabel(UNITS.get(over, over))
        panel.set_ylim(bottom=0)
        if options.log:
            panel.set_yscale("log")
    panels[0].set_ylabel(f"{options.stat} {label(options.metric)}")
    legend(figure, panels)
    return figure
