"""A second, independent labelling: draw a sample without labels, then compare.

`python -m training.urgency.second_pass draw FILE` writes a random 10 % of the hand-written
messages as {"id","text"}; a second person adds "level" to each line without seeing ours;
`... compare FILE` prints exact agreement, agreement within one level and weighted kappa.
"""

import argparse
import hashlib
import json
import random
from pathlib import Path

from training.urgency.families import read_families
from triage.classify.evaluate import weighted_kappa

SHARE = 0.1


def _opaque(message_id: str) -> str:
    """An id that tells nothing: ours name the file, and some files give the level away."""
    return hashlib.sha256(message_id.encode()).hexdigest()[:12]


def draw(path: Path, seed: int) -> int:
    """Write the sample; returns how many messages it has."""
    families = read_families()
    sample = random.Random(seed).sample(families, round(len(families) * SHARE))
    lines = [json.dumps({"id": _opaque(f.id), "text": f.text}, ensure_ascii=False) for f in sample]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return len(sample)


def compare(path: Path) -> dict:
    """Agreement of the second labels with ours; ids we no longer have are left out."""
    ours = {_opaque(family.id): family for family in read_families()}
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    pairs = [(ours[row["id"]], int(row["level"])) for row in rows if row["id"] in ours]
    if not pairs:
        raise SystemExit(f"{path} names none of our messages: draw the sample anew.")
    levels = [(family.level, level) for family, level in pairs]
    return {
        "n": len(pairs),
        "exact": round(sum(a == b for a, b in levels) / len(pairs), 3),
        "in_range": round(
            sum(f.level_low <= level <= f.level_high for f, level in pairs) / len(pairs), 3
        ),
        "within_one": round(sum(abs(a - b) <= 1 for a, b in levels) / len(pairs), 3),
        "weighted_kappa": weighted_kappa(levels),
        "differ": [
            {"id": f.id, "ours": f.level, "theirs": level, "text": f.text}
            for f, level in pairs
            if f.level != level
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("draw", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--seed", type=int, default=23)
    args = parser.parse_args()
    if args.action == "draw":
        print(draw(args.file, args.seed), "messages")
    else:
        print(json.dumps(compare(args.file), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
