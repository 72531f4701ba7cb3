"""The picture of the terminal shows what stood there at the end, and when each line came."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
import scripts


@pytest.fixture(scope="module")
def script() -> Any:
    return scripts.load("record_terminal")


def cast(folder: Path, *events: tuple[float, str], width: int = 80) -> Path:
    file = folder / "run.cast"
    lines = [{"version": 2, "width": width, "height": 50}, *([at, "o", text] for at, text in events)]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def test_what_was_erased_is_not_shown(script: Any, tmp_path: Path) -> None:
    file = cast(
        tmp_path,
        (0.5, "\x1b[1mBringing up\x1b[0m\r\n"),
        (1.0, "⠋ state 1 s\r\n   bar"),
        (2.0, "\r\x1b[2K\x1b[1A\x1b[2K\r  + state\r\n"),
        (3.0, "from /some/where, Node"),
    )
    assert script.played(file) == [(0.5, "Bringing up"), (2.0, "  + state"), (3.0, "from …, Node")]


def test_the_picture_is_as_long_as_it_is_said_and_holds_every_line(script: Any) -> None:
    picture = ET.fromstring(script.draw([(1.0, "a < b"), (4.0, "  x failed")]))  # noqa: S314 - made just now
    texts = [node for node in picture if node.tag.endswith("text")]
    assert [node.text for node in texts] == ["$ nestctl up", "a < b", "  x failed"]
    assert f"animation-delay:{script.PLAYED:.2f}s" in texts[-1].attrib["style"]


def test_a_run_of_another_width_is_refused(script: Any, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="80 columns"):
        script.played(cast(tmp_path, width=100))
