"""Fine-tune the urgency encoder: `python -m training.urgency.train`.

Ordinal, harm-weighted loss on the level, cross-entropy on the complaint; split by family;
temperature and round-up threshold chosen on the validation families. Writes weights/urgency.
"""

import argparse
import json
import random
import time
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

from training.urgency.variants import Base, read_bases, variants
from triage.classify.fusion import round_up
from triage.classify.urgency_model import (
    MAX_TOKENS,
    UrgencyNet,
    bundled_encoder,
    level_probabilities,
)

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "weights" / "urgency"
UNDER_TRIAGE_TARGET = 0.05  # true 0–1 given 2 or more, on validation
# Missing "at most k" when it holds costs more than claiming it: harm, by cumulative logit.
MISS_COST = (2.5, 2.5, 1.3, 1.0)


def split(bases: list[Base], share: float, seed: int) -> tuple[list[Base], list[Base]]:
    """Families for training and for validation, every level in both."""
    rng = random.Random(seed)
    shuffled = bases[:]
    rng.shuffle(shuffled)
    validation = []
    for level in range(5):
        of_level = [base for base in shuffled if base.level == level]
        validation += of_level[: round(len(of_level) * share)]
    held_out = {base.family for base in validation}
    return [base for base in bases if base.family not in held_out], validation


def expand(bases: list[Base], count: int, rng: random.Random) -> list[tuple[str, int, str]]:
    """(text, level, complaint) of every variant."""
    return [
        (text, base.level, base.complaint) for base in bases for text in variants(base, count, rng)
    ]


def tensors(rows, tokenizer, complaints):
    batch = tokenizer([row[0] for row in rows], padding=True, truncation=True,
                      max_length=MAX_TOKENS, return_tensors="pt")  # fmt: skip
    levels = torch.tensor([row[1] for row in rows])
    kinds = torch.tensor([complaints.index(row[2]) for row in rows])
    return batch["input_ids"], batch["attention_mask"], levels, kinds


def loss_of(cumulative, kind_logits, levels, kinds):
    """Harm-weighted ordinal loss plus complaint loss."""
    wanted = (levels.unsqueeze(1) <= torch.arange(4)).float()
    ordinal = torch.nn.functional.binary_cross_entropy_with_logits(
        cumulative, wanted, pos_weight=torch.tensor(MISS_COST)
    )
    return ordinal + 0.25 * torch.nn.functional.cross_entropy(
        kind_logits, kinds, label_smoothing=0.05
    )


@torch.inference_mode()
def outputs(net, tokenizer, rows, complaints):
    """Cumulative logits, complaint logits, levels and complaints of all rows."""
    net.eval()
    parts = []
    for start in range(0, len(rows), 64):
        ids, mask, levels, kinds = tensors(rows[start : start + 64], tokenizer, complaints)
        parts.append((*net(ids, mask), levels, kinds))
    return [torch.cat(column) for column in zip(*parts, strict=True)]


def fit_temperature(cumulative: torch.Tensor, levels: torch.Tensor) -> float:
    """The temperature with the least negative log-likelihood."""

    def nll(temperature: float) -> float:
        probabilities = level_probabilities(cumulative, temperature).clamp(min=1e-6)
        return -probabilities[torch.arange(len(levels)), levels].log().mean().item()

    return min((t / 20 for t in range(10, 81)), key=nll)


def expected_calibration_error(probabilities: torch.Tensor, levels: torch.Tensor) -> float:
    """ECE of the likeliest level over ten equal bins of confidence."""
    confidence, guess = probabilities.max(1)
    right = (guess == levels).float()
    error = 0.0
    for low in torch.arange(0, 1, 0.1):
        inside = (confidence > low) & (confidence <= low + 0.1)
        if inside.any():
            gap = (confidence[inside].mean() - right[inside].mean()).abs()
            error += (gap * inside.float().mean()).item()
    return error


def figures(levels: list[int], given: list[int]) -> dict[str, float]:
    """The safety figures of a set of decisions."""
    pairs = list(zip(levels, given, strict=True))
    urgent = [pair for pair in pairs if pair[0] <= 1]
    calm = [pair for pair in pairs if pair[0] >= 3]
    return {
        "n": len(pairs),
        "exact": sum(a == b for a, b in pairs) / len(pairs),
        "within_one": sum(abs(a - b) <= 1 for a, b in pairs) / len(pairs),
        "under_triage": sum(b >= 2 for _, b in urgent) / max(1, len(urgent)),
        "over_triage": sum(b <= 1 for _, b in calm) / max(1, len(calm)),
    }


