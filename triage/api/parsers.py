"""JSON bodies, read strictly: what is ambiguous is refused, not guessed."""

import json
from typing import Any

from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BODY_BYTES = 256 * 1024
MAX_DEPTH = 20


class BodyTooLarge(APIException):
    status_code = 413
    default_detail = f"The body is larger than {MAX_BODY_BYTES // 1024} KiB."
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without duplicate names, NaN, deep nesting or oversized bodies.

    `media_type` also takes CloudEvents in structured mode.
    """

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context=None) -> Any:
        declared = int(stream.META.get("CONTENT_LENGTH") or 0) if hasattr(stream, "META") else 0
        if declared > MAX_BODY_BYTES:
            raise BodyTooLarge
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        try:
            data = json.loads(
                body.decode("utf-8"), object_pairs_hook=_no_doubles, parse_constant=_no_constant
            )
        except UnicodeDecodeError as error:
            raise ParseError(f"The body is not UTF-8 (byte {error.start}).") from error
        except json.JSONDecodeError as error:
            raise ParseError(
                f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
            ) from error
        except RecursionError as error:
            raise ParseError("The body is nested too deeply.") from error
        except ValueError as error:
            raise ParseError(str(error)) from error
        if _depth(data) > MAX_DEPTH:
            raise ParseError(f"The body is nested deeper than {MAX_DEPTH} levels.")
        return data


class CloudEventsParser(StrictJSONParser):
    media_type = "application/cloudevents+json"


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"The name {name[:80]!r} appears twice in one object.")
        found[name] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number.")


def _depth(value: Any) -> int:
    deepest, level = 0, [value]
    while level and deepest <= MAX_DEPTH:
        deepest += 1
        level = [
            child
            for item in level
            if isinstance(item, dict | list)
            for child in (item.values() if isinstance(item, dict) else item)
        ]
    return deepest
