"""CloudEvents 1.0 in structured mode: the report is `data`; source and id are the dedupe key."""

from typing import Any

from rest_framework.exceptions import ValidationError

REQUIRED = ("id", "source", "specversion", "type")


def unwrap(body: Any) -> tuple[Any, str]:
    """The report inside the envelope and its idempotency key; a plain body as it is.

    Raises ValidationError naming each attribute that is missing or not text.
    """
    if not isinstance(body, dict) or "specversion" not in body:
        return body, ""
    wrong = {
        name: ["CloudEvents needs this attribute, as text."]
        for name in REQUIRED
        if not isinstance(body.get(name), str) or not body[name]
    }
    if not wrong and body["specversion"] != "1.0":
        wrong["specversion"] = ["Only 1.0 is understood."]
    if "data" not in body:
        wrong["data"] = ["The report goes here."]
    if wrong:
        raise ValidationError(wrong)
    return body["data"], f"{body['source']} {body['id']}"
