"""Numbers agree with their nouns, everywhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nestctl.report.words import agreed, counted, did_you_mean, lasting, listed, nearest
from nestctl.settings.paths import CHECKOUT

SOURCE = CHECKOUT / "src" / "nestctl"

AWS_WORDS = ("localcloud/",)
"""Messages in AWS's own words, and the log lines that Lambda writes."""

NUMBERS = re.compile(r"^(len|sum|count|number|total|int)\b|(count|number|passed|running|desired|errors)\W*$")
PLURAL = re.compile(r"^ (?:[a-z]+ ){0,2}?[a-z]{2,}s\b(?<! is)(?<! has)(?<! was)(?<! this)")


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps"), (1234, "1,234 steps")]
)
def test_a_number_and_its_noun(number: int, words: str) -> None:
    assert counted(number, "step") == words


def test_an_irregular_plural_a_verb_and_a_list() -> None:
    assert counted(2, "policy", "policies") == "2 policies"
    assert counted(1, "policy", "policies") == "1 policy"
    assert [agreed(number, "is", "are") for number in (0, 1, 2)] == ["are", "is", "are"]
    assert [listed(names) for names in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]


@pytest.mark.parametrize(("seconds", "words"), [(4.4, "4 s"), (89, "89 s"), (90, "2 min"), (200, "3 min")])
def test_a_time_is_as_coarse_as_an_estimate(seconds: float, words: str) -> None:
    assert lasting(seconds) == words


def test_what_may_have_been_meant() -> None:
    assert did_you_mean("platfrom", ["state", "platform"]) == "Did you mean 'platform'?"
    assert did_you_mean("moon", ["state", "platform"]) == ""
    assert nearest("moon", ["state", "platform"]) == "state"
    assert nearest("platfrm", ["state", "platform"]) == "platform"
    with pytest.raises(ValueError, match="no name"):
        nearest("moon", [])


def bare_plurals(source: str) -> Iterator[str]:
    """Yield the places of f-strings where a number stands before a plural that does not depend on it."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.JoinedStr):
            continue
        for value, text in zip(node.values, node.values[1:], strict=False):
            if isinstance(value, ast.FormattedValue) and isinstance(text, ast.Constant):
                number, words = ast.unparse(value.value), str(text.value)
                if NUMBERS.search(number) and PLURAL.match(words):
                    yield f"line {text.lineno}: {{{number}}}{words[:40]}"


@pytest.mark.parametrize(
    "path",
    [
        path.relative_to(SOURCE).as_posix()
        for path in sorted(SOURCE.rglob("*.py"))
        if not path.relative_to(SOURCE).as_posix().startswith(AWS_WORDS)
    ],
)
def test_no_message_has_a_plural_whatever_the_number(path: str) -> None:
    assert list(bare_plurals(Path(SOURCE / path).read_text(encoding="utf-8"))) == []


def test_the_search_for_bare_plurals_finds_them() -> None:
    assert list(bare_plurals('f"{len(steps)} steps would do something"'))
    assert list(bare_plurals('f"{count} state buckets"'))
    assert not list(bare_plurals("f\"{counted(count, 'bucket')} is there\""))
