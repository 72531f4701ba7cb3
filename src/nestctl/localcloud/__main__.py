"""Entry of the supervisor's process: ``python -m nestctl.localcloud --state-dir FOLDER``."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from nestctl import process_session
from nestctl.localcloud.layout import Layout
from nestctl.localcloud.supervise.supervisor import Announcer, run

SWITCH_SECONDS = 0.0005
"""How long a thread may keep the interpreter from another; Python's own 5 ms is a whole request."""


def main() -> int:
    """Run the local cloud in the foreground.

    Returns:
        Exit status.
    """
    parser = argparse.ArgumentParser(prog="python -m nestctl.localcloud", description=__doc__)
    parser.add_argument("--state-dir", type=Path, required=True, help="where the cloud keeps its state")
    parser.add_argument("--port", type=int, help="port of the API")
    parser.add_argument("--delay", type=float, help="seconds that a change takes which takes time on AWS")
    parser.add_argument("--announce", type=int, metavar="FD", help="file descriptor to report the start on")
    arguments = parser.parse_args()
    process_session.keep_niceness()
    # Requests run on one thread, log lines leave on others: each wait for the interpreter delays an answer.
    sys.setswitchinterval(SWITCH_SECONDS)
    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr
    )
    # The emulator and the libraries say much that nobody needs, and may say it of values.
    logging.getLogger("nestctl").setLevel(logging.INFO)
    layout = Layout(arguments.state_dir.resolve())
    return run(layout, arguments.port, Announcer(arguments.announce), delay=arguments.delay)


if __name__ == "__main__":
    sys.exit(main())
