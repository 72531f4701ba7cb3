#!/usr/bin/env python3
"""Writes nest.toml's application into the environment roots, for those who run Terraform by hand.

Usage: application_tfvars.py [--check]
"""

from __future__ import annotations

import json
import sys

from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE

FILE = "application.auto.tfvars.json"


def main() -> int:
    """Write the files, or with ``--check`` say whether they are current; return the exit status."""
    text = json.dumps({"application": load_manifest(CHECKOUT).application()}, indent=2) + "\n"
    stale = []
    for root in ("staging", "production"):
        path = INFRASTRUCTURE / root / FILE
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(CHECKOUT)} is not what nest.toml says", file=sys.stderr)
        print("next: make format", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
