"""The programs in scripts/, which are no package, as modules."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from nestctl.settings.paths import CHECKOUT


def load(name: str) -> ModuleType:
    """Return a new module made of ``scripts/<name>.py``."""
    spec = importlib.util.spec_from_file_location(f"script_{name}", CHECKOUT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by name
    spec.loader.exec_module(module)
    return module
