"""Entry point of the command ``nestctl``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; the first page of help takes nothing but itself."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        from nestctl.cli.commands import columns, first_page

        sys.stdout.write(first_page(columns()))
        return

    from nestctl.cli.app import app

    app()


if __name__ == "__main__":
    main()
