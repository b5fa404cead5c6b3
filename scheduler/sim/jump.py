"""Many equal steps at once: time as a function of the step, and back.

Step i (from 0) of a jump takes `first_s + i · slope_s` seconds: the context of a decoding batch
grows by one token per job and step. So n steps take n · first_s + slope_s · n(n-1)/2.
"""

import math
from dataclasses import dataclass


@dataclass(slots=True)
class Jump:
    """`num_steps` steps from `start_s` on. All times in seconds."""

    start_s: float
    num_steps: int
    first_s: float
    slope_s: float = 0.0

    def end_s(self, num_steps: int) -> float:
        """When that many steps are done."""
        return (
            self.start_s + num_steps * self.first_s + self.slope_s * num_steps * (num_steps - 1) / 2
        )

    def steps_by(self, now_s: float) -> int:
        """How many steps are done by then: the inverse of `end_s`, rounded down."""
        if self.end_s(1) > now_s:
            return 0
        passed = now_s - self.start_s
        linear = self.first_s - self.slope_s / 2
        denominator = linear + math.sqrt(linear * linear + 2 * self.slope_s * passed)
        if denominator <= 0:
            return self.num_steps  # steps that take no time
        num_steps = min(self.num_steps, int(2 * passed / denominator))
        while num_steps < self.num_steps and self.end_s(num_steps + 1) <= now_s:
            num_steps += 1  # rounding
        while num_steps and self.end_s(num_steps) > now_s:
            num_steps -= 1
        return num_steps

    def cut(self, now_s: float) -> bool:
        """End at the first boundary from `now_s` on, after one step at least. True if sooner."""
        num_steps = self.steps_by(now_s)
        if num_steps == 0 or self.end_s(num_steps) < now_s:
            num_steps += 1
        if num_steps >= self.num_steps:
            return False
        self.num_steps = num_steps
        return True
