"""What the scheduler inside an engine is told, through the environment of its process."""

import os
from collections.abc import Mapping
from dataclasses import dataclass

POLICY_VARIABLE = "SEMTRIAGE_POLICY"
STATS_VARIABLE = "SEMTRIAGE_STATS_FILE"
CALM_TOKENS_VARIABLE = "SEMTRIAGE_CALM_STEP_TOKENS"
DEFAULT_POLICY = "semantic-plus"
CALM_SHARE, MIN_CALM_TOKENS = 0.125, 256  # of a step's tokens


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """`stats_path`: file for the counters, empty for none. `calm_tokens`: prompt tokens that a
    step reads for calm requests while urgent ones are likely."""

    policy: str
    stats_path: str
    calm_tokens: int

    @classmethod
    def read(
        cls,
        step_tokens: int,
        environment: Mapping[str, str] = os.environ,
        *,
        may_split: bool = True,
    ) -> "EngineOptions":
        """`step_tokens`: most tokens of a step. `may_split`: whether a prompt may be read in
        pieces; one that may not needs a step that holds all of it. Raises ValueError naming a
        wrong variable."""
        told = environment.get(CALM_TOKENS_VARIABLE, "")
        if told and not told.isdecimal():
            raise ValueError(f"{CALM_TOKENS_VARIABLE}: a whole number of tokens is needed, 0: any")
        calm_tokens = int(told) if told else max(MIN_CALM_TOKENS, int(CALM_SHARE * step_tokens))
        return cls(
            policy=environment.get(POLICY_VARIABLE) or DEFAULT_POLICY,
            stats_path=environment.get(STATS_VARIABLE, ""),
            calm_tokens=calm_tokens if calm_tokens and may_split else step_tokens,
        )
