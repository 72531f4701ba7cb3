#!/usr/bin/env python3
"""Builds the documents as a site and checks every link between them; called by ``make docs``.

A link or an anchor that leads nowhere is an error. The last line on stdout is the start page's address.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / ".cache" / "site"


def build(source: Path, site: Path) -> int:
    """Build the site of a checkout and return the exit status; 0 means that no link is broken."""
    command = [sys.executable, "-m", "sphinx", "--quiet", "--fail-on-warning", "--keep-going"]
    command += ["-c", str(ROOT / "docs" / "site"), "-b", "html", str(source), str(site)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> int:
    """Build the site and return the exit status."""
    shutil.rmtree(SITE, ignore_errors=True)
    if build(ROOT, SITE):
        print(
            "error: the site was not built\nnext: mend the lines above, then: make docs",
            file=sys.stderr,
        )
        return 1
    (SITE / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>nestctl</title>'
        '<meta http-equiv="refresh" content="0; url=docs/site/index.html">'
        '<a href="docs/site/index.html">nestctl</a>\n',
        encoding="utf-8",
    )
    print((SITE / "index.html").as_uri())
    return 0


if __name__ == "__main__":
    sys.exit(main())
