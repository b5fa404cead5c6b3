"""Who the patient is: the person something happened to, not the one who says so."""

import re
from dataclasses import dataclass
from itertools import pairwise

from triage.llm.facts import wording
from triage.llm.facts.relations import ENGLISH, OTHERS, STRANGERS, sex_of, sex_of_word

LOOK_BACK_CHARS = 60
CALLER, SEVERAL = "caller", "several people"


@dataclass(frozen=True, slots=True)
class Patient:
    """`who` as in PatientFacts; `sex` where other words than `who` tell it."""

    who: str
    sex: str = ""


@dataclass(frozen=True, slots=True)
class _Mention:
    start: int
    end: int
    name: str
    word: str


def patient_in(text: str) -> Patient:
    """The patient of a one-line message; empty fields where it isn't clear."""
    relations, tellers = _relations(text)
    crowd = wording.CROWD.search(text)
    if crowd and wording.ONE_OF_THEM.search(text, crowd.end()) and "other" not in text.lower():
        return Patient("")  # several are there, one of them is the patient
    if crowd or _several(text, relations):
        return Patient(SEVERAL)
    names = {mention.name for mention in relations}
    if len(names) > 1:
        return Patient("", _marked_sex(text))
    if names:
        first = relations[0]
        if _myself_before(text, first):
            return Patient(CALLER, _callers_sex(text))
        if first.name == "baby" and wording.JUST_BORN.search(text):
            return Patient("newborn", _told_sex(text, tellers))
        return Patient(first.name, sex_of_word(first.word) or _told_sex(text, tellers))
    strangers = _strangers(text)
    start = strangers[0].start if strangers else len(text)
    if wording.MY_BODY.search(text[:start]) or _i_before_anybody(text[:start]):
        return Patient(CALLER, _callers_sex(text))
    if len({stranger.name for stranger in strangers}) == 1:
        word = strangers[0].word
        return Patient(strangers[0].name, sex_of_word(word) or _told_sex(text, tellers))
    return Patient("", _marked_sex(text) if strangers else _told_sex(text, tellers))


def _myself_before(text: str, mention: _Mention) -> bool:
    """Whether the caller speaks of their own body before they come to the relation.

    "I" alone often only leads up to somebody else ("I went up and my dad …"): where the
    rest of the message speaks of a he or a she, it does.
    """
    lead = text[: mention.start]
    if wording.MY_BODY.search(lead):
        return True
    others = wording.SHE if sex_of(mention.name) == "female" else wording.HE
    return bool(
        wording.I_AM.search(lead)
        and not wording.LEADS_UP.search(lead)
        and not others.search(text[mention.end :])
    )


def _i_before_anybody(lead: str) -> bool:
    """Whether the caller's "I am …" comes before any he or she."""
    myself = wording.I_AM.search(lead)
    if not myself:
        return False
    before = lead[: myself.start()]
    return not (wording.HE.search(before) or wording.SHE.search(before))


def _relations(text: str) -> tuple[list[_Mention], list[_Mention]]:
    """Relations that may be the patient, and those who only tell or help."""
    patients, tellers = [], []
    unborn = _unborn(text)
    for pattern, table in ((wording.RELATION, ENGLISH), (wording.FOREIGN, OTHERS)):
        for match in pattern.finditer(text):
            groups = match.groupdict()
            word = next(groups[n] for n in ("word", "bare", "first", "next_door") if groups.get(n))
            mention = _Mention(match.start(), match.end(), table[word.lower()], word)
            if mention.name == "baby" and unborn:
                continue
            before = _just_before(text, match.start())
            tells = (
                wording.TELLS.match(text, match.end())
                or wording.BELONGING.match(text, match.end())
                or (wording.BY.search(before) and not wording.ABOUT.search(before))
            )
            (tellers if tells else patients).append(mention)
    patients.sort(key=lambda mention: mention.start)
    told = {mention.name for mention in tellers}
    if any(mention.name not in told for mention in patients):
        # A name that first tells and is then spoken of ("my wife says … my wife's car").
        patients = [mention for mention in patients if mention.name not in told]
    return patients, tellers


def _several(text: str, relations: list[_Mention]) -> bool:
    """Two relations joined by "and" suffer together."""
    return any(
        first.name != second.name
        and wording.TWO_TOGETHER.fullmatch(text[first.end : second.start] + " ")
        for first, second in pairwise(relations)
    )


def _strangers(text: str) -> list[_Mention]:
    unborn = _unborn(text)
    found = []
    for match in wording.STRANGER.finditer(text):
        word = match["word"]
        name = next(n for n, words in STRANGERS.items() if re.fullmatch(words, word, re.I))
        if name == "baby" and unborn:
            continue
        if wording.TELLS.match(text, match.end()) or wording.BY_STRANGER.search(
            _just_before(text, match.start())
        ):
            continue
        found.append(_Mention(match.start(), match.end(), name, word))
    return found


def _just_before(text: str, at: int) -> str:
    return text[max(0, at - LOOK_BACK_CHARS) : at]


def _unborn(text: str) -> bool:
    """Whether a baby in the text is still inside its mother, who is the patient."""
    return bool(wording.UNBORN.search(text) and not wording.BORN.search(text))


def _callers_sex(text: str) -> str:
    if wording.UNBORN.search(text) and re.search(
        r"(?i)\b(?:i'?m|i am|my waters?|my contractions)\b", text
    ):
        return "female"
    return _marked_sex(text)


def _marked_sex(text: str) -> str:
    """male and female in so many words, or as in 58M; nothing when both stand there."""
    male, female = bool(wording.MALE.search(text)), bool(wording.FEMALE.search(text))
    return "" if male == female else "male" if male else "female"


def _told_sex(text: str, tellers: list[_Mention]) -> str:
    """By "58M" and the like, or by pronouns that can mean nobody else."""
    marked = _marked_sex(text)
    if marked:
        return marked
    he, she = bool(wording.HE.search(text)), bool(wording.SHE.search(text))
    if he == she:
        return ""
    sex = "male" if he else "female"
    return "" if any(sex_of(teller.name) == sex for teller in tellers) else sex
