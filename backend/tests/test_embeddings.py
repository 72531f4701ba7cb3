import math

import pytest

from catalog import embeddings
from catalog.embeddings import embed, normalise

# The largest parts of the vector of "zap".
EXPECTED_ZAP = {14: -0.426401, 87: 0.426401, 234: 0.426401, 237: 0.426401}


def cosine(first: list[float], second: list[float]) -> float:
    return sum(a * b for a, b in zip(first, second, strict=True))


def test_a_vector_has_the_dimensions_and_length_one() -> None:
    vector = embed(("threat modeling for developers", 1.0))
    assert len(vector) == embeddings.DIMENSIONS
    assert math.isclose(math.sqrt(cosine(vector, vector)), 1.0, abs_tol=1e-4)


def test_the_vectors_of_this_version_stay_as_they_are() -> None:
    # Stored vectors were made with these: whoever changes them must raise embeddings.NAME.
    assert embeddings.NAME == "feature-hash-1"
    vector = embed(("zap", 1.0))
    assert {index: value for index, value in enumerate(vector) if abs(value) > 0.4} == EXPECTED_ZAP


def test_a_slip_of_the_pen_stays_near() -> None:
    meant, typed, other = (embed((text, 1.0)) for text in ("kubernetes", "kubernets", "podcast"))
    assert cosine(meant, typed) > 0.3
    assert cosine(meant, other) < 0.15


def test_weights_count() -> None:
    name = embed(("juice shop", 1.0))
    light = embed(("juice shop", 1.0), ("training for everyone", 1.0))
    heavy = embed(("juice shop", 5.0), ("training for everyone", 1.0))
    assert cosine(name, heavy) > cosine(name, light)


@pytest.mark.parametrize("text", ["", "   ", "the of and", "!?"])
def test_text_without_words_is_the_zero_vector(text: str) -> None:
    assert embed((text, 1.0)) == [0.0] * embeddings.DIMENSIONS


@pytest.mark.parametrize(
    ("text", "plain"),
    [("  Goiânia ", "goiania"), ("São  Luís", "sao luis"), ("STRASSE", "strasse"), ("Straße", "strasse")],
)
def test_normalising(text: str, plain: str) -> None:
    assert normalise(text) == plain
