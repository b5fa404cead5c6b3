"""The two outside checks: `smoke` (nothing lost) and `backlog` (the urgent one goes first)."""

import asyncio
import statistics
import time
import uuid
from collections import defaultdict
from typing import Any

import httpx

from triage.smoke.live import Follower, Watched, follower
from triage.smoke.messages import CALM, IMMEDIATE, MIXED

MAX_URGENT = 5
POSTS_AT_ONCE = 20  # faster than the drafts are written, or no backlog would ever stand


async def smoke(base_url: str, token: str, timeout_s: float) -> dict[str, Any]:
    """Post 20 mixed incidents and follow each to its end. The figures of `make smoke`."""
    async with _client(base_url, token) as client, follower(base_url, token) as live:
        posts_ms: list[float] = []
        for message in MIXED:
            started = time.monotonic()
            incident_id = await _post(client, message)
            posts_ms.append(1000 * (time.monotonic() - started))
            await live.watch(incident_id, started)
        await _until(live, lambda: all(item.ended for item in live.watched.values()), timeout_s)
        watched = list(live.watched.values())
        equal = await _equal_to_stored(client, watched)
        done = sum(
            item.status == "done" and same for item, same in zip(watched, equal, strict=True)
        )
        classified = [
            1000 * (item.classified_s - item.submitted_s) for item in watched if item.classified_s
        ]
        return {
            "accepted": len(watched),
            "classified": len(classified),
            "done": done,
            "lost": len(MIXED) - done,
            "post_p95_ms": _p95(posts_ms),
            "classified_p95_ms": _p95(classified),
            "ttft_p50_s": _ttft_by_level(watched),
            "resyncs": live.resyncs,
        }


async def backlog(base_url: str, token: str, count: int, timeout_s: float) -> dict[str, Any]:
    """Queue `count` calm drafts, then one immediate incident: how soon does its text come?

    Repeated, with more calm ones, when a slot happened to become free in that very moment, so
    that no preemption was needed; `ttft_s` is that of the slowest.
    """
    async with (
        _client(base_url, token) as client,
        follower(base_url, token, board=True) as live,
    ):
        urgent: list[Watched] = []
        backlogs: list[int] = []
        await _fill(client, live, count, timeout_s)
        before = after = await _counters(client)
        while after == before and len(urgent) < MAX_URGENT:
            await _fill(client, live, count, timeout_s)
            backlogs.append(sum(not item.ended for item in live.watched.values()))
            submitted = time.monotonic()
            urgent_id = await _post(client, IMMEDIATE)
            await live.watch(urgent_id, submitted)
            one = live.watched[urgent_id]
            urgent.append(one)
            await _until(live, lambda one=one: one.first_text_s is not None, timeout_s)
            await asyncio.sleep(1.5)  # the counters come from the engine about twice a second
            after = await _counters(client)
        waits = [(one.first_text_s or time.monotonic()) - one.submitted_s for one in urgent]
        return {
            "backlog": min(backlogs),
            "urgency": max(4 if one.urgency is None else one.urgency for one in urgent),
            "ttft_s": round(max(waits), 3),
            "urgent": len(urgent),
            "slot_preemptions_before": before,
            "slot_preemptions_after": after,
        }


async def _fill(client: httpx.AsyncClient, live: Follower, count: int, timeout_s: float) -> None:
    """Post calm reports until `count` of their drafts wait or are written, and some have begun."""
    deadline = time.monotonic() + timeout_s
    posted = 0
    while time.monotonic() < deadline:
        unfinished = [item for item in live.watched.values() if not item.ended]
        if len(unfinished) < count:
            posts = (_post(client, CALM[(posted + n) % len(CALM)]) for n in range(POSTS_AT_ONCE))
            posted += POSTS_AT_ONCE
            for incident_id in await asyncio.gather(*posts):
                await live.watch(incident_id, time.monotonic())
        elif sum(bool(item.text) for item in unfinished) >= 2 and all(
            item.classified_s for item in unfinished
        ):
            return
        else:
            await asyncio.sleep(0.05)


def _client(base_url: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )


async def _post(client: httpx.AsyncClient, message: dict[str, Any]) -> str:
    response = await client.post(
        "/api/v1/incidents/", json=message, headers={"Idempotency-Key": uuid.uuid4().hex}
    )
    response.raise_for_status()
    return response.json()["id"]


async def _counters(client: httpx.AsyncClient) -> int:
    response = await client.get("/api/v1/system/")
    return int(response.raise_for_status().json().get("slot_preemptions_total", 0))


async def _until(live: Follower, condition, timeout_s: float) -> None:
    """Wait for a condition on what the follower sees; give up silently after the time."""
    deadline = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < deadline:
        live.changed.clear()
        try:
            await asyncio.wait_for(live.changed.wait(), timeout=0.5)
        except TimeoutError:
            continue


async def _equal_to_stored(client: httpx.AsyncClient, watched: list[Watched]) -> list[bool]:
    """Whether each text from the websocket is the stored one, to the letter."""
    equal = []
    for item in watched:
        stored = (await client.get(f"/api/v1/drafts/{item.draft_id}/")) if item.draft_id else None
        equal.append(
            stored is not None
            and stored.status_code == 200
            and stored.json()["text"] == item.text
            and bool(item.text)
        )
    return equal


def _ttft_by_level(watched: list[Watched]) -> dict[str, float]:
    by_level: dict[int, list[float]] = defaultdict(list)
    for item in watched:
        if item.first_text_s is not None and item.urgency is not None:
            by_level[item.urgency].append(item.first_text_s - item.submitted_s)
    return {str(level): round(statistics.median(by_level[level]), 3) for level in sorted(by_level)}


def _p95(values: list[float]) -> float | None:
    if not values:
        return None
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))], 1)
