"""The record of a release, which is written once it is live on both sides."""

from __future__ import annotations

from datetime import UTC, datetime

from nestctl.releases import records
from nestctl.releases.records import Record
from nestctl.releases.release import Release
from nestctl.runbook import stack
from nestctl.runbook.context import Context


def is_last(context: Context) -> bool:
    """Tell whether the release that the sources make is the last one that was recorded."""
    last = records.latest(context.deployer, _bucket(context))
    wanted = context.built.backend.release, context.built.frontend(stack.asset_prefix(context)).release
    return last is not None and (last.release.backend, last.release.frontend) == wanted


def write(context: Context) -> Record:
    """Record the release that the sources make and that is live."""
    built = context.built
    commit = built.commit()
    release = Release(
        backend=built.backend.release,
        frontend=built.frontend(stack.asset_prefix(context)).release,
        commit=commit.name,
        dirty=commit.dirty,
        by=context.caller.arn,
        at=datetime.now(UTC),
        migrations=built.migrations(),
    )
    return records.add(context.deployer, _bucket(context), release)


def _bucket(context: Context) -> str:
    return str(stack.outputs(context)["zappa_bucket_name"])
