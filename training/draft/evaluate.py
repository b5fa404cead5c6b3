"""How good the drafts are: `python -m training.draft.evaluate --count 300 --lengths`.

Drafts for unseen combinations of message, facts and card, greedily: is every section there,
does each line trace to the card, are the facts right? With --lengths the real output lengths
go to weights/draft/lengths.json, which the length predictor reads.
"""

import argparse
import json
import statistics
from collections import defaultdict
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

from training.draft.examples import Facts, examples
from triage.llm.cards import Card, load_cards
from triage.llm.guard import check
from triage.llm.prompts import build_messages

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "weights" / "draft"
UNSEEN_SEED = 987_654
MAX_NEW_TOKENS = 400
BATCH = 20


@torch.inference_mode()
def drafts(model, tokenizer, cases: list[tuple[Facts, Card]]) -> list[tuple[str, int]]:
    """(text, number of tokens) for each case."""
    tokenizer.padding_side = "left"
    found: list[tuple[str, int]] = []
    for start in range(0, len(cases), BATCH):
        prompts = [
            tokenizer.apply_chat_template(
                build_messages(**asdict(facts), card=card),
                add_generation_prompt=True,
                tokenize=False,
            )
            for facts, card in cases[start : start + BATCH]
        ]
        batch = tokenizer(prompts, padding=True, add_special_tokens=False, return_tensors="pt")
        batch.pop("token_type_ids", None)
        output = model.generate(**batch, max_new_tokens=MAX_NEW_TOKENS, do_sample=False)
        for row in output[:, batch["input_ids"].shape[1] :].tolist():
            ids = row[: row.index(tokenizer.eos_token_id)] if tokenizer.eos_token_id in row else row
            found.append((tokenizer.decode(ids), len(ids) + 1))
    return found


def figures(cases: list[tuple[Facts, Card]], texts: list[str]) -> dict[str, float]:
    """Shares (0–1): complete format, traceable lines, right facts."""
    complete = traceable = lines = facts_right = 0
    for (facts, card), text in zip(cases, texts, strict=True):
        flags = check(text, card, age_years=facts.age_years, location=facts.location)
        reasons = [flag.reason for flag in flags]
        complete += not any(reason.startswith("section missing") for reason in reasons)
        facts_right += not any(
            word in reason for reason in reasons for word in ("reported", "leaves out")
        )
        num_lines = sum(line.startswith(("-", *"123456789")) for line in text.split("\n"))
        lines += num_lines
        traceable += num_lines - reasons.count("not on the protocol card")
    return {
        "n": len(cases),
        "format_complete": complete / len(cases),
        "lines_traceable": traceable / max(1, lines),
        "facts_right": facts_right / len(cases),
    }


def length_table(cases: list[tuple[Facts, Card]], lengths: list[int]) -> dict[str, object]:
    """Mean and deciles of the real lengths by complaint, by level and by both."""
    groups: dict[str, dict[str, list[int]]] = {
        name: defaultdict(list)
        for name in ("by_complaint", "by_urgency", "by_complaint_and_urgency")
    }
    for (facts, card), length in zip(cases, lengths, strict=True):
        groups["by_complaint"][card.slug].append(length)
        groups["by_urgency"][str(facts.urgency)].append(length)
        groups["by_complaint_and_urgency"][f"{card.slug}/{facts.urgency}"].append(length)
    table: dict[str, object] = {
        name: {key: _summary(values) for key, values in sorted(group.items())}
        for name, group in groups.items()
    }
    return {"overall": _summary(lengths), **table}


def _summary(values: list[int]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "mean": round(statistics.mean(ordered), 1),
        "p10": ordered[int(0.1 * (len(ordered) - 1))],
        "p90": ordered[int(0.9 * (len(ordered) - 1) + 0.5)],
        "n": len(ordered),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--show", type=int, default=0, help="print this many drafts")
    parser.add_argument("--lengths", action="store_true", help="measure all cards at all levels")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(WEIGHTS)
    model = LlamaForCausalLM.from_pretrained(WEIGHTS, dtype=torch.float32).eval()
    if args.lengths:
        cases = [
            (Facts("somebody needs help", level, 50.0, "", "14 Mill Lane"), card)
            for card in load_cards().values()
            for level in range(5)
        ]
        produced = drafts(model, tokenizer, cases)
        table = length_table(cases, [length for _text, length in produced])
        (WEIGHTS / "lengths.json").write_text(json.dumps(table, indent=1) + "\n")
        print(json.dumps(table["overall"]))
        return
    cases = [
        (facts, load_cards()[card.slug])
        for facts, card, _draft in islice(examples(UNSEEN_SEED), args.count)
    ]
    texts = [text for text, _length in drafts(model, tokenizer, cases)]
    for (facts, _card), text in list(zip(cases, texts, strict=True))[: args.show]:
        print(facts, text, sep="\n", end="\n\n")
    print(json.dumps(figures(cases, texts)))


if __name__ == "__main__":
    main()
