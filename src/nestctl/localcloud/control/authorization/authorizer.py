"""Judges each call by all policies that AWS would judge it by, and keeps what was asked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.authorization import attached, behalf, context, key_states
from nestctl.localcloud.control.authorization.account import ISSUED, Account
from nestctl.localcloud.control.authorization.attached import Attached
from nestctl.localcloud.control.authorization.requests import requests
from nestctl.localcloud.control.types import Call, Cloud, Reply
from nestctl.localcloud.layout import OWN_KEY_ID
from nestctl.policies.combine import IDENTITY, Caller, judge
from nestctl.policies.evaluate import Request, keys_that_matter, message

KEPT = 20_000  # as many as the record of calls
FORBIDDEN = 403
TAG = "aws:resourcetag/"
RECORDED = ("aws:resourcetag/", "aws:requesttag/", "aws:tagkeys")
"""Keys that are kept with what was asked, where a policy of the caller names them."""

JUDGED_FOR_ALL = frozenset({"ecr", "kms", "lambda", "s3", "secretsmanager", "sns", "ssm", "sts"})
"""Services whose resources have policies, or keys that have; they bind the account's owner, too."""

UNDENIABLE = frozenset({"s3:DeleteBucketPolicy", "s3:GetBucketPolicy", "s3:PutBucketPolicy"})
"""What the owner's root user may do whatever a bucket's policy denies (S3 API reference, PutBucketPolicy)."""

CODES = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError"}
QUERY_CODE = "AccessDenied"
JSON_CODE = "AccessDeniedException"
"""Codes of a refusal: EC2's and SNS's own, that of the XML services, that of the JSON services."""


@dataclass(frozen=True)
class Asked:
    """What IAM was asked for one call.

    Attributes:
        call: Number of the call that came before it.
        principal: ARN of who called.
        operation: ``s3:HeadBucket``.
        requests: What the call needed; those that came after a refused one are not judged.
        refused: AWS's message; empty when all were allowed.
    """

    call: int
    principal: str
    operation: str
    requests: tuple[Request, ...]
    refused: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return it for ``/_local/authorizations``."""
        return {
            "call": self.call,
            "principal": self.principal,
            "operation": self.operation,
            "requests": [[r.action, r.resource, dict(r.context)] for r in self.requests],
            "refused": self.refused,
        }


class Authorizer:
    """Enforces IAM on the local cloud.

    As on AWS, the account's owner (the key that ``nestctl local start`` writes) is bound by policies of
    resources only. What the local cloud asks itself is not judged.

    Args:
        cloud: The running cloud.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._account_id = cloud.account_id
        self.account = Account(cloud)
        self._asked: deque[Asked] = deque(maxlen=KEPT)

    @staticmethod
    def wants_body(access_key: str, service: str, action: str) -> bool:
        """Tell whether a call must be read whole to be judged: objects need not be."""
        if access_key == OWN_KEY_ID or not access_key:
            return False
        if service == "s3":
            return action == "DeleteObjects" or action.endswith("Tagging")
        if access_key.startswith(ISSUED) or service in JUDGED_FOR_ALL or key_states.checks(service):
            return True
        return behalf.checks(service, action)

    async def refusal(self, call: Call, access_key: str, number: int) -> Reply | None:
        """Judge a call.

        Args:
            call: The call.
            access_key: That of its signature.
            number: Number of the last recorded call.

        Returns:
            The answer when it is refused, ``None`` when it may go on.
        """
        self.account.heed(call)
        if access_key == OWN_KEY_ID:
            return None
        caller = self.account.caller(access_key)
        if caller is None:
            text = "The security token included in the request is invalid."
            return replies.error(call, "InvalidClientTokenId", text, FORBIDDEN)
        if not caller.account and not self._is_public(call):
            return None
        if caller.is_owner and call.service not in JUDGED_FOR_ALL:
            return None
        refused = await self._judged(call, caller, number)
        return _reply(call, refused) if refused else None

    def objection(self, call: Call, access_key: str) -> Reply | None:
        """Return what the called service refuses with an identity of its own; ``None`` when it does not."""
        if access_key == OWN_KEY_ID:
            return None
        problem = key_states.problem(call, self._account_id, self.account)
        if problem is None and behalf.checks(call.service, call.action):
            caller = self.account.caller(access_key)
            problem = behalf.problem(call, caller, self.account) if caller is not None else None
        return replies.error(call, problem.code, problem.message, problem.status) if problem else None

    def _is_public(self, call: Call) -> bool:
        """Whether a request without a signature is one that AWS judges by the resource's policy."""
        bucket = call.path.lstrip("/").partition("/")[0]
        return call.service == "s3" and attached.has_bucket(bucket, self._account_id)

    async def _judged(self, call: Call, caller: Caller, number: int) -> str:
        ambient = context.merged(
            context.of_caller(caller, self.account.tags_of(caller)), context.of_call(call, self._account_id)
        )
        judged: list[Request] = []
        refused = ""
        for bare in await requests(call, self._account_id, self.account):
            own = self._attached(bare)
            unlimited = own.policy is None and not own.decisive
            if caller.is_owner and (unlimited or bare.action in UNDENIABLE):
                continue
            documents = [*caller.policies, *([own.policy] if own.policy else [])]
            wanted = keys_that_matter(documents, bare.action, bare.resource)
            tags = {}
            if any(key.startswith(TAG) for key in wanted) and not bare.resource.endswith("*"):
                found = await self.account.tags(bare.resource)
                tags = {f"aws:ResourceTag/{k}": v for k, v in found.items() if TAG + k.lower() in wanted}
            supplied = context.of_request(bare, self._account_id)
            request = replace(bare, context=context.merged(ambient, supplied, bare.context, tags))
            kept = {
                key: value
                for key, value in request.context.items()
                if key.lower() in wanted and key.lower().startswith(RECORDED)
            }
            judged.append(replace(bare, context={**bare.context, **kept}))
            granted = attached.granted(request, {caller.arn, caller.entity})
            verdict = judge(caller, request, own.policy, decisive=own.decisive, granted=granted)
            if not verdict.allowed:
                refused = _message(caller, request, verdict.decision, verdict.kind)
                break
        if not caller.is_owner and caller.account:
            operation = f"{call.service}:{call.action}"
            self._asked.append(Asked(number, caller.arn, operation, tuple(judged), refused))
        return refused

    def _attached(self, request: Request) -> Attached:
        if request.action == "sts:AssumeRole":
            return Attached(self.account.trust(request.resource), decisive=True)
        if request.resource == "*" or request.action == "kms:CreateKey":
            return attached.NONE
        return attached.policy_of(request.resource, self._account_id)

    def since(self, number: int) -> dict[str, Any]:
        """What was asked after a call of this number, oldest first."""
        return {"authorizations": [asked.as_dict() for asked in self._asked if asked.call >= number]}


def _message(caller: Caller, request: Request, decision: Any, kind: str) -> str:
    if not caller.arn:
        return "Access Denied"
    text = message(caller.arn, request, decision, kind)
    if request.action == "sts:AssumeRole" and kind != IDENTITY:
        return text.partition(" because ")[0].partition(" with an explicit")[0]
    return text


def _reply(call: Call, text: str) -> Reply:
    query = replies.is_query(call) or call.service in replies.XML_SERVICES
    code = CODES.get(call.service, QUERY_CODE if query else JSON_CODE)
    # REST and Query services answer 403, those of the JSON protocol 400.
    rpc = "x-amz-target" in call.headers
    reply = replies.error(call, code, text, 400 if rpc else FORBIDDEN)
    return replace(reply, body=b"") if call.method == "HEAD" else reply
