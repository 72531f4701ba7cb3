"""Confines a process to the files that it could write on AWS: its /tmp, and nothing else unless it may.

The process gets a mount namespace of its own, in which every file system is read-only and /tmp is a new one
of a limited size. That takes Linux and its program ``unshare``, and root or user namespaces. Elsewhere code
is kept read-only by its permissions, which the owner of the files could change and root does not heed.
"""

from __future__ import annotations

import functools
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

TMP = Path("/tmp")  # noqa: S108 - where functions and containers on AWS write
KERNEL = frozenset(
    {
        *("autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts", "devtmpfs"),
        *("efivarfs", "fusectl", "hugetlbfs", "mqueue", "nsfs", "proc", "pstore", "rpc_pipefs"),
        *("securityfs", "selinuxfs", "sysfs", "tracefs"),
    }
)
"""Types of file systems that hold no files of the machine's."""
PROBE_SECONDS = 20.0


@dataclass(frozen=True)
class Confinement:
    """What a process may write.

    Attributes:
        tmp: Empty folder of this machine that stands for its /tmp.
        megabytes: Size of /tmp; ``None`` for no limit but the machine's disk.
        kept: Folders that it reads; those below /tmp stay visible there.
        own: A folder that it gets a writable copy of, and where that copy is kept.
        sealed: /tmp is read-only, too.
    """

    tmp: Path
    megabytes: int | None
    kept: Sequence[Path]
    own: tuple[Path, Path] | None = None
    sealed: bool = False

    def argv(self, command: Sequence[str], cwd: Path) -> list[str]:
        """Wrap a command line, so that the command runs confined in its working folder."""
        mapped = [] if os.geteuid() == 0 else ["--map-root-user"]
        script = "\n".join([*self._script(), f"cd {_quoted(cwd)}", 'exec "$@"'])
        return [
            _program("unshare"),
            *mapped,
            *("--mount", "--propagation", "private", "--", _program("sh"), "-c", script, "confined"),
            *command,
        ]

    def _script(self) -> Iterable[str]:
        tmp, mount, mkdir = _quoted(self.tmp), _program("mount"), _program("mkdir")
        yield "set -e"
        if self.own is not None:
            folder, copy = self.own
            upper, work = copy / "upper", copy / "work"
            options = f"lowerdir={folder},upperdir={upper},workdir={work}"
            yield f"{mkdir} -p {_quoted(upper)} {_quoted(work)}"
            yield f"{mount} -t overlay overlay -o {shlex.quote(options)} {_quoted(folder)}"
        if self.megabytes is None:
            yield f"{mount} --bind {tmp} {tmp}"
        else:
            yield f"{mount} -t tmpfs -o size={self.megabytes}m,mode=1777 tmpfs {tmp}"
        shown = [(path, self.tmp / path.relative_to(TMP)) for path in self._below_tmp()]
        for path, there in shown:
            yield f"{mkdir} -p {_quoted(there)}"
            yield f"{mount} --rbind {_quoted(path)} {_quoted(there)}"
            yield f"{mount} -o remount,bind,ro {_quoted(there)}"
        for place in _mounts():
            tolerated = "" if place == "/" else " 2>/dev/null || true"
            yield f"{mount} -o remount,bind,ro {shlex.quote(place)}{tolerated}"
        yield f"{mount} --rbind {tmp} {_quoted(TMP)}"
        if self.sealed:
            yield f"{mount} -o remount,bind,ro {_quoted(TMP)}"

    def _below_tmp(self) -> list[Path]:
        below = sorted({path for path in self.kept if path.is_relative_to(TMP) and path != TMP})
        return [
            path for path in below if not any(path != other and path.is_relative_to(other) for other in below)
        ]


def _program(name: str) -> str:
    """Full path of a program of the system: a confined process may have any PATH."""
    return shutil.which(name, path=os.defpath + ":/usr/bin:/bin:/usr/sbin:/sbin") or name


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _mounts() -> list[str]:
    """Places of the machine's own file systems."""
    found = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        place = fields.split()[4].encode().decode("unicode_escape")
        if rest.split()[0] not in KERNEL and not place.startswith(("/dev", "/proc", "/sys")):
            found.append(place)
    return list(dict.fromkeys(found))


def programs(interpreter: str = sys.executable) -> list[Path]:
    """Folders of the programs that run functions and tasks, an interpreter's among them."""
    return [Path(sys.prefix), Path(sys.base_prefix), Path(interpreter).resolve().parent.parent]


@functools.cache
def is_possible(folder: Path) -> bool:
    """Whether processes can be confined here, with and without a writable copy.

    Args:
        folder: The local cloud's state; what is tried is done in it.
    """
    if sys.platform != "linux" or not Path(_program("unshare")).is_absolute():
        return False
    with tempfile.TemporaryDirectory(prefix=".probe-", dir=folder) as made:
        parts = {name: Path(made, name) for name in ("tmp", "own", "copy")}
        for path in parts.values():
            path.mkdir()
        trial = Confinement(parts["tmp"], 1, [folder, *programs()], (parts["own"], parts["copy"]))
        forbidden = folder / ".forbidden"
        allowed = f"{_quoted(TMP / 'probe')} {_quoted(parts['own'] / 'probe')}"
        test = f"touch {allowed} && ! touch {_quoted(forbidden)}"
        try:
            done = subprocess.run(
                trial.argv(["sh", "-c", test], folder),
                capture_output=True,
                timeout=PROBE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0 and not (parts["own"] / "probe").exists() and not forbidden.exists()
