"""What the two evaluation commands share: their file, their engine, their errors."""

import asyncio
from argparse import ArgumentParser
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from django.core.management.base import CommandError

from triage.classify import UrgencyModel
from triage.config.env import Env
from triage.llm.engines import Engine, EngineError, make_engine
from triage.llm.evaluation.cases import Case, prepare, read_rows

T = TypeVar("T")


def add_arguments(parser: ArgumentParser, default: Path | None = None) -> None:
    """FILE, which may be left out when there is a default; --json, --limit, --model."""
    optional: dict[str, Any] = {"nargs": "?", "default": default} if default else {}
    parser.add_argument("file", type=Path, help='one {"id", "text", ...} a line', **optional)
    parser.add_argument("--json", action="store_true", help="the whole result as JSON")
    parser.add_argument("--limit", type=int, default=0, help="only the first so many messages")
    parser.add_argument("--model", default="", help="another model than TRIAGE_LLM_MODEL")


def read_cases(options: dict[str, Any], model: UrgencyModel | None) -> list[Case]:
    """The file's messages, prepared. Raises CommandError in a sentence."""
    try:
        rows = read_rows(options["file"])
    except (OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    return prepare(rows[: options["limit"] or None], model)


def with_engine(
    env: Env, options: dict[str, Any], work: Callable[[Engine], Awaitable[T]]
) -> tuple[T, str]:
    """What `work` makes of a started engine, and the model's name. Raises CommandError."""
    engine = make_engine(replace(env, llm_model=options["model"]) if options["model"] else env)

    async def run() -> T:
        try:
            await engine.start()
            return await work(engine)
        finally:
            await engine.stop()

    try:
        return asyncio.run(run()), engine.model
    except EngineError as error:
        raise CommandError(error.reason) from error
