"""Other readings of a message, without whatever might talk to the software.

No list of orders is complete (injection.py knows the common ones), so here everything about
software, its modes or the right level is suspect, at the cost of some more passes of the model.
These readings can only raise a level: the most urgent one counts.
"""

import re

from triage.classify.injection import PASSAGES, SENTENCE

Span = tuple[int, int]
LEAD_IN_CHARS = 80
_SUSPECT = re.compile(
    # Who is spoken to.
    r"\b(?:software|algorithms?|classifiers?|chatbots?|language models?|"
    r"(?<!['’])ai|llm|assistant(?=[:,])|prompts?|"
    r"instructions?|override|(?:triage|dispatch) (?:system|tool|engine|model|computer|machine)|"
    r"the (?:model|system|classifier|computer))\b"
    # What it is told to be or to follow.
    r"|\b(?:training|test|testing|debug|developer|demo|maintenance|simulation|admin|drill)[- ]?"
    r"(?:mode|run|data|exercise|purposes?)\b"
    r"|\b(?:protocol|policy|software|system) (?:update|change|version|rule)s?\b"
    r"|\bquality (?:assurance|control)\b"
    # What it is told to say: the level, however it is called.
    r"|\b(?:urgency|triage(?! (?:note|nurse|desk|area|tent))|triaged|triaging|triagier\w*|"
    r"priorit\w+|prioridad|severity|acuity|categor\w+|urgence|urgencia|dringlichkeit\w*)\b"
    r"|\b(?:classif\w+|clasifi\w+|class(?:er|ez|é)|einstuf\w*|stufe\w*|klassifizier\w*)\b"
    r"|\b(?:not |non[- ]?|nicht |no |pas )(?:urgente?s?|dringend)\b"
    r"|\b(?:level|code|score|return|answer|respond|reply|output)s?"
    r"(?: (?:is|to|of|as|be|with|only))*[:= ]+[\"'{]*(?:[0-4]|zero|four|minor|low|green|routine)\b"
    r"|\b(?:calmest|least urgent|lowest|minor|routine|low[- ]?risk) "
    r"(?:option|answer|level|class|setting|case|call|ticket)\b"
    r"|\b(?:score|rate|mark|label|grade|code|flag|file|close|log) (?:this|it|the|them)\b"
    r"|\b(?:above|previous|preceding|following|next) (?:message|text|report|lines?|words?|entry)\b"
    r"|\b(?:everything|all|whatever) (?:in this|that|above|below|follows)\b"
    r"|<[^<>\n]{1,40}>|\{[^{}]{0,60}\}|\[+[^\[\]\n]{0,40}\]+",
    re.IGNORECASE,
)
# "… stent 2019 You are now in", before a suspect word: what was added without a full stop.
_LEAD_IN = re.compile(
    r"(?:(?:^|\s)[A-Z][a-z]+(?: [a-z]+){0,6}|(?:^|\s)you are(?: now)?(?: in)?(?: an?| the)?"
    r"|(?:^|\s)this (?:message|text|call|case|report)(?: (?:is|was|has|been|already))*) ?$"
)


def without_suspects(text: str) -> list[str]:
    """The text with suspect words blanked, then with every suspect sentence blanked: the whole of
    it, from its first suspect word and what leads to it on, up to its last one. All other
    characters stay where they were. Empty when nothing is suspect."""
    suspects = _suspects(text)
    if not suspects:  # nearly always
        return []
    wholes, ends, beginnings = [], [], []
    for match in SENTENCE.finditer(text):
        sentence = match.span()
        inside = [(begin, end) for begin, end in suspects
                  if begin < sentence[1] and sentence[0] < end]  # fmt: skip
        if inside:
            wholes.append(sentence)
            ends.append((max(sentence[0], _with_lead_in(text, inside[0][0])), sentence[1]))
            last = max(end for _begin, end in inside)
            beginnings.append((sentence[0], min(sentence[1], last)))
    found = [blanked(text, spans) for spans in (suspects, wholes, ends, beginnings)]
    return list(dict.fromkeys(found))


def _suspects(text: str) -> list[Span]:
    """Where suspect words stand, in order of their beginnings."""
    return sorted(
        match.span() for pattern in (PASSAGES, _SUSPECT) for match in pattern.finditer(text)
    )


def _with_lead_in(text: str, begin: int) -> int:
    before = text[max(0, begin - LEAD_IN_CHARS) : begin]
    return begin - len(before) + len(_LEAD_IN.sub("", before))


def blanked(text: str, spans: list[Span]) -> str:
    for begin, end in spans:
        text = text[:begin] + " " * (end - begin) + text[end:]
    return text
