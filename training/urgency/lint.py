"""Checks of the data: `python -m training.urgency.lint [--figures]`.

Finds contradictions and slips that a person must put right; exits 1 when there are any.
`--figures` prints size, balance and diversity as JSON.
"""

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

from triage.classify.red_flags import red_flags
from triage.classify.vitals import vitals_voice

DATA = Path(__file__).parent / "data"
NEAR_DUPLICATE = 0.75  # Jaccard similarity of word pairs


def read_rows(folder: Path = DATA) -> list[dict]:
    """All rows of data/*.jsonl."""
    return [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]


def problems(rows: list[dict]) -> list[str]:
    """One sentence for each thing that is wrong."""
    found = [text for row in rows for text in _row_problems(row)]
    ids = Counter(row["id"] for row in rows)
    found += [
        f"{row_id}: this id is used {count} times" for row_id, count in ids.items() if count > 1
    ]
    return found + _split_problems(rows) + _near_duplicates(rows)


def _row_problems(row: dict) -> list[str]:
    found = []
    if not row["level_low"] <= row["level"] <= row["level_high"]:
        found.append(f"{row['id']}: level {row['level']} is outside its own range")
    missing = [phrase for phrase in row["evidence"] if phrase.lower() not in row["text"].lower()]
    found += [f"{row['id']}: evidence {phrase!r} is not in the text" for phrase in missing]
    variant = re.search(r"-v\d+$", row["id"])
    if variant or {"ed-record", "injection", "exercise"} & set(row["tags"]):
        return found
    voices = [vitals_voice(row["text"], None)]
    if "alarming-words" not in row["tags"]:  # written to say what the flags listen for
        voices.append(red_flags(row["text"]))
    for voice in voices:
        if voice.level is not None and row["level_low"] - voice.level >= 2:
            found.append(f"{row['id']}: level {row['level']}, but {voice.name} say {voice.level} "
                         f"({voice.reason}): {row['text'][:80]}")  # fmt: skip
    return found


def _split_problems(rows: list[dict]) -> list[str]:
    splits: dict[str, set[str]] = defaultdict(set)
    levels: dict[str, set[int]] = defaultdict(set)
    for row in rows:
        splits[row["family"]].add(row["split"])
        if "ed-record" not in row["tags"]:
            levels[row["family"]].add(row["level"])
    found = [f"{family}: in several splits" for family, names in splits.items() if len(names) > 1]
    return found + [f"{f}: several levels in one family" for f, n in levels.items() if len(n) > 1]


def _pairs(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(re.findall(r"\w+", text.lower())))


def _near_duplicates(rows: list[dict]) -> list[str]:
    """Hand-written messages of different families that are nearly the same."""
    bases = [
        row
        for row in rows
        if not re.search(r"-v\d+$", row["id"]) and "ed-record" not in row["tags"]
    ]
    by_pair: dict[tuple[str, str], list[int]] = defaultdict(list)
    sets = [_pairs(row["text"]) for row in bases]
    for index, pairs in enumerate(sets):
        for pair in pairs:
            by_pair[pair].append(index)
    found = []
    for index, pairs in enumerate(sets):
        candidates = Counter(other for pair in pairs for other in by_pair[pair] if other < index)
        for other, shared in candidates.items():
            similar = shared / len(pairs | sets[other])
            if similar >= NEAR_DUPLICATE and bases[index]["family"] != bases[other]["family"]:
                found.append(f"{bases[index]['id']} and {bases[other]['id']} are nearly the same")
    return found


def figures(rows: list[dict]) -> dict:
    """Size, balance and diversity."""
    words = [re.findall(r"\w+", row["text"].lower()) for row in rows]
    trigrams = [tuple(text[i : i + 3]) for text in words for i in range(len(text) - 2)]
    return {
        "messages": len(rows),
        "families": len({row["family"] for row in rows}),
        "complaints": len({row["complaint"] for row in rows}),
        "by_level": dict(sorted(Counter(row["level"] for row in rows).items())),
        "by_split": dict(Counter(row["split"] for row in rows)),
        "by_tag": dict(Counter(tag for row in rows for tag in row["tags"]).most_common()),
        "vocabulary": len({word for text in words for word in text}),
        "distinct_trigrams": round(len(set(trigrams)) / max(1, len(trigrams)), 3),
        "median_words": sorted(len(text) for text in words)[len(words) // 2],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--figures", action="store_true")
    args = parser.parse_args()
    rows = read_rows()
    if args.figures:
        print(json.dumps(figures(rows), indent=1))
    found = problems(rows)
    for sentence in found:
        print(sentence)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
