"""How varied the hand-written messages are: `python -m training.urgency.diversity`.

Word trigrams shared across families, and the spread of the frozen encoder's sentence vectors
(mean of the token states, length 1). With `--against FILE` also how near they come to the
messages of a labelled file that must stay independent.
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

import torch
from transformers import AutoModel, AutoTokenizer

from training.urgency.families import Family, read_families
from triage.classify.cases import read_cases
from triage.classify.urgency_model import bundled_encoder

NEAR = 0.8  # cosine from which two messages tell the same in nearly the same words


def trigram_overlap(families: list[Family]) -> dict[str, float]:
    """The share of a message's word trigrams that messages of other families have as well."""
    sets = [_trigrams(family.text) for family in families]
    owners: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for family, grams in zip(families, sets, strict=True):
        for gram in grams:
            owners[gram].add(family.family)
    shares = [sum(len(owners[gram]) > 1 for gram in grams) / len(grams) for grams in sets if grams]
    total = sum(len(grams) for grams in sets)
    return {
        "mean_shared_with_other_families": round(sum(shares) / len(shares), 3),
        "distinct": round(len(owners) / total, 3),
    }


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


@torch.inference_mode()
def vectors(texts: list[str]) -> torch.Tensor:
    """[texts, hidden] sentence vectors of the frozen encoder, each of length 1."""
    name = str(bundled_encoder())
    tokenizer, encoder = AutoTokenizer.from_pretrained(name), AutoModel.from_pretrained(name)
    parts = []
    for start in range(0, len(texts), 64):
        batch = tokenizer(texts[start : start + 64], padding=True, truncation=True,
                          max_length=128, return_tensors="pt")  # fmt: skip
        hidden = encoder(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1)
        parts.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1))
    return torch.cat(parts)


def spread(families: list[Family], found: torch.Tensor) -> dict[str, float]:
    """Cosines between messages of different families: over all pairs, and to the nearest."""
    cosines = found @ found.T
    names = [family.family for family in families]
    index = {name: number for number, name in enumerate(dict.fromkeys(names))}
    groups = torch.tensor([index[name] for name in names])
    other = groups.unsqueeze(0) != groups.unsqueeze(1)
    nearest = cosines.masked_fill(~other, -1).max(1).values
    return {
        "mean_cosine": round(cosines[other].mean().item(), 3),
        "median_nearest_cosine": round(nearest.median().item(), 3),
        f"share_with_one_at_{NEAR}": round((nearest >= NEAR).float().mean().item(), 3),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    families = read_families()
    found = vectors([family.text for family in families])
    result = {
        "messages": len(families),
        "trigrams": trigram_overlap(families),
        "vectors": spread(families, found),
    }
    if args.against:
        theirs = vectors([case["text"] for case in read_cases(args.against)])
        nearest = (theirs @ found.T).max(1).values
        result["against"] = {
            "median_nearest_cosine": round(nearest.median().item(), 3),
            f"share_with_one_at_{NEAR}": round((nearest >= NEAR).float().mean().item(), 3),
        }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
