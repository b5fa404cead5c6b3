"""Draw the reliability diagram of `manage.py evaluate_urgency … --json` answers:
`python -m training.urgency.reliability OUT.svg NAME=FILE [NAME=FILE …]`. Needs matplotlib.
"""

import argparse
import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")

from matplotlib import pyplot as plt

LARGEST_DOT = 250.0  # points², of a bin that holds half of the messages


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("sets", nargs="+", metavar="NAME=FILE")
    args = parser.parse_args()
    plt.rcParams["svg.hashsalt"] = "semtriage"  # the same file for the same figures
    figure, axes = plt.subplots(figsize=(5, 5))
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    for given in args.sets:
        name, file = given.split("=", 1)
        bins = json.loads(Path(file).read_text(encoding="utf-8"))["fused"]["reliability"]
        total = sum(one["n"] for one in bins)
        sure, right = [one["confidence"] for one in bins], [one["right"] for one in bins]
        line = axes.plot(sure, right, linewidth=1, label=f"{name} ({total})")[0]
        dots = [2 * LARGEST_DOT * one["n"] / total for one in bins]
        axes.scatter(sure, right, s=dots, color=line.get_color(), alpha=0.5)
    axes.set(xlabel="the model's share for its likeliest level", ylabel="how often it is right",
             xlim=(0.2, 1), ylim=(0, 1.02))  # fmt: skip
    axes.legend(frameon=False)
    figure.savefig(args.out, metadata={"Date": None}, bbox_inches="tight")


if __name__ == "__main__":
    main()
