"""What the emulator's account knows: whose an access key is, their policies, and facts about resources."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import resolve_caller_identity
from ministack.services import iam

from nestctl.localcloud.control.corrections import sts
from nestctl.localcloud.control.types import Call, Cloud
from nestctl.policies.documents import Policy, parse

ISSUED = ("AKIA", "ASIA")
"""First letters of the access keys that AWS, and the emulator, give out."""

ENCRYPTION_CHANGES = frozenset(
    {"CreateBucket", "DeleteBucket", "PutBucketEncryption", "DeleteBucketEncryption"}
)


@dataclass(frozen=True)
class Principal:
    """A user or role session.

    Attributes:
        arn: As AWS names it in messages: ``arn:aws:sts::…:assumed-role/nest-staging-terraform/session``.
        kind: ``user`` or ``role``.
        name: Name of the user or role.
    """

    arn: str
    kind: str
    name: str


class Account:
    """Reads the emulator's memory where that is one look, and asks its API for the rest.

    Args:
        cloud: The running cloud.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._bucket_keys: dict[str, str] = {}

    def principal(self, access_key: str) -> Principal | None:
        """Return who has an access key; ``None`` for the account's owner, whom no policy binds."""
        if not access_key.startswith(ISSUED):
            return None
        found = resolve_caller_identity(access_key)
        arn = str(found["userArn"]) if found else sts.session(self._cloud, access_key)
        if not arn:
            return None
        resource = arn.split(":", 5)[-1]
        kind, _, rest = resource.partition("/")
        if kind == "assumed-role":
            return Principal(arn, "role", rest.partition("/")[0])
        return Principal(arn, "user", rest.rpartition("/")[2]) if kind == "user" else None

    @staticmethod
    def policies(principal: Principal) -> list[Policy]:
        """Return the principal's policies, inline ones first, as they are at this moment."""
        if principal.kind == "role":
            entity = iam._roles.get(principal.name) or {}  # noqa: SLF001 - its only table
            inline: Mapping[str, Any] = entity.get("InlinePolicies") or {}
        else:
            entity = iam._users.get(principal.name) or {}  # noqa: SLF001
            inline = iam._user_inline_policies.get(principal.name) or {}  # noqa: SLF001
        found = [_parsed(name, document) for name, document in inline.items()]
        for arn in entity.get("AttachedPolicies", []):
            if (policy := iam._policies.get(arn)) is not None:  # noqa: SLF001
                document = policy["Versions"][policy["DefaultVersionId"]]["Document"]
                found.append(_parsed(arn.rpartition("/")[2], document))
        return found

    def bound(self, principal: Principal) -> Policy | None:
        """Return the permissions boundary of a role; ``None`` when it has none."""
        arn = self.boundary(principal.name) if principal.kind == "role" else ""
        if not arn:
            return None
        policy = iam._policies.get(arn)  # noqa: SLF001
        # A boundary that does not exist allows nothing.
        document = policy["Versions"][policy["DefaultVersionId"]]["Document"] if policy else {"Statement": []}
        return _parsed(arn.rpartition("/")[2], document)

    def heed(self, call: Call) -> None:
        """Forget what a call changes."""
        if call.service == "s3" and call.action in ENCRYPTION_CHANGES:
            self._bucket_keys.pop(call.path.strip("/").partition("/")[0], None)

    # ------------------------------------------------------------------ facts

    def boundary(self, role: str) -> str:
        """ARN of a role's permissions boundary; empty when it has none."""
        return str((iam._roles.get(role) or {}).get("PermissionsBoundary") or "")  # noqa: SLF001

    async def bucket_key(self, bucket: str) -> str:
        """ARN of the customer's key that encrypts a bucket; empty when there is none."""
        if bucket not in self._bucket_keys:
            answer = await self._ask("s3", "GetBucketEncryption", Bucket=bucket)
            rules = answer.get("ServerSideEncryptionConfiguration", {}).get("Rules", [])
            default = rules[0].get("ApplyServerSideEncryptionByDefault", {}) if rules else {}
            self._bucket_keys[bucket] = str(default.get("KMSMasterKeyID", ""))
        return self._bucket_keys[bucket]

    async def parameter_keys(self, name: str, *, below: bool) -> list[str]:
        """ARNs of the customer's keys of a parameter, or of all below a path."""
        plain = name.partition(":parameter")[2] or name
        key, option = ("Path", "Recursive") if below else ("Name", "Equals")
        wanted = plain.rstrip("/") if below else plain
        answer = await self._ask(
            "ssm", "DescribeParameters", ParameterFilters=[{"Key": key, "Option": option, "Values": [wanted]}]
        )
        keys = {
            p["KeyId"]
            for p in answer.get("Parameters", [])
            if p.get("Type") == "SecureString" and "KeyId" in p
        }
        return sorted(key for key in keys if key.startswith("arn:"))

    async def task_roles(self, definition: str) -> list[str]:
        """ARNs of the roles of a task definition."""
        answer = await self._ask("ecs", "DescribeTaskDefinition", taskDefinition=definition)
        found = answer.get("taskDefinition", {})
        return sorted({found[name] for name in ("taskRoleArn", "executionRoleArn") if found.get(name)})

    async def tags(self, arn: str) -> dict[str, str]:
        """Tags of a resource; empty when it has none or takes none."""
        _, _, service, region, _, resource = arn.split(":", 5)
        own_id = resource.rpartition("/")[2]
        match service:
            case "ec2":
                filters = [{"Name": "resource-id", "Values": [own_id]}]
                found = (await self._ask("ec2", "DescribeTags", region, Filters=filters)).get("Tags", [])
            case "kms":
                found = (await self._ask("kms", "ListResourceTags", region, KeyId=own_id)).get("Tags", [])
            case "acm":
                answer = await self._ask("acm", "ListTagsForCertificate", region, CertificateArn=arn)
                found = answer.get("Tags", [])
            case "cloudfront":
                found = (await self._ask("cloudfront", "ListTagsForResource", Resource=arn)).get("Tags", {})
                found = found.get("Items", [])
            case _:
                answer = await self._ask(
                    "resourcegroupstaggingapi", "GetResources", region, ResourceARNList=[arn]
                )
                listed = answer.get("ResourceTagMappingList", [])
                found = listed[0].get("Tags", []) if listed else []
        return {str(t.get("Key", t.get("TagKey"))): str(t.get("Value", t.get("TagValue", ""))) for t in found}

    async def _ask(self, service: str, action: str, region: str = "", **parameters: Any) -> dict[str, Any]:
        try:
            return await self._cloud.api(service, action, parameters, region)
        except ClientError:
            return {}  # what is not there has no key, role or tag


def _parsed(name: str, document: Any) -> Policy:
    return _parse_text(name, document if isinstance(document, str) else json.dumps(document))


@functools.lru_cache(maxsize=256)
def _parse_text(name: str, text: str) -> Policy:
    return parse(name, text)
