"""A remote engine that speaks the OpenAI protocol: `vllm serve`, a cluster of them, or another.

Urgency and prediction travel twice. In `vllm_xargs`, for a vLLM that was started with our
scheduler. And packed into the integer `priority`, which is all that a stock one reads (with
--scheduling-policy priority); it then serves waiting requests in our order, but takes no slot
away and learns of no new urgency. Others ignore both.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx

from scheduler.engine.packing import pack_priority
from triage.llm.engines.base import Delta, Engine, GenerationRequest
from triage.llm.engines.errors import EngineDead, EngineError, PromptTooLong

CONNECT_TIMEOUT_S = 5.0
# Between two pieces of an answer; an urgent request is never kept that long, a calm one may be.
READ_TIMEOUT_S = 600.0
_END = "[DONE]"
_REFUSED_FOR_GOOD = {400, 401, 403, 404, 422}


class OpenAIEngine(Engine):
    """One HTTP stream per draft."""

    def __init__(self, *, base_url: str, model: str = "", api_key: str = "") -> None:
        self.model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._base_url = base_url.rstrip("/")
        self._headers = headers
        self._away = f"The language model's server at {self._base_url} cannot be reached."
        self._client = self._new_client()

    def _new_client(self) -> httpx.AsyncClient:
        timeout = httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S)
        limits = httpx.Limits(max_connections=None)
        return httpx.AsyncClient(headers=self._headers, timeout=timeout, limits=limits)

    async def start(self) -> None:
        """Ask the server for its models; one of another name is replaced by the only one.

        Raises EngineError; may be called again, also after `stop`.
        """
        if self._client.is_closed:
            self._client = self._new_client()
        served = await self._served_models()
        if self.model in served:
            return
        if len(served) != 1:
            raise EngineError(
                f"{self._base_url} serves {', '.join(served) or 'no model'}; set "
                "TRIAGE_LLM_MODEL to one of them.",
                permanent=True,
            )
        self.model = served[0]

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [*request.messages],
            "stream": True,
            "temperature": 0.0,
            "max_tokens": request.max_tokens,
            "return_token_ids": True,
            "priority": pack_priority(request.urgency, request.predicted_tokens),
            "vllm_xargs": {
                "job_id": request.job_id,
                "urgency": request.urgency,
                "predicted_output_tokens": request.predicted_tokens,
            },
        }
        if request.json_schema is not None:
            answer = {"name": "answer", "schema": request.json_schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": answer}
        if request.continuation:
            body["messages"].append({"role": "assistant", "content": request.continuation})
            body |= {"continue_final_message": True, "add_generation_prompt": False}
        try:
            async with self._client.stream(
                "POST", f"{self._base_url}/chat/completions", json=body
            ) as response:
                await _raise_for(response)
                async for line in response.aiter_lines():
                    delta = _delta_of(line)
                    if delta is not None:
                        yield delta
        except httpx.ConnectError as error:
            raise EngineDead(self._away) from error
        except httpx.HTTPError as error:
            raise EngineError(f"The connection to {self._base_url} broke: {error!r}.") from error

    async def retriage(self, job_id: str, urgency: int, predicted_tokens: int) -> None:
        body = {
            "model": self.model,
            "prompt": ".",
            "max_tokens": 1,
            "priority": 0,  # a stock server only wastes a token on it: at once, then
            "vllm_xargs": {
                "retriage_job_id": job_id,
                "urgency": urgency,
                "predicted_remaining_tokens": predicted_tokens,
            },
        }
        try:
            await self._client.post(f"{self._base_url}/completions", json=body)
        except httpx.ConnectError as error:
            raise EngineDead(self._away) from error
        except httpx.HTTPError as error:
            raise EngineError(f"The connection to {self._base_url} broke: {error!r}.") from error

    async def healthy(self) -> bool:
        try:
            return bool(await self._served_models())
        except EngineError:
            return False

    async def stats(self) -> dict[str, Any]:
        return {}  # a remote scheduler's counters are read where it runs

    async def stop(self) -> None:
        await self._client.aclose()

    async def _served_models(self) -> list[str]:
        try:
            response = await self._client.get(f"{self._base_url}/models", timeout=10)
        except httpx.HTTPError as error:
            raise EngineDead(self._away) from error
        await _raise_for(response)
        return [str(entry["id"]) for entry in response.json().get("data", [])]


async def _raise_for(response: httpx.Response) -> None:
    """Turn a refusal into an error that says whether trying again is any use."""
    if response.is_success:
        return
    text = (await response.aread()).decode(errors="replace")[:300]
    if response.status_code == 400 and ("context length" in text or "too long" in text):
        raise PromptTooLong(f"The report and its card do not fit the model: {text}")
    raise EngineError(
        f"The language model's server answered {response.status_code}: {text}",
        permanent=response.status_code in _REFUSED_FOR_GOOD,
    )


def _delta_of(line: str) -> Delta | None:
    """One event of the stream. Raises EngineError when the server reports one in it."""
    if not line.startswith("data:"):
        return None
    data = line.removeprefix("data:").strip()
    if not data or data == _END:
        return None
    event = json.loads(data)
    if "error" in event:
        raise EngineError(f"The language model's server failed: {event['error']}")
    if not event.get("choices"):
        return None
    choice = event["choices"][0]
    text = choice.get("delta", {}).get("content") or ""
    reason = choice.get("finish_reason")
    ids = choice.get("token_ids")
    if not text and not reason and not ids:
        return None
    # Servers that do not tell the ids send about one token a piece.
    return Delta(text, len(ids) if ids is not None else int(bool(text)), reason)
