"""How a metric is distributed at each level, a line for each policy."""

from typing import Any

from scheduler.job import NUM_LEVELS
from scheduler.plots.data import Source
from scheduler.plots.style import look, pyplot


def draw_cdf(source: Source, options: Any) -> Any:
    """Panels of cumulative distributions over the requests of all seeds, one for each level."""
    point = chosen_point(source, options.value)
    policies = point.get("cdf", "`sweep --cdf` adds it").items()
    plt = pyplot()
    figure, panels = plt.subplots(1, NUM_LEVELS, figsize=(11, 2.6), sharey=True)
    for level, panel in enumerate(panels):
        for place, (name, found) in enumerate(policies):
            values = found.find(options.metric, str(level)).numbers()
            if not values:
                continue
            shares = [number / (len(values) - 1) for number in range(len(values))]
            panel.plot([max(value, 1e-3) for value in values], shares, label=name,
                       **look(name, place))  # fmt: skip
        panel.set_xscale("log")
        panel.set_title(f"level {level}", fontsize=9)
        panel.set_xlabel(f"{label(options.metric)}")
        panel.set_ylim(0, 1.01)
    panels[0].set_ylabel("share of requests")
    legend(figure, panels)
    return figure


def chosen_point(source: Source, value: float | None) -> Source:
    """The point of that value, or the only one."""
    points = source.get("points", "is this the output of `sweep --json`?").rows()
    if value is None:
        if len(points) > 1:
            raise ValueError("argument --value: the file has several points; name one's value")
        return points[0]
    for point in points:
        if point.get("value").value == value:
            return point
    known = ", ".join(str(point.get("value").value) for point in points)
    raise ValueError(f"argument --value: no point has {value:g}; there are {known}")


def label(metric: str) -> str:
    """The metric's name on an axis, with its unit."""
    names = {
        "ttft_s": "TTFT, s",
        "tpot_s": "TPOT, s",
        "time_in_system_s": "time in system, s",
        "waiting_s": "waiting, s",
        "slowdown": "slowdown",
    }
    return names.get(metric, metric)


def legend(figure: Any, panels: Any) -> None:
    """One legend for all panels, above them."""
    handles: dict[str, Any] = {}
    for panel in panels:
        for handle, name in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(name, handle)
    figure.legend(handles.values(), handles.keys(), loc="lower center",
                  bbox_to_anchor=(0.5, 0.99), ncol=len(handles))  # fmt: skip
    figure.tight_layout()
