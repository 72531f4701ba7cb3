"""A small application that fits the checkout's nest.toml: the same paths, tasks, probes and parameters.

It builds in seconds, where the checkout's own takes minutes; what is rehearsed with it is AWS and nestctl.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from worlds import with_python

from nestctl.build.toolchain import base_environment, uv
from nestctl.settings.paths import CHECKOUT

SOURCES = Path(__file__).with_name("small_app")
WORDS = tuple(f"word-{number}" for number in range(120))
"""What its fixture holds: a row each."""


def make(folder: Path, *, regions: Mapping[str, str] | None = None, python: str | None = None) -> Path:
    """Write the application and return its folder.

    Args:
        folder: The application's folder, which is not there yet.
        regions: Environments that get another region than nest.toml gives them, and that region.
        python: The Python that its function shall run on; none means what nestctl takes by itself.
    """
    shutil.copytree(SOURCES, folder)
    shutil.copytree(CHECKOUT / "docker", folder / "docker")
    backend = folder / "backend"
    (backend / "data").mkdir()
    (backend / "data" / "nest.dump").write_text("\n".join(WORDS), encoding="utf-8")
    # Versions that are locked there stay: they have been downloaded.
    shutil.copy2(CHECKOUT / "backend" / "uv.lock", backend)
    subprocess.run([uv(), "lock", "-q", "--project", str(backend)], check=True, env=base_environment())
    text = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
    for environment, region in (regions or {}).items():
        place = re.compile(rf'(\[environments\.{environment}\]\nregion = )"[^"]+"')
        text, count = place.subn(rf'\1"{region}"', text)
        assert count == 1
    text, count = re.subn(r"^fixture_command = .*\n", "", text, flags=re.MULTILINE)
    assert count == 1
    (folder / "nest.toml").write_text(with_python(text, python), encoding="utf-8")
    return folder
