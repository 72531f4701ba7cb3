"""What a role may do when a service works with it, without a call to the API: pull an image, decrypt, log."""

from __future__ import annotations

from collections.abc import Iterable

from nestctl.localcloud.control.authorization import attached, context, key_states
from nestctl.localcloud.control.authorization.account import Account
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Cloud
from nestctl.policies.combine import judge
from nestctl.policies.evaluate import Request, message


def refusal(
    cloud: Cloud, role: str, session: str, requests: Iterable[Request], *, granted: bool = False
) -> str:
    """Return why a session of a role may not do something; empty when it may do all of it.

    Args:
        cloud: The running cloud.
        role: ARN of the role.
        session: Name of the session.
        requests: What is asked.
        granted: Whether a service made a grant on the key for the role.
    """
    account = Account(cloud)
    caller = account.as_role(role, session)
    if caller is None:
        return f"the role {role or '(none)'} cannot be assumed"
    known = context.of_caller(caller, account.tags_of(caller))
    for request in requests:
        arn = attached.Arn.of(request.resource)
        more = {"aws:SecureTransport": "true", "aws:RequestedRegion": arn.region if arn else ""}
        supplied = context.of_request(request, cloud.account_id)
        whole = Request(
            request.action, request.resource, context.merged(known, more, supplied, request.context)
        )
        own = (
            attached.NONE
            if request.resource == "*"
            else attached.policy_of(request.resource, cloud.account_id)
        )
        by_grant = granted or attached.granted(whole, {caller.arn, caller.entity})
        verdict = judge(caller, whole, own.policy, decisive=own.decisive, granted=by_grant)
        if not verdict.allowed:
            return message(caller.arn, request, verdict.decision, verdict.kind)
    return ""


UNREADABLE = (
    "Lambda was unable to decrypt the environment variables because {why}. "
    "Please check the function's KMS key settings. KMS Exception: {code} KMS Message: {said}"
)
KEY_ERRORS = {
    "DisabledException": ("KMSDisabledException", "the KMS key used is disabled"),
    "KMSInvalidStateException": (
        "KMSInvalidStateException",
        "the state of the KMS key used is not valid for Decrypt",
    ),
}
"""Lambda API reference, errors of Invoke, by KMS's own code."""


def environment_refusal(cloud: Cloud, function: str, role: str, key: str, region: str) -> Refused | None:
    """Return how Lambda refuses to start a function whose environment it cannot decrypt as its role.

    Lambda makes a grant on the key for the role when the function is made, so that the role needs no right of
    its own; what bounds the role bounds that, too (Lambda developer guide, "Securing environment variables").

    Args:
        cloud: The running cloud.
        function: ARN of the function.
        role: ARN of its role.
        key: The customer's key; empty for AWS's own.
        region: Region of the function.
    """
    if not key:
        return None
    asked = {
        "kms:ViaService": f"lambda.{region}.amazonaws.com",
        "kms:EncryptionContext:aws:lambda:FunctionArn": function,
    }
    arn = attached.key_of(key, region, cloud.account_id)
    wanted = [Request("kms:Decrypt", arn, asked)]
    if denied := refusal(cloud, role, function.rpartition(":")[2], wanted, granted=True):
        said = {"why": "KMS access was denied", "code": "AccessDeniedException", "said": denied}
        return Refused("KMSAccessDeniedException", UNREADABLE.format(**said), 502)
    if found := key_states.unusable(arn):
        code, why = KEY_ERRORS[found[0]]
        return Refused(code, UNREADABLE.format(why=why, code=found[0], said=found[1]), 502)
    return None
