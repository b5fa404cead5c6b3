"""Long messages in pieces: the encoder reads about 190 tokens, and the key fact may come last."""

Span = tuple[int, int]
WINDOW_CHARS = 560  # fits the encoder's tokens, shorthand spelt out
STRIDE_CHARS = 400  # less than a window: what one cuts in two stands whole in the next
MAX_WINDOWS = 12  # half from each end; the middle of still longer ones the rules alone read


def windows(text: str) -> list[Span]:
    """Stretches that cover a long text, cut between words; empty when one pass reads it all."""
    if len(text) <= WINDOW_CHARS:
        return []
    found = []
    for start in range(0, len(text) - WINDOW_CHARS + STRIDE_CHARS, STRIDE_CHARS):
        start = min(start, len(text) - WINDOW_CHARS)  # the last one is as long as the others
        found.append((_word_begin(text, start), _word_begin(text, start + WINDOW_CHARS)))
    if len(found) > MAX_WINDOWS:
        found = found[: MAX_WINDOWS // 2] + found[-MAX_WINDOWS // 2 :]
    return found


def _word_begin(text: str, at: int) -> int:
    """The beginning of the word that `at` is in, when that is near."""
    if at <= 0 or at >= len(text):
        return at
    space = max(text.rfind(" ", at - 40, at), text.rfind("\n", at - 40, at))
    return space + 1 if space >= 0 else at
