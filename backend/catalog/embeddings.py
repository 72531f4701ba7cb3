"""Text to vector by feature hashing: no model, no network, the same result everywhere.

Each text is cut into features: words, pairs of neighbouring words, and the 3- to 5-letter pieces of
each word with its edges marked, so that "scanner", "scanning" and a misspelt "scaner" share most of
theirs. A feature's BLAKE2b hash picks four of 256 dimensions and a sign for each; its weight is
spread over them, and the vector is scaled to length one. The signs keep features that collide from
adding up, and four places instead of one keep a single collision of two heavy words from looking
like a match. The cosine of two vectors then says how much their texts share. It knows spelling, not
meaning.

Changing anything here changes every stored vector: raise ``NAME``, build the data file anew.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import math
import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

NAME = "feature-hash-1"
DIMENSIONS = 256

_WORD_WEIGHT = 1.0
_PAIR_WEIGHT = 0.5
_PIECE_WEIGHT = 0.25
_PIECE_LENGTHS = (3, 4, 5)
_PLACES = 4
_BYTES_PER_PLACE = 4
_SIGN_BIT = 1 << 31
_WORD = re.compile(r"[a-z0-9]+")
# Too common to tell one text from another.
_STOP_WORDS = frozenset(
    """
    a an and are as at be by for from how in into is it its of on or owasp project that the their to with which
    """.split()  # noqa: SIM905 - a list of words reads better so
)


def normalise(text: str) -> str:
    """Lower case without accents, single spaces: ``"  Goiânia "`` becomes ``"goiania"``."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return " ".join(plain.split())


def words(text: str) -> list[str]:
    """The words of ``text`` that carry meaning, normalised and in order."""
    return [word for word in _WORD.findall(normalise(text)) if word not in _STOP_WORDS]


def embed(*weighted: tuple[str, float]) -> list[float]:
    """One vector for texts and their weights.

    Returns:
        ``DIMENSIONS`` numbers, of length one, rounded to six places; all zero for texts without
        a word.
    """
    vector = [0.0] * DIMENSIONS
    for text, weight in weighted:
        for feature, share in _features(words(text)):
            for index, sign in _places(feature):
                vector[index] += sign * share * weight
    length = math.sqrt(sum(value * value for value in vector))
    return [round(value / length, 6) + 0.0 for value in vector] if length else vector


def _features(tokens: list[str]) -> Iterator[tuple[str, float]]:
    for token in tokens:
        yield f"w:{token}", _WORD_WEIGHT
        yield from ((f"p:{piece}", _PIECE_WEIGHT) for piece in _pieces(token))
    for first, second in itertools.pairwise(tokens):
        yield f"b:{first} {second}", _PAIR_WEIGHT


def _pieces(token: str) -> Iterable[str]:
    edged = f"<{token}>"
    for size in _PIECE_LENGTHS:
        for start in range(len(edged) - size + 1):
            yield edged[start : start + size]


@functools.lru_cache(maxsize=50_000)
def _places(feature: str) -> tuple[tuple[int, int], ...]:
    digest = hashlib.blake2b(feature.encode(), digest_size=_PLACES * _BYTES_PER_PLACE).digest()
    numbers = [
        int.from_bytes(digest[at : at + _BYTES_PER_PLACE], "big") for at in range(0, len(digest), _BYTES_PER_PLACE)
    ]
    return tuple((number % DIMENSIONS, 1 if number & _SIGN_BIT else -1) for number in numbers)
