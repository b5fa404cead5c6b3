"""The messages of a file, taken through classification and card choice as in service."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from triage.classify import Report, UrgencyModel, assess_many
from triage.llm.cards import choose_card
from triage.llm.engines.base import Message
from triage.llm.facts import PatientFacts
from triage.llm.guard import Grounds
from triage.llm.prompts import build_messages, known_facts

SEXES = {"m": "male", "f": "female", "male": "male", "female": "female", "other": "other", "": ""}
FACTS = ("who", "sex", "age", "place")
BATCH = 16


@dataclass(frozen=True, slots=True)
class Case:
    """One message. `labelled`: the facts a person found in the report, if the file has them."""

    id: str
    grounds: Grounds
    messages: list[Message]
    labelled: PatientFacts | None


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a file: {"id", "text"}, and optionally age_years, sex, location and facts.

    facts: {"who", "sex", "age", "place"}, as they should stand in a draft; what is left out is
    not in the report. Raises ValueError naming the line and what is wrong with it.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.strip():
            try:
                rows.append(_row(json.loads(line), number))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise ValueError(f"{path.name}, line {number}: {error!r}") from error
    if not rows:
        raise ValueError(f"{path.name} holds no messages.")
    return rows


def _row(row: dict[str, Any], number: int) -> dict[str, Any]:
    age = row.get("age_years")
    facts = row.get("facts")
    if facts is not None and set(facts) - set(FACTS):
        raise ValueError(f"facts can be {', '.join(FACTS)}")
    return {
        "id": str(row.get("id", number)),
        "text": str(row["text"]),
        "age_years": None if age is None else float(age),
        "sex": SEXES[str(row.get("sex") or "").lower()],
        "location": str(row.get("location") or ""),
        "facts": None if facts is None else PatientFacts(**facts),
    }


def prepare(rows: Sequence[dict[str, Any]], model: UrgencyModel | None) -> list[Case]:
    """Level and card by the product's own assessment, then the prompt."""
    cases: list[Case] = []
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        reports = [
            Report(row["text"], row["age_years"], row["sex"], row["location"]) for row in batch
        ]
        decisions = assess_many(reports, rules=[], model=model, now=datetime.now(UTC))
        for row, decision in zip(batch, decisions, strict=True):
            card = choose_card(
                row["text"], decision.complaint, decision.complaint_scores, decision.urgency
            )
            fields = {name: row[name] for name in ("age_years", "sex", "location")}
            facts = known_facts(row["text"], **fields)
            messages = build_messages(
                message=row["text"], urgency=decision.urgency, card=card, **fields
            )
            grounds = Grounds(card, facts, decision.urgency, row["text"])
            cases.append(Case(row["id"], grounds, messages, row["facts"]))
    return cases
