"""Which Python runs a function or container, and what the Lambda runtime puts beside a function's code."""

from __future__ import annotations

from pathlib import Path

from nestctl import lambda_runtime
from nestctl.lambda_runtime import NoInterpreterError, python

__all__ = ["NoInterpreterError", "python", "runtime_folder"]


def runtime_folder(state_dir: Path, version: str) -> Path:
    """Make the folder of the packages that the Lambda runtime brings, as links to our own.

    Args:
        state_dir: Folder of the local cloud's state.
        version: Python version the functions run on; another than ours gets the plain transport.
    """
    client = Path(__file__).with_name("runtime_client.py")
    try:
        return lambda_runtime.packages_folder(state_dir / "runtimes", version, client)
    except lambda_runtime.PackageMissingError as error:
        raise NoInterpreterError(str(error)) from error
