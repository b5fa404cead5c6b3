"""Fine-tune the urgency encoder: `python -m training.urgency.train [--final]`.

Ordinal, harm-weighted loss on the level, cross-entropy on the complaint; split by family;
calibration and thresholds chosen on the validation families and an independent writer's set.
The first run writes settings and weights; `--final` then trains on training and validation
families together with the settings of the first run. The held-out families never take part.
"""

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModel, AutoTokenizer

from training.urgency.choose import (
    Judged,
    calibration_of,
    choose_thresholds,
    decided_levels,
    expected_calibration_error,
    figures,
)
from training.urgency.samples import Sample, Source, development_samples
from triage.classify.urgency_model import (
    MAX_TOKENS,
    Calibration,
    UrgencyNet,
    bundled_encoder,
    level_probabilities,
)

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "weights" / "urgency"
# Missing "at most k" when it holds costs more than claiming it: harm, by cumulative logit.
MISS_COST = (1.8, 2.0, 1.2, 1.0)
COMPLAINT_SHARE, ASIDE_SHARE = 0.25, 0.25  # of the loss


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples as tensors. ids, mask: [batch, tokens]; wanted: [batch, 4]; kinds (complaints),
    levels: [batch]; beside: [batch, tokens], 1 in an aside, 0 outside, -1 where nothing is
    taught."""

    ids: torch.Tensor
    mask: torch.Tensor
    wanted: torch.Tensor
    kinds: torch.Tensor
    levels: torch.Tensor
    beside: torch.Tensor

    @classmethod
    def of(cls, rows: list[Sample], tokenizer, complaints: list[str]) -> "Batch":
        found = tokenizer([row.reading for row in rows], padding=True, truncation=True,
                          max_length=MAX_TOKENS, return_tensors="pt",
                          return_offsets_mapping=True)  # fmt: skip
        offsets = found["offset_mapping"].tolist()
        return cls(
            ids=found["input_ids"],
            mask=found["attention_mask"],
            wanted=torch.tensor([_wanted(row) for row in rows]),
            kinds=torch.tensor([complaints.index(row.complaint) for row in rows]),
            levels=torch.tensor([row.level for row in rows]),
            beside=torch.tensor(
                [_beside(row, pairs) for row, pairs in zip(rows, offsets, strict=True)]
            ),
        )


def _beside(row: Sample, offsets: list[list[int]]) -> list[float]:
    outside = -1.0 if row.rambles else 0.0
    return [
        -1.0 if end <= start
        else 1.0 if any(first <= start and end <= last for first, last in row.asides)
        else outside
        for start, end in offsets
    ]  # fmt: skip


def _wanted(row: Sample) -> list[float]:
    """Cumulative targets; softer where a range of levels is accepted."""

    def share(k: int) -> float:
        if k >= row.level_high:
            return 1.0
        if k < row.level_low:
            return 0.0
        return 0.75 if k >= row.level else 0.3

    return [share(k) for k in range(4)]


def loss_of(
    cumulative: torch.Tensor, kinds: torch.Tensor, asides: torch.Tensor, batch: Batch
) -> torch.Tensor:
    """Harm-weighted ordinal loss plus the losses of complaint and asides."""
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    wanted = batch.wanted * 0.96 + 0.02  # no target is certain
    ordinal = bce(cumulative, wanted, pos_weight=torch.tensor(MISS_COST))
    complaint = torch.nn.functional.cross_entropy(kinds, batch.kinds, label_smoothing=0.05)
    taught = batch.beside >= 0
    # A batch of ramblers teaches no asides: the mean of nothing is no number.
    beside = bce(asides[taught], batch.beside[taught]) if taught.any() else 0.0
    return ordinal + COMPLAINT_SHARE * complaint + ASIDE_SHARE * beside


@torch.inference_mode()
def outputs(net, tokenizer, rows: list[Sample], complaints: list[str]):
    """Cumulative logits, complaint logits, complaints and levels of all rows; the share of
    tokens taken rightly for part of an aside or not."""
    net.eval()
    parts, right = [], []
    for start in range(0, len(rows), 64):
        batch = Batch.of(rows[start : start + 64], tokenizer, complaints)
        cumulative, kinds, asides = net(batch.ids, batch.mask)
        parts.append((cumulative, kinds, batch.kinds, batch.levels))
        right.append(((asides > 0) == (batch.beside > 0))[batch.beside >= 0].float())
    columns = [torch.cat(column) for column in zip(*parts, strict=True)]
    return (*columns, torch.cat(right).mean().item())


def groups_of(rows: list[Sample], size: int, rng: random.Random) -> list[list[Sample]]:
    """Shuffled batches of rows of about one length."""
    rows = sorted(rows, key=lambda row: len(row.reading) // 30 + 1.5 * rng.random())
    groups = [rows[start : start + size] for start in range(0, len(rows), size)]
    rng.shuffle(groups)
    return groups


def fit(net, tokenizer, complaints, source: Source, check: list[Sample], args, rng) -> None:
    """Train in place; prints a line an epoch."""
    new = [p for n, p in net.named_parameters() if not n.startswith("encoder.")]
    body = [p for p in net.encoder.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": args.rate}, {"params": new, "lr": 10 * args.rate}],
        weight_decay=0.02,
    )
    size = len(source.families) * (1 + args.variants) + len(source.chiefs) * args.records
    steps = args.epochs * size // args.batch
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / 60) * max(0.02, 1 - step / max(1, steps))
    )
    started = time.monotonic()
    for epoch in range(args.epochs):
        total, count = 0.0, 0
        for group in groups_of(source.epoch(args.variants, args.records, rng), args.batch, rng):
            net.train()
            batch = Batch.of(group, tokenizer, complaints)
            # bfloat16 is 2.7 times as fast on a CPU that has it; master weights stay float32.
            with torch.autocast("cpu", dtype=torch.bfloat16, enabled=args.bfloat16):
                heads = net(batch.ids, batch.mask)
            loss = loss_of(*(logits.float() for logits in heads), batch)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
            total, count = total + loss.item(), count + 1
        cumulative, kind_logits, kinds, levels, asides = outputs(net, tokenizer, check, complaints)
        guess = (cumulative < 0).sum(1).tolist()  # how many "at most" are unlikely
        found = {key: round(value, 3) for key, value in figures(levels.tolist(), guess).items()}
        print(f"epoch {epoch} loss {total / count:.3f} complaint "
              f"{(kind_logits.argmax(1) == kinds).float().mean():.2f} asides {asides:.3f} {found} "
              f"{time.monotonic() - started:.0f} s", flush=True)  # fmt: skip


def judged(net, tokenizer, rows: list[Sample], complaints: list[str]) -> Judged:
    """What the model says of the rows."""
    cumulative, *_rest = outputs(net, tokenizer, rows, complaints)
    return Judged(cumulative, [row.level for row in rows], [row.floor for row in rows])


def decided(one: Judged, by: Calibration, thresholds) -> dict[str, float]:
    """Figures of the fused decision, and the model's calibration error."""
    probabilities = level_probabilities(one.cumulative, by)
    found = figures(one.levels, decided_levels(probabilities.tolist(), thresholds, one.floors))
    found["ece"] = expected_calibration_error(probabilities, torch.tensor(one.levels))
    return {key: round(value, 4) for key, value in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="", help="a folder or a hub name; default: bundled")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--variants", type=int, default=4)
    parser.add_argument("--records", type=int, default=2)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bfloat16", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--final", action="store_true", help="train on validation families too")
    parser.add_argument(
        "--start", type=Path, nargs="+", help="go on from the mean of the weights of these folders"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng = random.Random(args.seed)
    name = args.encoder or str(bundled_encoder())
    source = Source(("train", "validation") if args.final else ("train",))
    complaints = sorted({item.complaint for item in [*source.families, *source.chiefs]})
    check = Source(("validation",)).epoch(1, 1, random.Random(0))
    held_out = Source(("held-out",)).epoch(1, 1, random.Random(0))
    tokenizer = AutoTokenizer.from_pretrained(name)
    encoder = AutoModel.from_pretrained(name)
    for parameter in encoder.embeddings.parameters():
        parameter.requires_grad = False
    net = UrgencyNet(encoder, encoder.config.hidden_size, len(complaints))
    if args.start:
        net.load_state_dict(mean_weights(args.start), strict=False)
    settings = {}
    if args.final:  # read before hours of training: it may be of an older form
        settings = json.loads((args.out / "settings.json").read_text(encoding="utf-8"))
        Calibration.of(settings)
    fit(net, tokenizer, complaints, source, check, args, rng)
    if not args.final:
        sets = {
            "validation": judged(net, tokenizer, check, complaints),
            "development": judged(net, tokenizer, development_samples(), complaints),
        }
        settings = chosen(sets, args.encoder, complaints)
    settings["held_out"] = decided(
        judged(net, tokenizer, held_out, complaints),
        Calibration.of(settings),
        settings["round_up_thresholds"],
    )
    write(net, settings, args.out)
    print(json.dumps(settings["held_out"]))


def mean_weights(folders: list[Path]) -> dict[str, torch.Tensor]:
    """The mean of several trainings' weights, which is flatter than each of them."""
    states = [load_file(str(folder / "model.safetensors")) for folder in folders]
    return {key: sum(state[key].float() for state in states) / len(states) for key in states[0]}


def chosen(sets: dict[str, Judged], encoder: str, complaints: list[str]) -> dict:
    """The settings that the sets choose, which took no part in training.

    Our validation families and another writer's messages count alike: a model is surer of the
    ways its own writers speak than of new ones, and new ones are what it will meet.
    """
    judgements = list(sets.values())
    by = calibration_of(judgements)
    thresholds = choose_thresholds(judgements, by)
    settings = {
        "version": f"urgency-{time.strftime('%Y%m%d')}",
        "encoder": encoder,
        "calibration_weights": by.weights,
        "calibration_bias": by.bias,
        "round_up_thresholds": thresholds,
        "complaints": complaints,
        **{name: decided(one, by, thresholds) for name, one in sets.items()},
    }
    print(json.dumps({key: settings[key] for key in settings if key != "complaints"}))
    return settings


def write(net, settings: dict, folder: Path) -> None:
    """Weights in float16 without the frozen embeddings, and the settings."""
    folder.mkdir(parents=True, exist_ok=True)
    state = {
        key: value.detach().half().contiguous()
        for key, value in net.state_dict().items()
        if not key.startswith("encoder.embeddings.") and "pooler" not in key
    }
    save_file(state, str(folder / "model.safetensors"))
    (folder / "settings.json").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
