"""A view of a Terraform root: its files as links, with further files beside them.

Terraform reads a backend or an import from the root's own folder only; the committed folder stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nestctl.settings.paths import INFRASTRUCTURE


def make_view(work: Path, root: str, *, links: Mapping[str, Path], texts: Mapping[str, str]) -> Path:
    """Return a folder that shows the root ``root`` and the given files.

    Args:
        work: Work folder of the target and environment.
        root: Name of the root below infrastructure/.
        links: Further files by name: where they are.
        texts: Further files by name: what they hold.
    """
    source = INFRASTRUCTURE / root
    folder = work / "roots" / root
    folder.mkdir(parents=True, exist_ok=True)
    _link(folder.parent / "modules", INFRASTRUCTURE / "modules")
    wanted = {
        path.name: path
        for path in [*source.glob("*.tf"), *source.glob("*.auto.tfvars*"), source / ".terraform.lock.hcl"]
        if not path.name.endswith("_override.tf")
    }
    wanted.update(links)
    for path in folder.iterdir():
        ours = path.is_symlink() or path.suffix == ".tf"
        if ours and path.name not in wanted:
            path.unlink()
    for name, path in wanted.items():
        _link(folder / name, path)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _link(link: Path, to: Path) -> None:
    if link.is_symlink() and link.readlink() == to:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(to)
