"""Write data/*.jsonl: every hand-written message, variants of it, and ED records, one file a
complaint group: `python -m training.urgency.build`.

Fields: id, family, text, level, level_low, level_high, complaint, evidence, reason, tags,
split ("train", "validation" or "held-out", by family).
"""

import argparse
import json
import random
from collections import defaultdict
from pathlib import Path

from training.urgency.ed_records import read_chiefs, record
from training.urgency.families import Family, read_families, split_of
from training.urgency.samples import varied
from triage.classify.red_flags import red_flags

DATA = Path(__file__).parent / "data"
GROUPS = {
    "heart-and-breath": (
        "cardiac-arrest",
        "chest-pain",
        "breathing-difficulty",
        "asthma",
        "choking",
        "palpitations",
        "allergic-reaction",
        "drowning",
        "smoke-gas",
    ),
    "brain-and-mind": (
        "stroke",
        "seizure",
        "unconscious",
        "headache",
        "fainting-dizziness",
        "mental-health-crisis",
        "overdose",
        "alcohol",
        "poisoning",
        "diabetic",
    ),
    "injury": (
        "severe-bleeding",
        "minor-wound",
        "head-injury",
        "spinal-injury",
        "fracture",
        "burn",
        "electric-shock",
        "assault",
        "stab-gunshot",
        "road-accident",
        "fall",
        "eye-injury",
        "bite-sting",
        "mass-casualty",
        "hypothermia",
        "heat-illness",
    ),
    "illness": (
        "fever",
        "sepsis",
        "abdominal-pain",
        "vomiting-diarrhoea",
        "back-pain",
        "urinary",
        "skin-rash",
        "nosebleed",
        "dental-ear-throat",
    ),
    "birth-and-babies": ("pregnancy-problem", "childbirth", "newborn"),
    "other": ("medication-advice", "non-medical", "unclear"),
}
CLAUSES = {
    0: "a threat to life now",
    1: "may be harmed or die soon",
    2: "serious but stable, needs several examinations or treatments",
    3: "one simple examination or treatment is enough",
    4: "advice or paperwork, no unit",
}


def rows(num_variants: int, num_records: int, seed: int) -> list[dict]:
    """All rows, in a fixed order for a seed."""
    rng = random.Random(seed)
    found: dict[str, dict] = {}
    for family in read_families():
        _add(found, family, family.text, family.id)
        for number in range(num_variants):
            variant = varied(family, rng).text
            _add(found, family, variant, f"{family.id}-v{number + 1}")
    for chief in read_chiefs():
        for number in range(num_records):
            made = record(chief, rng)
            _add(found, made, made.text, f"{chief.family}-{number}")
    return list(found.values())


def _add(found: dict[str, dict], family: Family, text: str, row_id: str) -> None:
    key = " ".join(text.lower().split())
    if key in found:
        return
    evidence = [phrase for phrase in family.evidence if phrase.lower() in text.lower()]
    if not evidence:
        evidence = [item.text for item in red_flags(text).evidence[:2]]
    about = evidence[0] if evidence else family.complaint.replace("-", " ")
    found[key] = {
        "id": row_id,
        "family": family.family,
        "text": text,
        "level": family.level,
        "level_low": family.level_low,
        "level_high": family.level_high,
        "complaint": family.complaint,
        "evidence": evidence,
        "reason": f"{about}: {CLAUSES[family.level]}",
        "tags": list(family.tags),
        "split": split_of(family.family),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variants", type=int, default=1)
    parser.add_argument("--records", type=int, default=2)
    parser.add_argument("--seed", type=int, default=11)
    args = parser.parse_args()
    by_group: dict[str, list[dict]] = defaultdict(list)
    group_of = {slug: name for name, slugs in GROUPS.items() for slug in slugs}
    for row in rows(args.variants, args.records, args.seed):
        by_group[group_of[row["complaint"]]].append(row)
    DATA.mkdir(exist_ok=True)
    for name, members in sorted(by_group.items()):
        lines = [json.dumps(row, ensure_ascii=False) for row in members]
        (DATA / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}.jsonl {len(members)}")


if __name__ == "__main__":
    main()
