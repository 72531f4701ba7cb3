"""What the states in their buckets say, read without Terraform: a destroy takes the outputs away first."""

from __future__ import annotations

from nestctl.aws import s3
from nestctl.runbook import state_versions
from nestctl.runbook.context import STATE_KEY, Context


def holds(context: Context, root: str, environment: str) -> bool:
    """Tell whether the state of an environment's root describes anything."""
    return describes(context, context.state_bucket(root, environment))


def describes(context: Context, bucket: str) -> bool:
    """Tell whether the state in a bucket describes anything; there need be neither."""
    text = s3.read(context.caller, bucket, STATE_KEY)
    if text is None:
        return False
    loaded, fault = state_versions.parse(text)
    # What cannot be read may describe anything.
    return bool(fault or loaded.get("resources"))


def environments(context: Context) -> set[str]:
    """Return the environments whose buckets the state of the root ``state`` describes."""
    text = s3.read(context.caller, context.state_bucket("state"), STATE_KEY)
    found = state_versions.parse(text)[0].get("resources", []) if text is not None else []
    # One key for each state: "staging" and "bootstrap-staging" (infrastructure/state/keys.tf).
    keys = {
        instance["index_key"]
        for resource in found
        if (resource["type"], resource["name"]) == ("aws_kms_key", "state")
        for instance in resource["instances"]
    }
    return {key for key in keys if f"bootstrap-{key}" in keys}
