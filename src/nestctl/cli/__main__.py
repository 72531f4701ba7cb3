"""Entry point of the command ``nestctl``."""

from __future__ import annotations

import sys

GARBAGE_AFTER = 100_000
"""New objects between two looks for reference cycles. Modules and botocore's models are hundreds of thousands
of objects that stay: at Python's 700 a run with nothing to do spends a fifth of its time on looking."""


def main() -> None:
    """Run the command line; the first page of help takes nothing but itself."""
    if sys.argv[1:] in (["--help"], ["-h"]):
        from nestctl.cli.commands import columns, first_page

        sys.stdout.write(first_page(columns()))
        return

    import gc

    gc.set_threshold(GARBAGE_AFTER)
    from nestctl.cli.app import app

    app()


if __name__ == "__main__":
    main()
