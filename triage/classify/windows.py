"""The rest of a message that the encoder could not read whole: the key fact may come last."""

Span = tuple[int, int]
WINDOW_CHARS = 330  # dense shorthand, spelt out, still fits the encoder's 192 tokens
STRIDE_CHARS = 250  # less than a window: what one cuts in two stands whole in the next
MAX_WINDOWS = 12  # half from each end; the middle of still longer ones the rules alone read
NEAR_CHARS = 40  # how far back a window may begin to begin with a word


def windows(text: str, begin: int) -> list[Span]:
    """Stretches that cover text[begin:], cut between words.

    The last one reaches back as far as it is long: a few words by themselves say little.
    """
    last = max(0, len(text) - WINDOW_CHARS)
    starts = [*range(begin, last, STRIDE_CHARS), last]
    found = [(_word_begin(text, at), _word_begin(text, at + WINDOW_CHARS)) for at in starts]
    if len(found) > MAX_WINDOWS:
        found = found[: MAX_WINDOWS // 2] + found[-MAX_WINDOWS // 2 :]
    return found


def _word_begin(text: str, at: int) -> int:
    """The beginning of the word that `at` is in, when that is near."""
    if at <= 0 or at >= len(text):
        return min(at, len(text))
    first = max(0, at - NEAR_CHARS)
    space = max(text.rfind(" ", first, at), text.rfind("\n", first, at))
    return space + 1 if space >= 0 else at
