"""What the bucket of a Terraform state remembers: which version is good, and how it comes back.

Terraform writes a state as a whole, each time with a higher serial number and always with the same lineage.
What breaks either rule was not written by a run: an older version that somebody brought back, or a state that
belongs to something else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from nestctl.aws import s3
from nestctl.report import NestctlError
from nestctl.report.words import counted
from nestctl.runbook import identities
from nestctl.runbook.context import STATE_KEY, Context

FORMAT = 4
"""Version of the format of a state, the same since Terraform 0.12."""

RESTORED = "nestctl-restored"
"""Metadata of a version that `state restore` made: it is older than what it stands on by intent."""

LOOKED_AT = 50
"""Versions that are read in search of a good one; a run writes a handful."""

GLANCED_AT = 10
"""Versions whose beginning every run reads: what came back may have been built upon since."""

HEAD_BYTES = 512
HEAD = re.compile(
    r'\A\s*\{\s*"version":\s*4,.*?"serial":\s*(?P<serial>\d+),\s*"lineage":\s*"(?P<lineage>[^"]+)"', re.DOTALL
)
"""How a state begins (Terraform's ``statefile`` package, version 4)."""

DELETED = "deleted"
UNKNOWN = -1


@dataclass(frozen=True)
class Version:
    """One version of a state.

    Attributes:
        id: S3's name for it.
        written: When.
        current: Whether it is what Terraform reads.
        serial: Terraform's number, 0 when it cannot be read.
        lineage: What all versions of one state share.
        resources: How many resources it describes.
        fault: Why it cannot be used; empty when it can.
        restored: Whether it was brought back on purpose.
    """

    id: str
    written: datetime
    current: bool
    serial: int
    lineage: str
    resources: int
    fault: str
    restored: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``--json``."""
        return {**asdict(self), "written": self.written.isoformat()}


def find(context: Context, root: str, *, most: int = LOOKED_AT) -> list[Version]:
    """Return the versions of a root's state, newest first; a deletion is a version without content."""
    bucket = context.state_bucket(root)
    return [_read(context, bucket, row) for row in s3.versions(context.caller, bucket, STATE_KEY, most=most)]


def check(context: Context, root: str) -> None:
    """Look whether a root's state is what the last run wrote.

    Raises:
        NestctlError: ``state-unusable`` or ``state-older``, with the version to bring back.
    """
    present, reason = _look(context, root)
    if present is None or not reason:
        return
    good = best(find(context, root))
    if present.fault == DELETED and (good is None or not good.resources):
        # Nothing that AWS has was described there.
        return
    raise _error(context, root, present, good, reason)


def fault(context: Context, root: str) -> str:
    """Return why the present state is not what a run wrote; empty when it is."""
    return _look(context, root)[1]


def best(found: Sequence[Version]) -> Version | None:
    """Return the newest state that a run wrote, of versions that are given newest first.

    What lies before the last version that was restored on purpose counts no more. Nor does what lies after a
    state that no run wrote: it was made without knowing what AWS has.
    """
    good: Version | None = None
    for version in reversed(_since_restored(found)):
        if version.fault:
            continue
        if good is not None and _breaks(version, good):
            break
        good = version
    return good


def choose(context: Context, root: str, wanted: str) -> Version:
    """Return the version whose id begins with ``wanted``.

    Raises:
        NestctlError: ``state-version`` when there is none, more than one, or one that cannot be used.
    """
    found = find(context, root, most=1000)
    matching = [version for version in found if version.id.startswith(wanted)]
    listing = f"nestctl state versions {root}"
    if len(matching) != 1:
        count = "no version" if not matching else counted(len(matching), "version")
        raise NestctlError(
            "state-version", f"The state of {root} has {count} {wanted!r}.", "Nothing was changed.", listing
        )
    if matching[0].fault:
        raise NestctlError(
            "state-version",
            f"The version {wanted} of the state of {root} is no state: {matching[0].fault}.",
            "Nothing was changed.",
            listing,
        )
    return matching[0]


def free(context: Context, root: str, tell: Callable[[str], None]) -> None:
    """Wait for a Terraform that works on this state, and remove the lock of a dead one.

    Raises:
        NestctlError: ``terraform-lock`` when the lock may belong to a living run elsewhere.
    """
    profile = {
        "state": identities.of_state(context).profile,
        "bootstrap": identities.of_bootstrap(context).profile,
    }.get(root, context.stack)
    context.free_state(context.root(root, profile=profile, variables={}), tell)


def restore(context: Context, root: str, version: Version) -> str:
    """Make a version the present state and return the id of its copy; what was present stays a version."""
    bucket = context.state_bucket(root)
    return s3.write_again(context.caller, bucket, STATE_KEY, version.id, {RESTORED: version.id})


def _look(context: Context, root: str) -> tuple[Version | None, str]:
    """Return the present version, and why no run wrote it: it, or what it goes back to."""
    bucket = context.state_bucket(root)
    rows = s3.versions(context.caller, bucket, STATE_KEY, most=GLANCED_AT)
    if not rows:
        return None, ""
    present = _read(context, bucket, rows[0])
    if present.fault:
        return present, present.fault
    history = [present]
    for row in rows[1:]:
        if history[-1].restored:
            break
        history.append(_glance(context, bucket, row))
        if row.deleted and _described_nothing(context, bucket, rows[rows.index(row) + 1 :]):
            break
    usable = [version for version in reversed(_since_restored(history)) if not version.fault]
    reasons = (_breaks(later, before) for before, later in pairwise(usable))
    return present, next((reason for reason in reasons if reason), "")


def _since_restored(found: Sequence[Version]) -> Sequence[Version]:
    """Return the versions, newest first, down to the last one that was restored on purpose."""
    for place, version in enumerate(found):
        if version.restored and not version.fault:
            return found[: place + 1]
        before = found[place + 1 :]
        if version.fault == DELETED and (not before or before[0].resources == 0):
            return found[:place]
    return found


def _described_nothing(context: Context, bucket: str, before: Sequence[s3.Row]) -> bool:
    """Tell whether what a deletion took away described nothing, as after a destroy."""
    return not before or _read(context, bucket, before[0]).resources == 0


def _read(context: Context, bucket: str, row: s3.Row) -> Version:
    serial, lineage, resources, fault, restored = 0, "", 0, "", False
    if row.deleted:
        fault = DELETED
    else:
        text, metadata = s3.read_version(context.caller, bucket, STATE_KEY, row.id)
        restored = RESTORED in metadata
        loaded, fault = parse(text)
        if not fault:
            serial, lineage = int(loaded["serial"]), str(loaded["lineage"])
            resources = sum(len(item.get("instances", ())) for item in loaded.get("resources") or ())
    return Version(row.id, row.written, row.current, serial, lineage, resources, fault, restored)


def _glance(context: Context, bucket: str, row: s3.Row) -> Version:
    """Return what the first bytes of a version tell: Terraform writes serial and lineage before the rest."""
    if row.deleted:
        return Version(row.id, row.written, row.current, 0, "", UNKNOWN, DELETED, False)
    text, metadata = s3.read_version(context.caller, bucket, STATE_KEY, row.id, first=HEAD_BYTES)
    found = HEAD.search(text.decode("utf-8", "replace"))
    serial, lineage = (int(found["serial"]), found["lineage"]) if found else (0, "")
    fault = "" if found else "unreadable"
    restored = RESTORED in metadata
    return Version(row.id, row.written, row.current, serial, lineage, UNKNOWN, fault, restored)


def parse(text: bytes) -> tuple[dict[str, Any], str]:
    """Return a state as JSON, and why it is none; the reason is empty when it is one."""
    if not text.strip():
        return {}, "empty"
    try:
        loaded = json.loads(text)
    except (ValueError, RecursionError) as error:
        return {}, f"not JSON: {error}"
    if not isinstance(loaded, dict) or not isinstance(loaded.get("serial"), int):
        return {}, "JSON, but no Terraform state"
    if loaded.get("version") != FORMAT or not loaded.get("lineage"):
        return {}, f"not a state of format {FORMAT}"
    if not isinstance(loaded.get("resources", []), list):
        return {}, "JSON, but no Terraform state"
    return loaded, ""


def _breaks(present: Version, before: Version) -> str:
    if present.lineage != before.lineage:
        return "of another lineage than the version before it"
    if present.serial < before.serial:
        return f"older than the version before it (serial {present.serial} after {before.serial})"
    return ""


def _error(context: Context, root: str, present: Version, good: Version | None, reason: str) -> NestctlError:
    where = f"s3://{context.state_bucket(root)}/{STATE_KEY}"
    if good is None:
        return NestctlError(
            "state-unusable",
            f"The state of {root} cannot be used: it is {reason}.",
            f"{where} has no version that can be used among the last {LOOKED_AT}. Once it is deleted, which "
            "keeps its versions, the same command goes on without it and takes over what AWS has.",
            f"nestctl aws s3 rm {where}",
        )
    command = f"nestctl state restore {root} {good.id} --yes"
    why = (
        f"{where} was not written by a run. The last good version is {good.id} of "
        f"{good.written:%Y-%m-%d %H:%M:%S} UTC, serial {good.serial}, with "
        f"{counted(good.resources, 'resource')}. Once it is back, run the same command again."
    )
    if present.fault:
        return NestctlError(
            "state-unusable", f"The state of {root} cannot be used: it is {reason}.", why, command
        )
    why += f" To keep the present one instead: {command.replace(good.id, present.id)}"
    return NestctlError("state-older", f"The state of {root} is {reason}.", why, command)
