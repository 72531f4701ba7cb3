"""The cache asks for its token: proven by asking it where it can be reached, else by what was seen of it.

ElastiCache says of a token that was only rotated in (it is accepted, and so is none) the same as of one that
is asked for. So an object in the environment's bucket says for which group and which value of the parameter
the change was seen to its end; a run that is killed in between leaves none, and the next one sets the token.
"""

from __future__ import annotations

import json
import re

from nestctl.aws import cache, parameters, s3
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Tell

KEY = "nestctl/cache-token.json"

FITTING = re.compile(r"[A-Za-z0-9!&#$^<>-]{16,128}")
"""Tokens that ElastiCache takes (ElastiCache User Guide, "Authenticating with the AUTH command")."""


def problem(context: Context) -> str:
    """Return why the cache has to be given its token; empty when it asks for it."""
    values = stack.outputs(context)
    group = cache.describe(context.deployer, values["cache_replication_group_id"])
    if not group.enabled:
        return "it asks for none"
    if group.pending:
        return "a change of its token is under way"
    name = values["cache_auth_token_parameter"]
    token = parameters.get_value(context.deployer, name)
    door = cache.knock(group, token, context.target.authorities)
    if door in ("open", "wrong-token"):
        return {"open": "it takes none", "wrong-token": "it takes another than the stored one"}[door]
    if s3.read(context.deployer, values["zappa_bucket_name"], KEY) != _mark(context):
        return "nobody has seen it ask for the stored one"
    return ""


def give(context: Context, tell: Tell) -> None:
    """Set the stored token, and note that it was seen to its end.

    Raises:
        NestctlError: ``password-unfit`` when ElastiCache would not take it.
    """
    values = stack.outputs(context)
    name = values["cache_auth_token_parameter"]
    token = parameters.get_value(context.deployer, name)
    if not FITTING.fullmatch(token):
        raise NestctlError(
            "password-unfit",
            f"The cache cannot have the token that is stored in {name}.",
            "ElastiCache takes 16 to 128 letters, digits and these signs: ! & # $ ^ < > -",
            parameters.advice(name),
        )
    cache.set_token(context.deployer, values["cache_replication_group_id"], token, tell)
    s3.write(context.deployer, values["zappa_bucket_name"], KEY, _mark(context))


def _mark(context: Context) -> bytes:
    values = stack.outputs(context)
    group = cache.describe(context.deployer, values["cache_replication_group_id"])
    written = parameters.last_write(context.deployer, values["cache_auth_token_parameter"]).written
    # A token that somebody else has set since has another time of change.
    changed = group.changed.isoformat() if group.changed else ""
    return json.dumps({"group": group.born, "token": written, "changed": changed}).encode()
