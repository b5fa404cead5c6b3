"""The versions of a message that the model reads; the most urgent one counts.

First the message without words to the software (injection.py) and without whatever might be some
(suspects.py). Then what an answer of the model asks for: the same without the asides that it
found (asides.py), and the rest of a message longer than it reads (windows.py). All characters
stay where they were, so evidence points into the caller's own words.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from triage.classify.injection import without_instructions, without_steered_sentences
from triage.classify.reading import Reading, read
from triage.classify.suspects import blanked, without_suspects
from triage.classify.types import ModelOutput, Report
from triage.classify.understanding import language_of, why_not_understood
from triage.classify.vitals import parse_age
from triage.classify.windows import windows

Span = tuple[int, int]
OVERLAP_CHARS = 80  # read again where a long message goes on
MIN_WORDS_LEFT = 3  # of a message without its suspect parts, to be read on its own
MIN_WORDS_BESIDE = 2  # of one without its asides, whose places are surer


@dataclass(frozen=True, slots=True)
class Version:
    """A message with some of it blanked, or a window of it, and as the model reads that."""

    text: str
    start: int  # where the text begins in the message
    reading: Reading
    language: str  # ISO 639-1 code, "" when unknown

    def blanked(self, asides: Iterable[Span]) -> str:
        """The text without stretches of its reading."""
        found = [self.reading.span(*aside) for aside in asides]
        return blanked(self.text, [(s[0] - self.start, s[1] - self.start) for s in found if s])


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report as the voices take it."""

    report: Report
    puzzle: str  # why no machine should judge it; "" when it can be judged
    doubt: str  # why it would be a puzzle without its talk to the software; "" for no doubt
    versions: tuple[Version, ...]  # the first one is without passages to the software

    @property
    def cleaned(self) -> Version:
        """The message with passages to the software blanked."""
        return self.versions[0]

    def asked(self) -> list[Version]:
        """What the model is to read first."""
        return [] if self.puzzle else distinct(self.versions)


def prepare(report: Report) -> Prepared:
    """Blank what talks to the software, or may, and find out whether the rest can be judged."""
    cleaned = without_instructions(report.message)
    language = language_of(cleaned)
    others = without_suspects(report.message)
    doubtful = others[:1]  # with suspect words blanked
    if cleaned != report.message:
        doubtful.append(without_steered_sentences(report.message))
    puzzle = doubt = why_not_understood(cleaned, language)
    # Nor does it make a message understood that is not without it.
    for text in doubtful:
        if not doubt and text != report.message and text.strip():
            doubt = why_not_understood(text, language)
    versions = [_version(report, cleaned, cleaned, language)] + [
        # A plea to the software is often in another language than the message.
        _version(report, cleaned, text, language_of(text) or language)
        for text in (*doubtful, *others)
        if text != report.message and len(text.split()) >= MIN_WORDS_LEFT
    ]
    return Prepared(report, puzzle, doubt, tuple(versions))


def further(prepared: Prepared, version: Version, output: ModelOutput) -> list[Version]:
    """What the model's answer to a version asks to be read as well."""
    report, whole = prepared.report, prepared.cleaned.text
    text, found = version.text, []
    if output.asides:
        text = version.blanked(output.asides)
        if len(text.split()) >= MIN_WORDS_BESIDE:
            language = language_of(text) or version.language
            found.append(_version(report, whole, text, language, version.start))
    if output.num_read is not None and version is prepared.cleaned:
        reached = max(version.reading.ends[: output.num_read], default=0)
        for start, end in windows(text, max(0, reached - OVERLAP_CHARS)):
            if len(text[start:end].split()) >= MIN_WORDS_LEFT:  # else an aside was blanked here
                piece = text[start:end]
                found.append(_version(report, whole, piece, version.language, start))
    return found


def distinct(versions: Iterable[Version], known: Iterable[Version] = ()) -> list[Version]:
    """Those versions that read differently from one another and from the known ones."""
    seen = {_words(version) for version in known}
    found: dict[str, Version] = {}
    for version in versions:
        found.setdefault(_words(version), version)  # the first one: see `further`
    return [version for words, version in found.items() if words not in seen]


def _words(version: Version) -> str:
    return " ".join(version.reading.text.split())


def _version(report: Report, whole: str, text: str, language: str, start: int = 0) -> Version:
    """`text`: the part of the `whole` message to read, which begins at `start` there."""
    age = report.age_years
    if age is None and parse_age(text) is None:
        age = parse_age(whole)  # the part does not say how old the patient is
    reading = read(text, age_years=age, sex=report.sex, language=language)
    return Version(text, start, reading.moved(start) if start else reading, language)
