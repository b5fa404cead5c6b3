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

OVERLAP_CHARS = 80  # read again where a long message goes on
MIN_WORDS_LEFT = 3  # of a message without its suspect parts, to be read on its own
MIN_WORDS_BESIDE = 2  # of one without its asides, whose places are surer


@dataclass(frozen=True, slots=True)
class Version:
    """A message with some of it blanked, and as the model reads that."""

    text: str
    reading: Reading
    language: str  # ISO 639-1 code, "" when unknown


@dataclass(frozen=True, slots=True)
class Prepared:
    """A report as the voices take it."""

    report: Report
    age_years: float | None  # as reported, else as the message says
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

    def version(self, text: str, language: str) -> Version:
        """The message as `text`, some of it blanked, has it. The age is the whole message's."""
        return _version(self.report, self.age_years, text, language)


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
    age = report.age_years if report.age_years is not None else parse_age(cleaned)
    versions = [_version(report, age, cleaned, language)] + [
        # A plea to the software is often in another language than the message.
        _version(report, age, text, language_of(text) or language)
        for text in (*doubtful, *others)
        if text != report.message and len(text.split()) >= MIN_WORDS_LEFT
    ]
    return Prepared(report, age, puzzle, doubt, tuple(versions))


def further(prepared: Prepared, version: Version, output: ModelOutput) -> list[Version]:
    """What the model's answer to a version asks to be read as well."""
    text, found = version.text, []
    if output.asides:
        spans = [version.reading.span(*aside) for aside in output.asides]
        text = blanked(text, [span for span in spans if span])
        if len(text.split()) >= MIN_WORDS_BESIDE:
            found.append(prepared.version(text, language_of(text) or version.language))
    if output.num_read is not None and version is prepared.cleaned:
        reached = max(version.reading.ends[: output.num_read], default=0)
        for start, end in windows(text, max(0, reached - OVERLAP_CHARS)):
            piece = blanked(text, [(0, start), (end, len(text))])
            if len(piece.split()) >= MIN_WORDS_LEFT:  # else an aside was blanked here
                found.append(prepared.version(piece, version.language))
    return found


def distinct(versions: Iterable[Version], known: Iterable[Version] = ()) -> list[Version]:
    """Those versions that read differently from one another and from the known ones."""
    seen = {_words(version) for version in known}
    found = []
    for version in versions:
        if _words(version) not in seen:
            seen.add(_words(version))
            found.append(version)
    return found


def _words(version: Version) -> str:
    return " ".join(version.reading.text.split())


def _version(report: Report, age_years: float | None, text: str, language: str) -> Version:
    return Version(
        text, read(text, age_years=age_years, sex=report.sex, language=language), language
    )
