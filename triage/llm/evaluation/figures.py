"""Figures of written drafts. All shares are 0.0–1.0.

format_complete: all five sections, each once and with something in it, nothing outside them.
instructions_traceable: lines of the four card sections that are a line of the card (guard.py).
facts_right: drafts whose summary has every fact of the report and none besides it; against the
facts a person labelled where the file has them, else against those the prompt gave.
hallucinated_facts: drafts whose summary says a fact that nobody reported.
"""

import statistics
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from triage.llm import lines
from triage.llm.evaluation.cases import FACTS, Case
from triage.llm.evaluation.writing import Written
from triage.llm.guard import check
from triage.llm.prompts import SUMMARY

_FORM = ("section missing", "this section was written before", "stands outside")
_UNTRACEABLE = (lines.NOT_ON_CARD, lines.FROM_MESSAGE)


def figures(cases: Sequence[Case], written: Sequence[Written]) -> dict[str, Any]:
    """The figures of one run."""
    reasons = [
        [flag.reason for flag in check(draft.text, case.grounds)]
        for case, draft in zip(cases, written, strict=True)
    ]
    labelled = [(case, draft) for case, draft in zip(cases, written, strict=True) if case.labelled]
    num_lines = sum(_num_lines(draft.text) for draft in written)
    untraceable = sum(reason in _UNTRACEABLE for found in reasons for reason in found)
    return {
        "n": len(cases),
        "format_complete": _share(not _any(found, _FORM) for found in reasons),
        "instructions_traceable": round(1 - untraceable / max(1, num_lines), 4),
        "drafts_traceable": _share(not _any(found, _UNTRACEABLE) for found in reasons),
        **_facts(cases, written, labelled),
        "facts_copied": _share(not _any(found, ("leaves out", "says what")) for found in reasons),
        "level_right": _share(not _any(found, ("says level",)) for found in reasons),
        "flagged": _share(bool(found) for found in reasons),
        "flagged_doses": _count(reasons, lines.DOSE),
        "flagged_diagnoses": _count(reasons, lines.DIAGNOSIS),
        "flagged_promises": _count(reasons, lines.PROMISE),
        "flagged_orders": _count(reasons, lines.REPEATS_ORDER),
        "stopped_by_itself": _share(draft.stopped for draft in written),
        "tokens": {
            "mean": round(statistics.mean(draft.num_tokens for draft in written), 1),
            "max": max(draft.num_tokens for draft in written),
        },
    }


def speed(written: Sequence[Written]) -> dict[str, Any]:
    """Medians of drafts that were written one after another."""
    return {
        "drafts_alone": len(written),
        "tokens_per_s": round(statistics.median(draft.tokens_per_s for draft in written), 1),
        "first_token_ms": round(
            1000 * statistics.median(draft.first_token_s for draft in written), 1
        ),
    }


def summary_of(text: str) -> str:
    """The summary's line without its heading."""
    first = text.split("\n", 1)[0]
    return first.removeprefix(SUMMARY).strip() if first.startswith(SUMMARY) else ""


def wrong_facts(case: Case, draft: Written) -> list[str]:
    """What is wrong with a summary, by the labelled facts, else by the prompt's."""
    facts = case.labelled or case.grounds.facts
    grounds = replace(case.grounds, facts=facts)
    found = lines.summary_reasons(
        summary_of(draft.text), grounds.card.title, facts, grounds.urgency, grounds.message
    )
    return [reason for reason in found if reason.startswith(("leaves out", "says what"))]


def _facts(
    cases: Sequence[Case], written: Sequence[Written], labelled: Sequence[tuple[Case, Written]]
) -> dict[str, Any]:
    judged = labelled or list(zip(cases, written, strict=True))
    wrong = [wrong_facts(case, draft) for case, draft in judged]
    return {
        "n_facts_labelled": len(labelled),
        "facts_right": _share(not found for found in wrong),
        "hallucinated_facts": _share(_any(found, ("says what",)) for found in wrong),
        "facts_by_kind": {
            kind: _recall([(case, draft) for case, draft in judged], kind) for kind in FACTS
        },
    }


def _recall(judged: Sequence[tuple[Case, Written]], kind: str) -> dict[str, float]:
    """Of the reports that have this fact, the share whose summary has it."""
    pairs = [
        (getattr(case.labelled or case.grounds.facts, kind), summary_of(draft.text))
        for case, draft in judged
    ]
    known = [(fact, summary) for fact, summary in pairs if fact]
    return {"n": len(known), "right": _share(_said(fact, summary) for fact, summary in known)}


def _said(fact: str, summary: str) -> bool:
    return f" {lines.normal(fact)} " in f" {lines.normal(summary)} "


def _num_lines(text: str) -> int:
    """Lines with content outside the summary."""
    return max(
        0, sum(bool(line.strip()) and not line.endswith(":") for line in text.split("\n")) - 1
    )


def _any(reasons: Sequence[str], beginnings: Sequence[str]) -> bool:
    return any(reason.startswith(tuple(beginnings)) for reason in reasons)


def _count(reasons: Sequence[Sequence[str]], wanted: str) -> int:
    return sum(wanted in found for found in reasons)


def _share(hits) -> float:
    hits = list(hits)
    return round(sum(hits) / len(hits), 4) if hits else 0.0
