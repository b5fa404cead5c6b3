"""Who, how old, which sex, where: the facts a draft begins with.

What the report's fields say stands. What is missing there is looked for in the message, and
taken only where it is clear: of two ages or two patients none is chosen. A fact is always a
number or words of the caller's own, or the plain English name of a relation they named.
"""

from dataclasses import dataclass

from triage.llm.facts.age import ages_in, format_age
from triage.llm.facts.people import CALLER, SEVERAL, patient_in
from triage.llm.facts.place import place_in
from triage.llm.facts.relations import sex_of

__all__ = ["PatientFacts", "find_facts", "format_age"]


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """What is known of the patient; unknown fields are empty."""

    who: str = ""  # a relation to the caller ("father"), "caller", or what they are ("woman")
    sex: str = ""  # female | male | other
    age: str = ""  # with its unit: "58 years", "6 weeks", "60s"
    place: str = ""


def find_facts(
    message: str, *, age_years: float | None = None, sex: str = "", location: str = ""
) -> PatientFacts:
    """The facts of a report. `age_years`, `sex` and `location` are its fields, if it has them."""
    text = one_line(message)
    patient = patient_in(text)
    several = patient.who == SEVERAL
    age = format_age(age_years) if age_years is not None else ""
    if not age and not several:
        age = _single_age(text, patient.who)
    return PatientFacts(
        who=patient.who,
        sex=sex or ("" if several else sex_of(patient.who) or patient.sex),
        age=age,
        place=one_line(location) or place_in(text),
    )


def _single_age(text: str, who: str) -> str:
    """The patient's age when the message names one only; the caller's own is not theirs."""
    found = {
        age.words
        for age in ages_in(text)
        if not age.owner or age.owner == (who or age.owner) or (age.owner != CALLER and not who)
    }
    return found.pop() if len(found) == 1 else ""


def one_line(text: str) -> str:
    """The text with every run of white space made one space."""
    return " ".join(text.split())
