"""Measure how long the drafts are: `python -m training.draft.lengths`.

Has the model write a draft for every card at every level, without and with facts, and writes
weights/draft/lengths.json, which the length predictor reads. About ten minutes on two cores.
"""

import argparse
import json
import statistics
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training.draft.examples import Facts
from training.draft.train import WEIGHTS
from triage.classify.length import Features, LengthPredictor, kendall_tau
from triage.llm.cards import Card, load_cards
from triage.llm.facts import PatientFacts
from triage.llm.lengths import features_of
from triage.llm.prompts import build_messages, known_facts, opening

MAX_NEW_TOKENS = 400
BATCH = 25
REPORTS = (
    ("somebody needs help", None, "", ""),
    ("my father needs help", 71.0, "male", "14 Mill Lane, third floor"),
)


@torch.inference_mode()
def lengths(model, tokenizer, prompts: list[str]) -> list[int]:
    """Number of tokens the model adds to each prompt, its end included; greedy, as in service."""
    tokenizer.padding_side = "left"
    found: list[int] = []
    for start in range(0, len(prompts), BATCH):
        batch = tokenizer(
            prompts[start : start + BATCH],
            padding=True,
            add_special_tokens=False,
            return_tensors="pt",
        )
        batch.pop("token_type_ids", None)
        output = model.generate(**batch, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
        for row in output[:, batch["input_ids"].shape[1] :].tolist():
            found.append(row.index(tokenizer.eos_token_id) + 1
                         if tokenizer.eos_token_id in row else len(row))  # fmt: skip
    return found


def table_of(rows: list[tuple[Features, int]]) -> dict[str, object]:
    """Cells by card and level, the slope of the facts, and a line for unknown cards."""
    cells: dict[str, list[tuple[Features, int]]] = defaultdict(list)
    for features, tokens in rows:
        cells[f"{features.card}/{features.urgency}"].append((features, tokens))
    mean_facts = statistics.mean(features.num_fact_chars for features, _ in rows)
    per_fact = _slope(
        [
            (features.num_fact_chars - statistics.mean(f.num_fact_chars for f, _ in cell),
             tokens - statistics.mean(t for _, t in cell))
            for cell in cells.values() for features, tokens in cell
        ]
    )  # fmt: skip
    by_cell = {
        key: statistics.mean(
            tokens - per_fact * (features.num_fact_chars - mean_facts) for features, tokens in cell
        )
        for key, cell in cells.items()
    }
    mean_chars = statistics.mean(features.num_card_chars for features, _ in rows)
    levels = {
        str(level): statistics.mean(t for key, t in by_cell.items() if key.endswith(f"/{level}"))
        for level in range(5)
    }
    per_char = _slope(
        [
            (features.num_card_chars - mean_chars, tokens - levels[str(features.urgency)])
            for features, tokens in rows
        ]
    )
    return {
        "cells": {key: round(value, 1) for key, value in sorted(by_cell.items())},
        "levels": {key: round(value, 1) for key, value in levels.items()},
        "tokens_per_fact_char": round(per_fact, 4),
        "mean_fact_chars": round(mean_facts, 1),
        "tokens_per_card_char": round(per_char, 4),
        "mean_card_chars": round(mean_chars, 1),
    }


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the least-squares line through the origin."""
    return sum(x * y for x, y in points) / (sum(x * x for x, _ in points) or 1.0)


def _spread(predictor: LengthPredictor, rows: list[tuple[Features, int]]) -> list[float]:
    ratios = sorted(tokens / predictor.baseline(features) for features, tokens in rows)
    return [round(ratios[int(share * (len(ratios) - 1))], 3) for share in (0.1, 0.9)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(args.weights)
    model = LlamaForCausalLM.from_pretrained(args.weights, dtype=torch.float32).eval()
    cases = [
        (Facts(message, level, age, sex, place), card)
        for message, age, sex, place in REPORTS
        for level in range(5)
        for card in load_cards().values()
    ]
    rows = list(zip([_features(*case) for case in cases],
                    lengths(model, tokenizer, [_prompt(tokenizer, *case) for case in cases]),
                    strict=True))  # fmt: skip
    table = table_of(rows)
    table["spread"] = _spread(LengthPredictor(table), rows)
    (args.weights / "lengths.json").write_text(json.dumps(table, indent=1) + "\n")
    predictor = LengthPredictor(table)
    tau = kendall_tau([predictor.baseline(f) for f, _ in rows], [tokens for _, tokens in rows])
    print(f"{len(rows)} drafts, Kendall's tau on themselves {tau:.3f}, spread {table['spread']}")


def _prompt(tokenizer, facts: Facts, card: Card) -> str:
    chat = build_messages(**asdict(facts), card=card)
    prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    return prompt + opening(card, facts.urgency, _known(facts))


def _features(facts: Facts, card: Card) -> Features:
    return features_of(card, facts.urgency, _known(facts))


def _known(facts: Facts) -> PatientFacts:
    return known_facts(
        facts.message, age_years=facts.age_years, sex=facts.sex, location=facts.location
    )


if __name__ == "__main__":
    main()
