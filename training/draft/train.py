"""Train the bundled draft model from nothing: `python -m training.draft.train`.

A small Llama reads (system, card, message, facts) and writes the draft; the loss counts the
draft's tokens only. The model is exported every few hundred steps, so the run may be stopped at
any time and gone on with later (--resume).
"""

import argparse
import math
import time
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from training.draft.examples import examples
from training.draft.tokenizer import train_tokenizer
from triage.llm.prompts import build_messages

ROOT = Path(__file__).resolve().parent.parent.parent
WEIGHTS = ROOT / "weights" / "draft"
IGNORED = -100  # the label that the loss leaves out
BUCKET = 64  # batches are sorted by length within this many batches
MAX_POSITIONS = 2048


def config_for(tokenizer: PreTrainedTokenizerFast) -> LlamaConfig:
    """About 5.6 million parameters; heads of 64, which the CPU attention kernels like."""
    return LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=256,
        intermediate_size=640,
        num_hidden_layers=6,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=MAX_POSITIONS,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )


def encode(tokenizer: PreTrainedTokenizerFast, example) -> tuple[list[int], list[int]]:
    """Token ids, and labels in which the prompt's are ignored."""
    facts, card, draft = example
    prompt = tokenizer.apply_chat_template(
        build_messages(**asdict(facts), card=card), add_generation_prompt=True, tokenize=False
    )
    prompt_ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    draft_ids = tokenizer(draft, add_special_tokens=False)["input_ids"]
    draft_ids.append(tokenizer.eos_token_id)
    return prompt_ids + draft_ids, [IGNORED] * len(prompt_ids) + draft_ids


def batches(tokenizer: PreTrainedTokenizerFast, batch_size: int, seed: int):
    """Endless padded batches (ids, labels), each [batch, length], of similar lengths."""
    stream = examples(seed)
    generator = torch.Generator().manual_seed(seed)
    pad = tokenizer.pad_token_id
    while True:
        pool = [encode(tokenizer, item) for item in islice(stream, batch_size * BUCKET)]
        pool.sort(key=lambda pair: len(pair[0]))
        for index in torch.randperm(BUCKET, generator=generator).tolist():
            rows = pool[index * batch_size : (index + 1) * batch_size]
            width = max(len(ids) for ids, _labels in rows)
            yield (
                torch.tensor([ids + [pad] * (width - len(ids)) for ids, _ in rows]),
                torch.tensor([row + [IGNORED] * (width - len(row)) for _, row in rows]),
            )


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warm-up over 60 steps, then a cosine to a twentieth of the peak."""
    if step < 60:
        return peak * (step + 1) / 60
    return peak * (0.05 + 0.475 * (1 + math.cos(math.pi * min(1.0, step / steps))))


def loss_of(model: LlamaForCausalLM, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the draft's tokens."""
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
    wanted = labels[:, 1:]
    counted = wanted != IGNORED  # the vocabulary is multiplied out for these alone
    logits = model.lm_head(hidden[counted]).float()
    return torch.nn.functional.cross_entropy(logits, wanted[counted])


def export(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write a Hugging Face folder in float16."""
    import copy

    half = copy.deepcopy(model).half()
    half.generation_config.eos_token_id = tokenizer.eos_token_id
    half.generation_config.pad_token_id = tokenizer.pad_token_id
    half.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--peak-lr", type=float, default=1.5e-3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="the folder to write")
    parser.add_argument("--resume", action="store_true", help="go on from what is in the folder")
    parser.add_argument("--export-every", type=int, default=250)
    parser.add_argument(
        "--bfloat16", action="store_true", help="multiply in bfloat16: faster with AVX512-BF16"
    )
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    if args.resume:
        tokenizer = PreTrainedTokenizerFast.from_pretrained(args.out)
        model = LlamaForCausalLM.from_pretrained(args.out, dtype=torch.float32)
    else:
        tokenizer = train_tokenizer(args.seed)
        model = LlamaForCausalLM(config_for(tokenizer))
    print(f"{sum(p.numel() for p in model.parameters()):,} parameters", flush=True)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.05, betas=(0.9, 0.95))
    started, tokens = time.monotonic(), 0
    for step, (ids, labels) in enumerate(
        islice(batches(tokenizer, args.batch_size, args.seed), args.steps)
    ):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(step, args.steps, args.peak_lr)
        with torch.autocast("cpu", torch.bfloat16, enabled=args.bfloat16):
            loss = loss_of(model, ids, labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += ids.numel()
        if step % 25 == 0:
            passed = time.monotonic() - started
            print(f"step {step} loss {loss.item():.4f} "
                  f"{tokens / passed:.0f} tok/s {passed:.0f} s", flush=True)  # fmt: skip
        if (step + 1) % args.export_every == 0 or step + 1 == args.steps:
            export(model, tokenizer, args.out)


if __name__ == "__main__":
    main()
