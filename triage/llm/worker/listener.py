"""Asking the engine for its opinion on the urgency, beside the drafts (TRIAGE_LLM_VOICE)."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import aclosing

from triage.actions import voices
from triage.classify import Voice
from triage.llm import voice as opinion
from triage.llm.engines import Engine, EngineDead, EngineError, GenerationRequest
from triage.llm.worker.database import Database
from triage.models import Incident

log = logging.getLogger(__name__)

AT_ONCE = 2
# It may find an emergency that nobody else saw, and takes a few dozen tokens: ahead of all
# drafts but those of people in danger.
URGENCY = 1
PREDICTED_TOKENS = 60
UNREADABLE = "gave no readable answer"


class Listener:
    """Asks about incidents until cancelled; `on_death` is told of a dead engine."""

    def __init__(
        self, engine: Engine, database: Database, on_death: Callable[[EngineDead], None]
    ) -> None:
        self._engine = engine
        self._database = database
        self._on_death = on_death
        self._asking: set[asyncio.Task[None]] = set()

    async def step(self) -> None:
        """Take on as many incidents as there is room for."""
        room = AT_ONCE - len(self._asking)
        if room < 1:
            return
        for incident in await self._database.run(voices.claim_unheard, room):
            task = asyncio.create_task(self._ask(incident), name=f"voice-{incident.pk}")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def close(self) -> None:
        """Ask no more; whoever was not answered is asked about again, by any worker."""
        tasks = list(self._asking)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, incident: Incident) -> None:
        try:
            voice = await self._answer(incident)
            await self._database.insist(voices.hear, incident.pk, voice, self._engine.model)
        except EngineDead as error:
            self._on_death(error)
        except EngineError as error:  # asked again in a minute
            log.warning("No opinion on incident %s: %s", incident.pk, error.reason)
        except Exception:
            log.exception("The language model could not be heard on incident %s", incident.pk)

    async def _answer(self, incident: Incident) -> Voice:
        request = GenerationRequest(
            job_id=f"voice-{incident.pk}",
            messages=opinion.build_messages(
                incident.message,
                age_years=incident.age_years,
                sex=incident.sex,
                location=incident.location,
            ),
            urgency=URGENCY,
            predicted_tokens=PREDICTED_TOKENS,
            max_tokens=opinion.MAX_TOKENS,
            json_schema=opinion.schema(),
        )
        text = ""
        async with aclosing(self._engine.generate(request)) as deltas:
            async for delta in deltas:
                text += delta.text
        try:
            return opinion.read(text, incident.message)
        except ValueError as error:
            log.warning("Incident %s: %s", incident.pk, error)
            return Voice(opinion.NAME, None, UNREADABLE)
