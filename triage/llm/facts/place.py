"""Where it is, in the caller's own words: an address, a road, or a named kind of place."""

import re

from triage.classify.negation import is_negated

_STREET = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|drive|close|court|way|walk|square|terrace|crescent|"
    r"gardens|row|boulevard|blvd|highway|parade|quay|grove|mews)"
)
_NOT_A_NAME = (
    r"(?:hours?|minutes?|mins?|days?|weeks?|months?|years?|times|of|on|in|the|my|a|ago|to|per|and|"
    r"at|is|was|old|year|metres?|meters?|feet|people|cars?)"
)
_ADDRESSES = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (
            r"\b(?:(?:flat|apt\.?|apartment|unit|room) \d+[a-z]?,? )?\b\d{1,4}[a-z]?,? "
            rf"(?:(?!{_NOT_A_NAME}\b)[\w'’-]+ ){{1,3}}?{_STREET}\b(?!['’])",
            re.IGNORECASE,
        ),
        (
            r"\b\d{1,4} ?(?:bis|ter)?,? (?:rue|avenue|boulevard|place|chemin|allée|impasse|quai|"
            r"route|cours) (?:(?:de|du|des|la|le|les) |[dl]['’])*[\w'’-]+(?: [A-ZÀ-Ý][\w'’-]*)*",
            re.IGNORECASE,
        ),
        (
            r"\b(?:calle|avenida|avda\.?|plaza|paseo|carretera) (?:(?:de|del|la|las|los|el) )*"
            r"[\w'’-]+(?: [A-ZÁÉÍÓÚ][\w'’-]*)*,? (?:número )?\d{1,4}\b",
            re.IGNORECASE,
        ),
        (
            r"\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|gasse|platz|allee|ring|damm|ufer)"
            r" \d{1,4}[a-z]?\b",
            0,
        ),
    )
)
_ROAD = re.compile(
    r"\b(?:on|along|off|at) (?:the )?(?P<place>(?:[MAEB]\d{1,4}|I-\d{1,3}|[Rr]oute \d+|"
    r"[Hh]ighway \d+)\b(?:,? (?:north|south|east|west)bound)?"
    r"(?:,? (?:near |at |by |between |just (?:before |after |past ))?[Jj](?:unction |ct )?\d+\w?)?)"
)
_NAMED = re.compile(
    r"\b(?:at|on|in|outside|near|corner of) (?P<place>(?:[A-Z][\w'’-]+ ){1,3}"
    r"(?:Street|St|Road|Rd|Lane|Avenue|Ave|Drive|Close|Court|Way|Walk|Square|Terrace|Crescent|"
    r"Gardens|Boulevard|Station|Park|School|Bridge|Beach|Hotel|Church|Barn|Farm|Hall|House|Centre|Heath|Club|Inn|Lodge|Moor|Common|Marina|Church|Stadium|Library|Mall|"
    r"Airport|Pier|Market|College|University))\b"
)
_KIND = (
    r"care home|nursing home|car park|bus stop|bus station|train station|railway station|"
    r"petrol station|gas station|shopping centre|shopping mall|building site|construction site|"
    r"swimming pool|football pitch|rugby pitch|back garden|front garden|school yard|sports hall|"
    r"platform \d+|flat \d+\w?|gate \d+\w?|room \d+\w?|seat \d+\w?|terminal \d|station|library|gym|"
    r"supermarket|playground|park|pavement|kitchen|bathroom|bedroom|living room|garden|garage|"
    r"stairs|hallway|church|school|nursery|office|factory|warehouse|workshop|restaurant|pub|cafe|"
    r"café|hotel|beach|pool|lake|river|canal|forest|woods|barn|farm|hostel|cinema|theatre|"
    r"museum|airport|lift|lobby|motorway|underpass|tunnel|shelter|stadium|market|mall"
)
_PLACE_NOUN = re.compile(
    r"\b(?:at|in|on|outside|inside|near|behind|by|opposite|under|"
    r"(?:ambulance|help|medics?|crew|police|units?|come)(?: needed| required)? to)"
    r"(?: the| a| an| our| my| his| her)?"
    rf" (?P<place>(?:[A-Z][\w'’-]+ ){{0,2}}(?:{_KIND}))\b(?![-'’])",
)
_HOME = re.compile(
    r"(?:^|\b(?:from|at|in|for|of|here is|this is|:) (?:the )?)(?P<place>(?:[A-Z][\w'’-]+ ){1,3}"
    r"(?:care home|nursing home|Care Home|Nursing Home|primary school|school|library|station))\b"
)


_DEVICE = re.compile(rf"(?:^|, )(?P<place>{_KIND})(?=\s*(?:[,.|;]|$))")
_PAST = re.compile(r"[^.;!?]{0,40}\b(?:last (?:week|month|year|night)|yesterday|ago|before)\b")


def place_in(text: str) -> str:
    """The place in a one-line message; nothing when there are two, or it is denied or past."""
    for group in (_ADDRESSES, (_ROAD, _NAMED), (_HOME,), (_PLACE_NOUN,), (_DEVICE,)):
        found = [place for pattern in group for place in _places(pattern, text)]
        if found:
            distinct = {place.lower() for place in found}
            return found[0] if len(distinct) == 1 else ""
    return ""


def _places(pattern: re.Pattern[str], text: str) -> list[str]:
    name = "place" if "place" in pattern.groupindex else 0
    return [
        match[name].strip(" ,")
        for match in pattern.finditer(text)
        if (pattern is _DEVICE or not is_negated(text, *match.span()))
        and not _PAST.match(text, match.end())
    ]
