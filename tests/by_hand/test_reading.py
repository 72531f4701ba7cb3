"""What reads and types docs/by-hand.md notices what is wrong."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from by_hand_page import Block, PageError, foreign_commands, meets, parse
from by_hand_shell import Shell, TypingError

TEXT = """# Title

```sh
echo before
```

## First

Words.

```sh
echo one
echo two
```

```text
one
...
```

### Part

<!-- only: aws -->

```sh
echo aws
```

```hcl
ignored = true
```
"""


def test_it_finds_chapters_and_commands() -> None:
    page = parse(TEXT)
    assert page.chapters == ("First",)
    assert page.blocks == (
        Block("Overview", "", 4, "echo before"),
        Block("First", "", 12, "echo one\necho two", expected="one\n..."),
        Block("First", "Part", 26, "echo aws", only="aws"),
    )


def test_a_limited_block_is_typed_only_there() -> None:
    page = parse(TEXT)
    assert [block.runs_in(("local", "aws-cli-1")) for block in page.blocks] == [True, True, False]
    assert [block.runs_in(("aws", "aws-cli-2")) for block in page.blocks] == [True, True, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```sh\necho", "line 1: no line '```'"),
        ("<!--\nwords", "line 1: no line '-->'"),
        ("<!-- only: moon -->\n\n```sh\necho\n```", "line 1: 'only: moon' is none of aws, local"),
        ("<!-- only: aws -->\n\nWords.\n\n```sh\necho\n```", "line 1: a marker that no sh block follows"),
        ("<!-- only: aws -->\n```hcl\n```", "line 1: a marker that no sh block follows"),
        ("<!-- only: aws -->\n<!-- only: aws -->\n```sh\n```", "line 1: a marker that no sh block follows"),
        ("<!-- only: aws -->", "line 1: a marker that no sh block follows"),
        ("```text\nwords\n```", "line 2: a text block that follows no commands"),
        (
            "```sh\necho\n```\n\nWords.\n\n```text\nwords\n```",
            "line 8: a text block that follows no commands",
        ),
        ("```sh\necho\n```\n```text\n...\n```", "line 5: an expectation that everything meets"),
    ],
)
def test_a_page_that_breaks_the_convention_is_refused(text: str, said: str) -> None:
    with pytest.raises(PageError, match="^" + said.replace("...", r"\.\.\.")):
        parse(text)


@pytest.mark.parametrize(
    ("printed", "expected", "does"),
    [
        ("one\ntwo\n", "one\ntwo", True),
        ("one\ntwo\n", "one", False),
        ("one\ntwo\nthree\n", "one\n...\nthree", True),
        ("one\nthree\n", "one\n...\nthree", True),
        ("one\ntwo\n", "two\n...", False),
        ('"name": "nest-7"', '"name":   "nest-..."', True),
        ('"name": "nest-7"', '"name": "other-..."', False),
        ("a.b", "a+b", False),
        ("", "one", False),
    ],
)
def test_what_is_printed_is_compared(printed: str, expected: str, does: bool) -> None:
    assert meets(printed, expected) is does


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        ("nestctl local start", []),
        ('eval "$(nestctl local env)"', []),
        ("nestctl local stop && ls src/nestctl/cli", []),
        ("nestctl up", ["nestctl up"]),
        ("echo; nestctl", ["nestctl"]),
        (".venv/bin/nestctl up --yes", ["nestctl up --yes"]),
        ("nestctl local reset --yes", ["nestctl local reset --yes"]),
        ("x=$(nestctl status --json)", ["nestctl status --json"]),
        ("nestctl local start\nnestctl destroy", ["nestctl destroy"]),
    ],
)
def test_other_uses_of_nestctl_are_found(commands: str, found: list[str]) -> None:
    assert foreign_commands(commands) == found


# ---------------------------------------------------------------------- typing


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    found = Shell(tmp_path, {"PATH": os.environ["PATH"]}, tmp_path / "typed")
    yield found
    found.close()


def block(commands: str, expected: str | None = None) -> Block:
    return Block("Chapter", "Section", 7, commands, expected=expected)


def test_the_next_block_goes_on_where_the_last_one_ended(shell: Shell, tmp_path: Path) -> None:
    shell.type(block('mkdir inner\ncd inner\nNAME=value\nhello() { echo "hello $1"; }'))
    assert shell.type(block('hello "$NAME"; pwd', "hello value\n.../inner")).endswith(f"{tmp_path}/inner\n")


@pytest.mark.parametrize(
    ("commands", "said"),
    [
        ("echo good\nfalse\necho after", "failed with status 1: false"),
        ("false | cat", "failed with status 1: cat"),
        ('echo "$NOBODY_SET_THIS"', "NOBODY_SET_THIS: unbound variable"),
        ("inner() { [ 1 = 2 ]; }\ninner", "failed with status 1"),
        ("exit 0", "the commands failed"),
        ("if", "syntax error"),
    ],
)
def test_a_command_that_fails_is_told_with_chapter_and_output(shell: Shell, commands: str, said: str) -> None:
    with pytest.raises(TypingError) as failure:
        shell.type(block(commands))
    message = str(failure.value)
    assert "Chapter / Section (docs/by-hand.md, line 7): the commands failed" in message
    assert f"  | {commands.splitlines()[0]}" in message
    assert said in message
    assert not message.endswith("after\n")


def test_a_failure_does_not_show_values(shell: Shell) -> None:
    with pytest.raises(TypingError) as failure:
        shell.type(block('SECRET=$(printf hid; printf den)\nfalse "$SECRET"'))
    assert "hidden" not in str(failure.value)


def test_another_output_is_told(shell: Shell) -> None:
    with pytest.raises(
        TypingError, match=r"(?s)it printed something else.*\| echo two.*\| one.*printed:\ntwo"
    ):
        shell.type(block("echo two", "one"))


def test_an_endless_command_is_ended(shell: Shell) -> None:
    with pytest.raises(TypingError, match="no end after 0 s"):
        shell.type(block("cat /dev/zero > /dev/null"), seconds=0.3)


def test_colours_do_not_count(shell: Shell) -> None:
    shell.type(block(r"printf '\033[1mbold\033[0m\n'", "bold"))
