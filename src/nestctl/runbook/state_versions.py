"""What the bucket of a Terraform state remembers: which version is good, and how it comes back.

Terraform writes a state as a whole, each time with a higher serial number and always with the same lineage.
What breaks either rule was not written by a run: an older version that somebody brought back, or a state that
belongs to something else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
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
    found = find(context, root, most=2)
    reason = _reason(found)
    if not reason:
        return
    present = found[0]
    good = best(find(context, root))
    if present.fault == "deleted" and (good is None or not good.resources):
        # Nothing that AWS has was described there.
        return
    raise _error(context, root, present, good, reason)


def fault(context: Context, root: str) -> str:
    """Return why the present state is not what a run wrote; empty when it is."""
    return _reason(find(context, root, most=2))


def best(found: Sequence[Version]) -> Version | None:
    """Return the newest state that a run wrote: of the lineage of the oldest, with the highest serial."""
    usable = [version for version in found if not version.fault]
    if not usable:
        return None
    lineage = max(usable, key=lambda v: (sum(o.lineage == v.lineage for o in usable), v.written)).lineage
    return max((v for v in usable if v.lineage == lineage), key=lambda v: (v.serial, v.written))


def choose(context: Context, root: str, wanted: str) -> Version:
    """Return the version whose id begins with ``wanted``.

    Raises:
        NestctlError: ``state-version`` when there is none, more than one, or one that cannot be used.
    """
    found = find(context, root, most=1000)
    matching = [version for version in found if version.id.startswith(wanted)]
    listing = f"nestctl state versions {root} --env {context.environment}"
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


def _read(context: Context, bucket: str, row: s3.Row) -> Version:
    serial, lineage, resources, fault, restored = 0, "", 0, "", False
    if row.deleted:
        fault = "deleted"
    else:
        text, metadata = s3.read_version(context.caller, bucket, STATE_KEY, row.id)
        restored = RESTORED in metadata
        loaded, fault = parse(text)
        if not fault:
            serial, lineage = int(loaded["serial"]), str(loaded["lineage"])
            resources = sum(len(item.get("instances", ())) for item in loaded.get("resources") or ())
    return Version(row.id, row.written, row.current, serial, lineage, resources, fault, restored)


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


def _reason(found: Sequence[Version]) -> str:
    """Return what is wrong with the first of the newest two versions."""
    if not found:
        return ""
    reason = found[0].fault
    if not reason and len(found) > 1 and not found[0].restored:
        reason = _breaks(found[0], found[1])
    return reason


def _breaks(present: Version, before: Version) -> str:
    if before.fault:
        return ""
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
            f"{where} has no version that can be used among the last {LOOKED_AT}.",
            f"nestctl state versions {root} --env {context.environment}",
        )
    command = f"nestctl state restore {root} {good.id} --env {context.environment}"
    why = (
        f"{where} was not written by a run. The last good version is {good.id} of "
        f"{good.written:%Y-%m-%d %H:%M:%S} UTC, serial {good.serial}, with {good.resources} resources."
    )
    next_ = f"{command}, then the same command again"
    if present.fault:
        what = f"The state of {root} cannot be used: it is {reason}."
        return NestctlError("state-unusable", what, why, next_)
    why += f" To keep the present one instead: {command.replace(good.id, present.id)}"
    return NestctlError("state-older", f"The state of {root} is {reason}.", why, next_)
