"""A program of its own: imports modules in a process like Lambda's, and says which cannot be imported.

It runs under the Python of a runtime, below no environment of nestctl's. Its one argument is a JSON object:
``first`` and ``last``, folders at both ends of the search path; ``modules``, what to import, in this order.
The answer is one JSON object: the modules that cannot be imported, each with the reason.
"""

import contextlib
import importlib
import json
import os
import signal
import sys
import warnings

SECONDS = 240
"""Time for all modules; importing all of Django takes four seconds."""


def main() -> None:
    """Import all that the argument names, and write the answer to the real standard output."""
    wanted = json.loads(sys.argv[1])
    answer = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a module prints is no answer
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    sys.path[:0] = wanted["first"]
    sys.path.extend(wanted["last"])
    warnings.simplefilter("ignore")
    failed: dict[str, str] = {}
    for name in wanted["modules"]:
        try:
            importlib.import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - a module may even end the process when it is imported
            failed[name] = f"{type(error).__name__}: {error}"
    with contextlib.closing(answer):
        json.dump(failed, answer)
    os._exit(0)  # what modules have started in the background is waited for by nobody


if __name__ == "__main__":
    main()
