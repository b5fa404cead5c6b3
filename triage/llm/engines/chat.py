"""Chat templates, as they come with models of any make."""

from collections.abc import Sequence
from typing import Any

from triage.llm.engines.base import Message
from triage.llm.engines.errors import EngineError


def render_chat(tokenizer: Any, messages: Sequence[Message], model: str) -> str:
    """The prompt up to where the answer begins.

    What is written of an answer already is put right behind it, so going on needs nothing of
    the template. A template that refuses a system message gets it at the head of the user's.
    Raises EngineError (permanent) when the model has no usable template.
    """
    for attempt in (list(messages), merge_system_message(messages)):
        try:
            return str(
                tokenizer.apply_chat_template(attempt, tokenize=False, add_generation_prompt=True)
            )
        except Exception as error:  # templates raise what they like
            reason = error
    raise EngineError(
        f"The model {model} cannot be asked in a chat: {reason}. Choose an instruct model with "
        "a chat template (TRIAGE_LLM_MODEL).",
        permanent=True,
    )


def merge_system_message(messages: Sequence[Message]) -> list[Message]:
    """The same chat without a system role."""
    if len(messages) < 2 or messages[0]["role"] != "system":
        return list(messages)
    head, first, *rest = messages
    merged = {"role": first["role"], "content": f"{head['content']}\n\n{first['content']}"}
    return [merged, *rest]
