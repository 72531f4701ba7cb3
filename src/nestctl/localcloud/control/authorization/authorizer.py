"""Judges each call of a user or role session by its policies, and keeps what was asked."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.authorization.account import ISSUED, Account
from nestctl.localcloud.control.authorization.requests import requests
from nestctl.localcloud.control.types import Call, Cloud, Reply
from nestctl.policies.evaluate import Request, decide, keys_that_matter, message

KEPT = 20_000  # as many as the record of calls
FORBIDDEN = 403
TAG = "aws:resourcetag/"

CODES = {"ec2": "UnauthorizedOperation"}
QUERY_CODE = "AccessDenied"
JSON_CODE = "AccessDeniedException"
"""Codes of a refusal: EC2's own, that of the XML services, that of the JSON services."""


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

    The account's owner (the key that ``nestctl local start`` writes) may do everything, as on AWS.

    Args:
        cloud: The running cloud.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._account_id = cloud.account_id
        self._account = Account(cloud)
        self._asked: deque[Asked] = deque(maxlen=KEPT)

    @staticmethod
    def wants_body(access_key: str, service: str, action: str) -> bool:
        """Tell whether a call must be read whole to be judged: objects need not be."""
        return access_key.startswith(ISSUED) and (service != "s3" or action == "DeleteObjects")

    async def refusal(self, call: Call, access_key: str, number: int) -> Reply | None:
        """Judge a call.

        Args:
            call: The call.
            access_key: That of its signature.
            number: Number of the last recorded call.

        Returns:
            The answer when it is refused, ``None`` when it may go on.
        """
        self._account.heed(call)
        principal = self._account.principal(access_key)
        if principal is None:
            if access_key.startswith(ISSUED):
                return replies.error(
                    call,
                    "InvalidClientTokenId",
                    "The security token included in the request is invalid.",
                    FORBIDDEN,
                )
            return None
        policies = self._account.policies(principal)
        bound = self._account.bound(principal)
        judged: list[Request] = []
        refused = ""
        for bare in await requests(call, self._account_id, self._account):
            context = {
                **bare.context,
                "aws:PrincipalArn": principal.arn,
                "aws:RequestedRegion": call.region,
            }
            documents = [*policies, bound] if bound else policies
            keys = keys_that_matter(documents, bare.action, bare.resource)
            tags = {}
            if any(key.startswith(TAG) for key in keys) and not bare.resource.endswith("*"):
                found = await self._account.tags(bare.resource)
                tags = {f"aws:ResourceTag/{k}": v for k, v in found.items() if TAG + k.lower() in keys}
            judged.append(replace(bare, context={**bare.context, **tags}))
            request = replace(bare, context={**context, **tags})
            decision = decide(policies, request)
            kind = "identity-based policy"
            if decision.allowed and bound is not None:
                decision, kind = decide([bound], request), "permissions boundary"
            if not decision.allowed:
                refused = message(principal.arn, request, decision, kind)
                break
        operation = f"{call.service}:{call.action}"
        self._asked.append(Asked(number, principal.arn, operation, tuple(judged), refused))
        return _reply(call, refused) if refused else None

    def since(self, number: int) -> dict[str, Any]:
        """What was asked after a call of this number, oldest first."""
        return {"authorizations": [asked.as_dict() for asked in self._asked if asked.call >= number]}


def _reply(call: Call, text: str) -> Reply:
    query = replies.is_query(call) or call.service in replies.XML_SERVICES
    code = CODES.get(call.service, QUERY_CODE if query else JSON_CODE)
    # REST and Query services answer 403, those of the JSON protocol 400.
    rpc = "x-amz-target" in call.headers
    reply = replies.error(call, code, text, 400 if rpc else FORBIDDEN)
    return replace(reply, body=b"") if call.method == "HEAD" else reply
