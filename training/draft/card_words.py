"""Count which words belong to which complaint: `python -m training.draft.card_words`.

Writes weights/cards/words.json from the training families in about ten seconds, and prints how
often the right card is chosen on the families held out and on another writer's messages: by the
complaint model alone, and with the words as a second opinion and the rules of triage.llm.cards.
"""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from training.draft.messages import DATA
from training.urgency.samples import DEVELOPMENT
from triage.classify import load_model
from triage.classify.assess import assess_many
from triage.classify.types import Report
from triage.llm.cards import choose_card
from triage.llm.retrieval import WORDS_FILE, features

URGENCY_WEIGHTS = Path(__file__).parent.parent.parent / "weights" / "urgency"
MIN_FAMILIES = 2.0  # a word of one family only says nothing about another
BATCH = 32


def main() -> None:
    rows = [
        json.loads(line)
        for path in sorted(DATA.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    train = [row for row in rows if row["split"] == "train"]
    stored = count(train)
    WORDS_FILE.parent.mkdir(exist_ok=True)
    WORDS_FILE.write_text(json.dumps(stored, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{len(stored['words'])} words and pairs of {len(train)} messages")
    for split in ("validation", "held-out"):
        cases = [(row["text"], [row["complaint"]]) for row in rows if row["split"] == split]
        print(split, json.dumps(figures(cases)))
    wanted = [json.loads(line) for line in DEVELOPMENT.read_text(encoding="utf-8").splitlines()]
    print("development", json.dumps(figures([(row["text"], row["cards"]) for row in wanted])))


def count(rows: list[dict[str, str]]) -> dict[str, dict]:
    """Families by complaint and feature; a family's variants share one vote."""
    sizes = Counter(row["family"] for row in rows)
    words: dict[str, Counter] = defaultdict(Counter)
    totals: Counter = Counter()
    for row in rows:
        vote = 1 / sizes[row["family"]]
        totals[row["complaint"]] += vote
        for feature in features(row["text"]):
            words[feature][row["complaint"]] += vote
    kept = {
        feature: {slug: round(n, 2) for slug, n in sorted(counts.items())}
        for feature, counts in sorted(words.items())
        if counts.total() >= MIN_FAMILIES
    }
    return {"totals": {slug: round(n, 2) for slug, n in sorted(totals.items())}, "words": kept}


def figures(cases: list[tuple[str, list[str]]]) -> dict[str, float]:
    """Shares of right cards, 0–1, of (message, its acceptable cards)."""
    model = load_model(URGENCY_WEIGHTS, encoder=None)
    alone = both = 0
    for start in range(0, len(cases), BATCH):
        batch = cases[start : start + BATCH]
        reports = [Report(text) for text, _slugs in batch]
        decisions = assess_many(reports, rules=[], model=model, now=datetime.now(UTC))
        for (text, slugs), made in zip(batch, decisions, strict=True):
            alone += made.complaint in slugs
            card = choose_card(text, made.complaint, made.complaint_scores, made.urgency)
            both += card.slug in slugs
    num = len(cases)
    return {"n": num, "model": round(alone / num, 4), "both": round(both / num, 4)}


if __name__ == "__main__":
    main()
