#!/usr/bin/env python3
"""Makes the README's picture of the terminal: a real ``nestctl up``, 80 columns wide, as an SVG that plays.

    python scripts/record_terminal.py                      # runs it, which takes minutes
    python scripts/record_terminal.py --cast run.cast      # draws a run that was recorded before

The run is kept beside the work folder in asciinema's format, version 2.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import re
import struct
import sys
import termios
import time
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "terminal.svg"
CAST = ROOT / ".nest" / "up.cast"
COMMAND = [str(ROOT / ".venv" / "bin" / "nestctl"), "up"]
COLUMNS, ROWS = 80, 50
PLAYED = 12.0
"""Seconds that the picture takes to show the run, however long that was."""

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 18, 16
CONTROL = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b[()][A-Z0-9]|\x1b[=>]")
PLACE = re.compile(r"(?<= )/[^ ,;]+")
"""A path of the machine that the run was recorded on, which is nobody's business."""

FONT = 'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14"'
STYLE = (
    "<style>.l{animation:a .2s both}@keyframes a{from{opacity:0}}"
    "@media (prefers-reduced-motion:reduce){.l{animation:none}}</style>"
)
COLOURS = {"=": "#7fb3a0", "+": "#8fe0a8", "*": "#f2c66d", "!": "#f2c66d", "x": "#ff8f80"}


@dataclass
class Screen:
    """As much of a terminal as nestctl's view needs: lines, the cursor, and erasing.

    Attributes:
        lines: Text by row.
        written: Seconds at which each row got its last letter.
    """

    lines: list[str] = field(default_factory=lambda: [""])
    written: list[float] = field(default_factory=lambda: [0.0])
    row: int = 0
    column: int = 0

    def take(self, seconds: float, text: str) -> None:
        """Show what the program wrote."""
        place = 0
        for found in CONTROL.finditer(text):
            self._write(seconds, text[place : found.start()])
            self._control(found[1] or "", found[2] or "")
            place = found.end()
        self._write(seconds, text[place:])

    def _write(self, seconds: float, text: str) -> None:
        for letter in text:
            if letter == "\r":
                self.column = 0
            elif letter == "\n":
                self.row += 1
                while self.row >= len(self.lines):
                    self.lines.append("")
                    self.written.append(seconds)
            elif letter.isprintable():
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + letter + line[self.column + 1 :]
                self.written[self.row] = seconds
                self.column += 1

    def _control(self, numbers: str, letter: str) -> None:
        count = int(numbers) if numbers.isdigit() else 1
        if letter == "A":
            self.row = max(0, self.row - count)
        elif letter == "K":
            self.lines[self.row] = "" if numbers == "2" else self.lines[self.row][: self.column]


def record(file: Path) -> None:
    """Run the command in a terminal of 80 columns and keep what it writes, with the times."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execv(COMMAND[0], COMMAND)  # noqa: S606 - the command itself, in its own terminal
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    file.parent.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    with file.open("w", encoding="utf-8") as cast:
        cast.write(json.dumps({"version": 2, "width": COLUMNS, "height": ROWS}) + "\n")
        while True:
            try:
                text = os.read(terminal, 65536)
            except OSError:  # how a terminal ends on Linux
                break
            if not text:
                break
            sys.stderr.buffer.write(text)
            sys.stderr.flush()
            cast.write(json.dumps([time.monotonic() - began, "o", text.decode("utf-8", "replace")]) + "\n")
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise SystemExit("error: the run failed, and no picture is made of it\nnext: nestctl up")


def played(file: Path) -> list[tuple[float, str]]:
    """Return the lines that stand at the end of a recorded run, each with the second in which it came."""
    screen = Screen()
    header, *events = file.read_text(encoding="utf-8").splitlines()
    if json.loads(header)["width"] != COLUMNS:
        raise SystemExit(f"error: the run was not recorded at {COLUMNS} columns")
    for event in events:
        seconds, _, text = json.loads(event)
        screen.take(seconds, text)
    lines = list(zip(screen.written, (PLACE.sub("…", line.rstrip()) for line in screen.lines), strict=True))
    while lines and not lines[-1][1]:
        lines.pop()
    return lines


def draw(lines: list[tuple[float, str]]) -> str:
    """Return the SVG: each line comes when it came, the whole run in ``PLAYED`` seconds."""
    end = max(seconds for seconds, _ in lines) or 1.0
    lines = [(0.0, "$ nestctl up"), *lines]
    width = round(COLUMNS * CELL_WIDTH + 2 * MARGIN)
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    title = "A terminal: nestctl up takes a project from nothing to a site that answers, step by step"
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {FONT}>',
        f"<title>{escape(title)}</title>",
        STYLE,
        f'<rect width="{width}" height="{height}" rx="8" fill="#10201c"/>',
    ]
    for number, (seconds, line) in enumerate(lines):
        if not line:
            continue
        mark = line[2:3] if line.startswith("  ") and line[3:4] == " " else ""
        colour = COLOURS.get(mark, "#dfe9e4")
        delay = PLAYED * seconds / end
        out.append(
            f'<text class="l" x="{MARGIN}" y="{MARGIN + CELL_HEIGHT * (number + 0.75):g}" fill="{colour}" '
            f'xml:space="preserve" textLength="{len(line) * CELL_WIDTH:.1f}" '
            f'style="animation-delay:{delay:.2f}s">{escape(line)}</text>'
        )
    return "\n".join([*out, "</svg>", ""])


def main() -> int:
    """Record, or take a recording, and draw it; return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cast", type=Path, help="A run that was recorded before.")
    cast: Path | None = parser.parse_args().cast
    if cast is None:
        record(CAST)
    PICTURE.write_text(draw(played(cast or CAST)), encoding="utf-8")
    print(PICTURE.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
