"""A trickle of sample incidents, so that a demo has something to show."""

import asyncio
import random

from asgiref.sync import sync_to_async

from triage.actions import intake
from triage.demo.data import SOURCE_SLUG
from triage.demo.messages import MESSAGES
from triage.models import Incident, Source

MEAN_GAP_S = 12.0
MAX_WAITING = 40  # a demo left alone must not fill the disk's queue


async def run(seed: int = 1, mean_gap_s: float = MEAN_GAP_S) -> None:
    """Submit the sample messages one by one, for ever, in an order fixed by the seed."""
    rng = random.Random(seed)
    while True:
        for sample in rng.sample(MESSAGES, len(MESSAGES)):
            await sync_to_async(_submit)(sample)
            await asyncio.sleep(min(60.0, rng.expovariate(1 / mean_gap_s)))


def _submit(sample: intake.NewReport) -> None:
    unfinished = Incident.objects.filter(drafts__status__in=["queued", "running"])
    if unfinished.count() < MAX_WAITING:
        intake.submit(sample, source=Source.objects.filter(slug=SOURCE_SLUG).first())
