"""Measure the real engine on this machine and write a cost model for the simulator."""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from scheduler.engine.calibration import calibrate
from scheduler.engine.client import BenchEngine
from scheduler.engine.model import Model, find_model


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", type=Path, help="model folder (default: the bundled one)")
    parser.add_argument("--out", type=Path, help="write the cost model to this file")
    parser.add_argument("--slots", type=int, default=8, help="running requests at most")
    parser.add_argument("--max-model-len", type=int, default=1024, help="longest context, tokens")
    parser.add_argument("--samples", type=int, default=5, help="measurements of a size")
    parser.add_argument("--json", action="store_true", help="print it, too")


def run(args: argparse.Namespace) -> None:
    for name in ("slots", "samples"):
        if getattr(args, name) < 1:
            raise ValueError(f"{name}: a whole number above 0 is needed")
    model = find_model(args.model)
    if not 64 < args.max_model_len <= model.max_positions:
        raise ValueError(f"max-model-len: a number from 65 to {model.max_positions} is needed")
    found = asyncio.run(_measure(model, args))
    if args.out:
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    if args.json:
        print(json.dumps(found))
        return
    error = found["median_relative_error"]
    print(f"prefill {found['c1']:.3e}·p² + {found['c2']:.3e}·p s   ({error['prefill']:.0%} off)")
    print(f"decode  {found['d1']:.3e}·context + {found['d2']:.3e} s   ({error['decode']:.0%} off)")
    print(f"KV cache {found['kv_tokens']} tokens in blocks of {found['block_tokens']}")


async def _measure(model: Model, args: argparse.Namespace) -> dict[str, Any]:
    engine = await BenchEngine.start(
        "fcfs", model, slots=args.slots, max_model_len=args.max_model_len
    )
    try:
        return await calibrate(
            engine,
            model,
            slots=args.slots,
            max_model_len=args.max_model_len,
            samples=args.samples,
            say=lambda text: print(text, file=sys.stderr, flush=True),
        )
    finally:
        engine.stop()
