"""A small application that fits the checkout's nest.toml: the same paths, tasks, probes and parameters.

It builds in seconds, where the checkout's own takes minutes; what is rehearsed with it is AWS and nestctl.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from nestctl.build.toolchain import base_environment, uv
from nestctl.settings.paths import CHECKOUT

SOURCES = Path(__file__).with_name("small_app")
WORDS = ("first", "second", "third")
"""What its fixture holds: a row each."""


def make(folder: Path, environment: str, region: str) -> Path:
    """Write the application and return its folder.

    Args:
        folder: The application's folder, which is not there yet.
        environment: The environment that gets another region than nest.toml gives it.
        region: That region.
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
    place = re.compile(rf'(\[environments\.{environment}\]\nregion = )"[^"]+"')
    text, count = place.subn(rf'\1"{region}"', text)
    fixture = re.compile(r"^fixture_command = .*\n", re.MULTILINE)
    text, made = fixture.subn("", text)
    assert (count, made) == (1, 1)
    (folder / "nest.toml").write_text(text, encoding="utf-8")
    return folder
