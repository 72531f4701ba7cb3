#!/usr/bin/env python3
"""Draws favicon.ico and og.png of the frontend from its icon.svg, in Chromium; for when the icon changes."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).resolve().parent.parent / "frontend" / "public"
ICON = 32
CARD = {"width": 1200, "height": 630}
"""Pixels that Open Graph's large card takes."""

PAGE = """<style>
body {{ margin: 0; width: 1200px; height: 630px; display: flex; flex-direction: column;
  justify-content: center; gap: 36px; padding: 0 96px; box-sizing: border-box; background: #0b4a40;
  color: #eef3ef;
  font: 600 76px/1.15 "Atkinson Hyperlegible Next", "DejaVu Sans", sans-serif; }}
svg {{ width: 148px; height: 148px; }} p {{ margin: 0; font-size: 34px; font-weight: 400; color: #c9d8d1; }}
</style>{icon}<div>OWASP projects and chapters</div>
<p>Find the project that does what you need, and the people who meet near you.</p>"""


def main() -> int:
    """Draw both files and return the exit status."""
    svg = (PUBLIC / "icon.svg").read_text(encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["NESTCTL_BROWSER"],
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": ICON, "height": ICON})
        page.set_content(f"<style>body{{margin:0}}svg{{display:block;width:32px;height:32px}}</style>{svg}")
        small = page.screenshot(omit_background=True)
        page.set_viewport_size(CARD)
        page.set_content(PAGE.format(icon=svg))
        page.screenshot(path=PUBLIC / "og.png")
        browser.close()
    (PUBLIC / "favicon.ico").write_bytes(ico(small))
    return 0


def ico(png: bytes) -> bytes:
    """Return an icon file with one PNG in it (the format's directory: 6 bytes, then 16 for each image)."""
    header = struct.pack("<HHH", 0, 1, 1)
    entry = struct.pack("<BBBBHHII", ICON, ICON, 0, 0, 1, 32, len(png), 22)
    return header + entry + png


if __name__ == "__main__":
    sys.exit(main())