def choose_threshold(probabilities: torch.Tensor, levels: torch.Tensor) -> float:
    """The largest threshold that keeps under-triage within the target."""
    rows, truth = probabilities.tolist(), levels.tolist()
    for threshold in (t / 100 for t in range(50, 9, -2)):
        given = [round_up(row, threshold) for row in rows]
        if figures(truth, given)["under_triage"] <= UNDER_TRIAGE_TARGET:
            return threshold
    return 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="", help="a folder or a hub name; default: bundled")
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--variants", type=int, default=10)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--all-data", action="store_true",
                        help="train the shipped weights on every family, after a run with the "
                        "split has chosen temperature and threshold")  # fmt: skip
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    name = args.encoder or str(bundled_encoder())
    bases = read_bases()
    complaints = sorted({base.complaint for base in bases})
    training, validation = split(bases, 0.15, args.seed)
    if args.all_data:
        training = bases
    checked = expand(validation, 3, random.Random(0))
    tokenizer = AutoTokenizer.from_pretrained(name)
    encoder = AutoModel.from_pretrained(name)
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    net = UrgencyNet(encoder, encoder.config.hidden_size, len(complaints))
    heads = [*net.level_head.parameters(), *net.complaint_head.parameters()]
    body = [p for p in encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": 1e-4}, {"params": heads, "lr": 2e-3}], weight_decay=0.02
    )
    steps = args.epochs * len(training) * args.variants // 32
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 50) * max(0.02, 1 - step / max(1, steps))
    )
    started = time.monotonic()
    for epoch in range(args.epochs):
        rows = expand(training, args.variants, rng)
        rng.shuffle(rows)
        rows = sorted(rows, key=lambda row: len(row[0]) // 40 + rng.random())
        groups = [rows[start : start + 32] for start in range(0, len(rows), 32)]
        rng.shuffle(groups)
        net.train()
        total = 0.0
        for group in groups:
            ids, mask, levels, kinds = tensors(group, tokenizer, complaints)
            loss = loss_of(*net(ids, mask), levels, kinds)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            total += loss.item()
        cumulative, kind_logits, levels, kinds = outputs(net, tokenizer, checked, complaints)
        guess = level_probabilities(cumulative, 1.0).argmax(1).tolist()
        print(f"epoch {epoch} loss {total / len(groups):.3f} "
              f"complaint {(kind_logits.argmax(1) == kinds).float().mean():.2f} "
              f"{figures(levels.tolist(), guess)} {time.monotonic() - started:.0f} s",
              flush=True)  # fmt: skip
    write(net, name if args.encoder else "", complaints, cumulative, levels, args.all_data)


def write(net, encoder: str, complaints, cumulative, levels, all_data: bool) -> None:
    """Write weights (float16, without the frozen embeddings) and settings."""
    WEIGHTS.mkdir(parents=True, exist_ok=True)
    settings_file = WEIGHTS / "settings.json"
    if all_data:  # the families used to choose these are part of the training now
        chosen = json.loads(settings_file.read_text(encoding="utf-8"))
        temperature, threshold = chosen["temperature"], chosen["round_up_threshold"]
        held_out = chosen["held_out"]
    else:
        temperature = fit_temperature(cumulative, levels)
        probabilities = level_probabilities(cumulative, temperature)
        threshold = choose_threshold(probabilities, levels)
        given = [round_up(row, threshold) for row in probabilities.tolist()]
        held_out = figures(levels.tolist(), given)
        held_out["ece"] = expected_calibration_error(probabilities, levels)
    state = {
        key: value.detach().half().contiguous()
        for key, value in net.state_dict().items()
        if not key.startswith("encoder.embeddings.") and "pooler" not in key
    }
    save_file(state, str(WEIGHTS / "model.safetensors"))
    settings = {
        "version": f"urgency-{time.strftime('%Y%m%d')}",
        "encoder": encoder,
        "temperature": temperature,
        "round_up_threshold": threshold,
        "complaints": complaints,
        "held_out": {key: round(value, 4) for key, value in held_out.items()},
    }
    settings_file.write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(settings["held_out"]), "temperature", temperature, "threshold", threshold)


if __name__ == "__main__":
    main()
