"""What counts as a word, for indexing and for queries, whatever the database.

The databases' own tokenizers disagree (PostgreSQL keeps host names and e-mail addresses whole, FTS5 does
not). Both are therefore given text that is already split here, so that a search answers the same on both.
"""

import re
import unicodedata
from collections.abc import Iterable

# PostgreSQL drops lexemes beyond 2047 bytes; 100 characters are at most 400 bytes.
LONGEST_WORD = 100

_WORD = re.compile(r"[^\W_]+")


def split_words(text: str) -> list[str]:
    """The words of ``text`` in order: letters and digits, compatibility-normalised and case-folded."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return [word[:LONGEST_WORD] for word in _WORD.findall(folded)]


def indexed_words(texts: Iterable[str]) -> str:
    """All words of all texts with single spaces between, as the databases index them."""
    return " ".join(word for text in texts for word in split_words(text))
