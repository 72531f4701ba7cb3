"""What the emulator's account knows: whose an access key is, their policies, and facts about resources."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError
from ministack.core.iam_evaluator import resolve_caller_identity
from ministack.services import secretsmanager, ssm

from nestctl.localcloud.control import sealed
from nestctl.localcloud.control.authorization import attached
from nestctl.localcloud.control.authorization.identities import KNOWN, ROLE, USER, Entity
from nestctl.localcloud.control.corrections import sts
from nestctl.localcloud.control.types import Call, Cloud
from nestctl.policies.combine import Caller
from nestctl.policies.documents import Policy

ISSUED = ("AKIA", "ASIA")
"""First letters of the access keys that AWS, and the emulator, give out."""

NOBODY = Caller("")


class Account:
    """Reads the emulator's memory where that is one look, and asks its API for the rest.

    Args:
        cloud: The running cloud.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._id = cloud.account_id
        self.identities = KNOWN

    def caller(self, access_key: str) -> Caller | None:
        """Return who has an access key, with their policies as IAM knows them at this moment.

        A request without a key is nobody's. A key that AWS does not give out is the owner's.

        Returns:
            ``None`` for a key of AWS's form that nobody is known to have.
        """
        if not access_key:
            return NOBODY
        if not access_key.startswith(ISSUED):
            root = f"arn:aws:iam::{self._id}:root"
            return Caller(root, root, self._id, is_owner=True)
        if (session := sts.session(self._cloud, access_key)) is not None:
            return self._session(session)
        if (user := self.identities.holder(access_key)) is not None:
            entity = self.identities.entity(USER, user)
            if entity is None:
                return None
            identity = [*self._policies(entity)]
            for group in self.identities.groups_of(user):
                identity += self._policies(group)
            return Caller(entity.arn, entity.arn, self._id, tuple(identity), self._boundary(entity))
        found = resolve_caller_identity(access_key)
        arn = str(found["userArn"]) if found else ""
        return self._session({"arn": arn}) if ":assumed-role/" in arn else None

    def as_role(self, arn: str, session: str) -> Caller | None:
        """Return a session of a role, such as a function's own; ``None`` when the role is not known."""
        name = arn.rpartition("/")[2]
        entity = self.identities.entity(ROLE, name)
        if entity is None or entity.arn != arn:
            return None
        return self._session({"arn": f"arn:aws:sts::{self._id}:assumed-role/{name}/{session}"})

    def tags_of(self, caller: Caller) -> Mapping[str, str]:
        """Return the tags of the user or role behind a caller."""
        kind, _, rest = caller.entity.split(":", 5)[-1].partition("/") if caller.entity else ("", "", "")
        entity = self.identities.entity(kind, rest.rpartition("/")[2]) if kind in (USER, ROLE) else None
        return entity.tags if entity else {}

    def _session(self, session: Mapping[str, Any]) -> Caller:
        arn = str(session["arn"])
        name = arn.split(":", 5)[-1].split("/")[1]
        entity = self.identities.entity(ROLE, name)
        limits = session.get("policies")
        limit = None if limits is None else tuple(self._session_policies(limits))
        if entity is None:  # deleted, or not known yet: a session without rights
            return Caller(arn, f"arn:aws:iam::{self._id}:role/{name}", self._id, session=limit)
        return Caller(
            arn, entity.arn, self._id, tuple(self._policies(entity)), self._boundary(entity), session=limit
        )

    def _policies(self, entity: Entity) -> list[Policy]:
        found = [_parsed(name, document) for name, document in entity.inline]
        documents = [(arn, self.identities.document(arn)) for arn in entity.attached]
        return [*found, *(_parsed(arn.rpartition("/")[2], text) for arn, text in documents if text)]

    def _session_policies(self, limits: Mapping[str, Any]) -> list[Policy]:
        own = [_parsed("session", str(limits["policy"]))] if limits.get("policy") else []
        documents = [(arn, self.identities.document(arn)) for arn in limits.get("arns", [])]
        return [*own, *(_parsed(arn.rpartition("/")[2], text) for arn, text in documents if text)]

    def _boundary(self, entity: Entity) -> Policy | None:
        if not entity.boundary:
            return None
        # A boundary that does not exist allows nothing.
        document = self.identities.document(entity.boundary) or '{"Statement": []}'
        return _parsed(entity.boundary.rpartition("/")[2], document)

    def heed(self, call: Call) -> None:
        """Note what a call is about to change."""
        self.identities.heed(call, self._id)

    # ------------------------------------------------------------------ facts

    def boundary(self, role: str) -> str:
        """ARN of a role's permissions boundary, which IAM knows at once; empty when it has none."""
        entity = self.identities.present(ROLE, role)
        return entity.boundary if entity else ""

    def trust(self, role: str) -> Policy | None:
        """Trust policy of a role, by its ARN; ``None`` when no such role is known."""
        entity = self.identities.entity(ROLE, role.rpartition("/")[2])
        return attached.read("trust", entity.trust) if entity is not None and entity.arn == role else None

    def bucket_key(self, bucket: str) -> str:
        """The customer's key that encrypts a bucket, as its configuration names it; empty without one."""
        return attached.bucket_key(bucket, self._id)

    def parameter_keys(
        self, name: str, *, below: bool, region: str, writing: bool = False
    ) -> list[tuple[str, str]]:
        """Names of parameters and their keys: of one, or of all below a path, that a key encrypts.

        The key is the one under which the present value was written, whatever its alias means by now; for a
        new value it is the one that the parameter names.
        """
        plain = name.partition(":parameter")[2] or name
        path = plain.rstrip("/") + "/"
        return sorted(
            (parameter, self._key("ssm", f"{region} {parameter}", str(record["KeyId"]), writing=writing))
            for (account, there, parameter), record in ssm._parameters.all_items()  # noqa: SLF001
            if (account, there) == (self._id, region)
            and (parameter.startswith(path) if below else parameter == plain)
            and record.get("Type") == "SecureString"
        )

    def secret_key(self, name: str, region: str, *, writing: bool = False) -> tuple[str, str]:
        """ARN of a secret and the key under which its value was written; both empty when there is none.

        For a new value it is the key that the secret names.
        """
        for (account, there, own), record in secretsmanager._secrets.all_items():  # noqa: SLF001
            if (account, there) == (self._id, region) and name in (own, record.get("ARN")):
                named = str(record.get("KmsKeyId") or "")
                key = self._key("secretsmanager", f"{region} {own}", named, writing=writing)
                return str(record.get("ARN", "")), key
        return "", ""

    def _key(self, service: str, place: str, named: str, *, writing: bool) -> str:
        return named if writing else sealed.key(self._cloud, service, place, named)

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
                found = (attached.key_record(arn) or {}).get("Tags", [])
            case "acm":
                answer = await self._ask("acm", "ListTagsForCertificate", region, CertificateArn=arn)
                found = answer.get("Tags", [])
            case "cloudfront":
                found = (await self._ask("cloudfront", "ListTagsForResource", Resource=arn)).get("Tags", {})
                found = found.get("Items", [])
            case "backup":
                tagged = (await self._ask("backup", "ListTags", region, ResourceArn=arn)).get("Tags", {})
                return {str(key): str(value) for key, value in tagged.items()}
            case "iam":
                kind, _, rest = resource.partition("/")
                entity = self.identities.present(kind, rest.rpartition("/")[2])
                return dict(entity.tags) if entity else {}
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


@functools.lru_cache(maxsize=512)
def _parsed(name: str, text: str) -> Policy:
    return attached.readable(name, text) or Policy(name, ())
