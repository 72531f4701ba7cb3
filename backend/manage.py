#!/usr/bin/env python
"""Django's command line."""

from __future__ import annotations

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

# These look at files only, so they run on a machine where nothing is configured.
OFFLINE_COMMANDS = frozenset({"dump_data", "makemigrations"})


def main() -> None:
    """Run one management command."""
    offline = len(sys.argv) > 1 and sys.argv[1] in OFFLINE_COMMANDS
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.offline" if offline else "config.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # Says by itself what is missing and where to set it; a traceback would bury it.
        sys.exit(f"{sys.argv[0]}: {error}")


if __name__ == "__main__":
    main()
