"""Template filters of the console."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from triage.models import Assessment, Urgency

register = template.Library()
SHAPES = ("▲", "◆", "■", "●", "○")  # told apart without colour
VOICES = {"vitals": "Vital signs", "llm": "Language model"}


@register.filter
def shape(level: int | None) -> str:
    """The level's shape."""
    return SHAPES[level] if level is not None else "?"


@register.filter
def voice_name(name: str) -> str:
    """What a dispatcher reads for a voice's name in the record."""
    return VOICES.get(name, name.replace("_", " ").capitalize())


@register.filter
def level_name(level: int | None) -> str:
    """The level's word."""
    return str(Urgency(level).label) if level is not None else "Level pending"


@register.filter
def highlighted(message: str, assessment: Assessment | None) -> SafeString:
    """The message with the evidence marked; everything in it is escaped."""
    pieces: list[tuple[str, str, str]] = []
    end = 0
    spans = sorted(assessment.evidence, key=lambda item: item["start"]) if assessment else []
    for item in spans:
        if item["start"] < end or item["end"] > len(message):
            continue
        pieces.append((message[end : item["start"]], item["reason"],
                       message[item["start"] : item["end"]]))  # fmt: skip
        end = item["end"]
    marked = format_html_join(
        "", '{}<mark title="{}">{}</mark>', ((plain, why, hit) for plain, why, hit in pieces)
    )
    return format_html("{}{}", marked, message[end:])


@register.filter
def percent(share: float | None) -> str:
    """A share as whole per cent."""
    return "" if share is None else f"{round(100 * share)} %"


@register.filter
def in_percent(share: float | None) -> str:
    """0.034 → "3.4", for a table of per cents; nothing for None."""
    return "" if share is None else f"{100 * share:.1f}"
