"""One look for all figures: colours that colour-blind readers tell apart, files that repeat."""

from pathlib import Path
from typing import Any

# Okabe and Ito's palette; line styles differ, too, for print without colours.
_LOOKS = {
    "fcfs": ("#000000", ":"),
    "sjf": ("#E69F00", "-."),
    "priority": ("#56B4E9", "--"),
    "semantic": ("#009E73", "-"),
    "semantic-plus": ("#D55E00", (0, (5, 1))),
}
_MORE = ("#CC79A7", "#0072B2", "#F0E442")


def pyplot() -> Any:
    """matplotlib.pyplot, set up. Raises ValueError with a clear sentence when it is not there."""
    try:
        import matplotlib
    except ImportError as error:
        raise ValueError("plot needs matplotlib, which `make setup-dev` installs") from error
    matplotlib.use("Agg")  # no display
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
            "svg.fonttype": "none",  # text stays text: small files, searchable
            "svg.hashsalt": "figures",  # the same data, the same file
            "font.size": 9,
            "font.family": "sans-serif",
            "axes.grid": True,
            "grid.alpha": 0.3,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.frameon": False,
        }
    )
    return plt


def look(name: str, place: int) -> dict[str, Any]:
    """Colour and line of a policy; others than ours get theirs by place."""
    color, line = _LOOKS.get(name, (_MORE[place % len(_MORE)], "-"))
    return {"color": color, "linestyle": line, "linewidth": 1.6}


def save(figure: Any, path: Path) -> None:
    """Write an SVG, PNG or PDF, by the file's ending. Raises ValueError for another."""
    if path.suffix not in (".svg", ".png", ".pdf"):
        raise ValueError(f"out: {path.name!r} must end in .svg, .png or .pdf")
    path.parent.mkdir(parents=True, exist_ok=True)
    stamp = {"Date": None} if path.suffix == ".svg" else {}
    figure.savefig(path, dpi=110, bbox_inches="tight", metadata=stamp)
    if path.suffix == ".svg":  # matplotlib leaves blanks at the ends of lines
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
