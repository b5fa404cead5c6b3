"""Starvation: how long the unlucky ones of each level wait, against their targets."""

from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.plots.cdf import chosen_point, label, legend
from scheduler.plots.data import Source
from scheduler.plots.style import look, pyplot

SMALLEST_S = 1e-2  # a bar on a logarithmic scale must have some height


def draw_targets(source: Source, options: Any) -> Any:
    """Bars by level and policy, with the interval over seeds; a red line marks each target."""
    point = chosen_point(source, options.value)
    targets = source.get("targets_s").numbers()
    if len(targets) != NUM_LEVELS:
        raise ValueError("targets_s: five numbers are needed")
    policies = point.get("policies").items()
    plt = pyplot()
    figure, panel = plt.subplots(figsize=(7, 3))
    width = 0.8 / len(policies)
    for place, (name, found) in enumerate(policies):
        for level in range(NUM_LEVELS):
            figures = found.find(options.metric, "levels", str(level), options.stat)
            interval = figures.interval()
            if interval is None:  # nobody came for that level
                continue
            mean, low, high = (max(SMALLEST_S, value) for value in interval)
            panel.bar(
                level + (place - (len(policies) - 1) / 2) * width, mean, 0.9 * width,
                color=look(name, place)["color"], label=name,
                yerr=[[mean - low], [high - mean]], capsize=2, error_kw={"linewidth": 0.8},
            )  # fmt: skip
    for level, target in enumerate(targets):
        panel.hlines(target, level - 0.45, level + 0.45, color="#CC0000", linewidth=1.2,
                     label="target" if level == 0 else None)  # fmt: skip
    panel.set_yscale("log")
    panel.set_ylim(bottom=SMALLEST_S)
    panel.set_xticks(range(NUM_LEVELS), [f"level {level}" for level in range(NUM_LEVELS)])
    panel.set_ylabel(f"{options.stat} {label(options.metric)}")
    legend(figure, [panel])
    return figure
