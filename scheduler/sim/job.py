"""A request on its way through the simulated engine, and what a whole run amounts to."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scheduler.sim.workload import Request

if TYPE_CHECKING:
    from scheduler.sim.engine import Engine


@dataclass(slots=True, eq=False)
class SimJob:
    """Satisfies scheduler.job.Job. Times are seconds on the virtual clock."""

    request: Request
    job_id: int
    urgency: int  # as predicted: what the policy sees
    arrival_s: float
    prompt_tokens: int
    predicted_output_tokens: float
    unread_tokens: int  # must be (re-)read before the next token
    load_s: float = 0.0  # must be waited for before that: cache on its way from the host
    first_token_s: float | None = None
    end_s: float | None = None
    slot_s: float = 0.0  # seconds in a slot
    num_preemptions: int = 0
    level_probabilities: tuple[float, ...] | None = None
    level: int = 0  # the policy's class, kept while it holds a slot
    seat: "Engine | None" = None  # where it has, or was promised, a slot
    home: "Engine | None" = None  # where it runs, or ran last and may have cache
    decoder: "Engine | None" = None  # where it decodes now: progress is read from there
    base: int = 0  # the engine's step count less the tokens generated
    end_step: int = -1  # the engine's step count when the last token is out
    grow_step: int = -1  # … when it needs another block
    rise_step: int = -1  # … when the key may grow
    since_s: float = 0.0  # when it got its slot
    _generated: int = 0

    @classmethod
    def of(cls, request: Request, job_id: int) -> "SimJob":
        """A request that has just arrived; ids are unique in a run."""
        return cls(
            request, job_id, getattr(request, "seen_urgency", request.urgency),
            request.arrival_s, request.prompt_tokens, request.predicted_output_tokens,
            request.prompt_tokens,
        )  # fmt: skip

    @property
    def generated_tokens(self) -> int:
        decoder = self.decoder
        return self._generated if decoder is None else decoder.steps - self.base

    def start_decoding(self, engine: "Engine", steps: int) -> None:
        """From that step of the engine on, each one gives the job a token."""
        self.base = steps - self._generated
        self.end_step = self.base + self.request.output_tokens
        self.decoder = engine

    def stop_decoding(self) -> None:
        """It has what it has."""
        self._generated = self.generated_tokens
        self.decoder, self.end_step, self.grow_step, self.rise_step = None, -1, -1, -1

    @property
    def context_tokens(self) -> int:
        return self.prompt_tokens + self.generated_tokens

    @property
    def computed_tokens(self) -> int:
        """Tokens of context whose keys and values exist, here or in the host's memory."""
        return self.prompt_tokens + self.generated_tokens - self.unread_tokens

    @property
    def left(self) -> int:
        return self.request.output_tokens - self.generated_tokens

    @property
    def must_read(self) -> bool:
        return self.unread_tokens > 0 or self.load_s > 0


@dataclass(slots=True)
class Result:
    """What happened: the jobs with their moments, and the engines' counters."""

    jobs: list[SimJob]
    end_s: float = 0.0
    preemptions: int = 0  # a running job lost its slot
    reread_tokens: int = 0  # computed once, dropped, and computed again
    swapped_tokens: int = 0  # moved to the host's memory
    inversion_s: float = 0.0  # Σ over time of jobs waiting while a calmer one holds a slot
    kv_peak_blocks: int = 0  # of the fullest engine
    num_decisions: int = 0
    decision_s: list[float] = field(default_factory=list)  # wall-clock, only with a clock
