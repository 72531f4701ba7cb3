"""What the states in their buckets say, read without Terraform: a destroy takes the outputs away first."""

from __future__ import annotations

import json

from nestctl.aws import s3
from nestctl.runbook.context import STATE_KEY, Context


def holds(context: Context, root: str, environment: str) -> bool:
    """Tell whether the state of an environment's root describes anything."""
    return describes(context, context.state_bucket(root, environment))


def describes(context: Context, bucket: str) -> bool:
    """Tell whether the state in a bucket describes anything; there need be neither."""
    text = s3.read(context.caller, bucket, STATE_KEY)
    return bool(text and json.loads(text).get("resources"))
