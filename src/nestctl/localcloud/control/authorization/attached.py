"""The policies that are attached to resources, as the emulator stores them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.services import ec2, ecr, kms, lambda_svc, s3, secretsmanager, sns, waf

from nestctl.policies.conditions import is_known
from nestctl.policies.documents import Policy, parse
from nestctl.policies.evaluate import Request

PARTS = 6
GRANTS_ON_DATA_KEYS = "kms:encryptioncontext:"


@dataclass(frozen=True)
class Arn:
    """An ARN taken apart."""

    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def of(cls, text: str) -> Arn | None:
        """Take one apart; ``None`` when the text is none."""
        parts = text.split(":", PARTS - 1)
        return cls(parts[2], parts[3], parts[4], parts[5]) if len(parts) == PARTS else None


@dataclass(frozen=True)
class Attached:
    """What a resource says itself.

    Attributes:
        policy: Its policy; ``None`` when it has none.
        decisive: Whether nobody may do anything whom the policy does not name: a key's, a role's.
    """

    policy: Policy | None = None
    decisive: bool = False


NONE = Attached()


def policy_of(resource: str, account: str) -> Attached:
    """Return what a resource says itself.

    Args:
        resource: ARN, of something that is there or not.
        account: Account of the local cloud, for resources whose ARN names none.
    """
    arn = Arn.of(resource)
    find = FINDERS.get(arn.service) if arn else None
    return find(arn, account) if find and arn else NONE


def granted(request: Request, principals: set[str]) -> bool:
    """Tell whether a grant on a key lets one of these users or roles do what is asked."""
    arn = Arn.of(request.resource)
    if arn is None or arn.service != "kms":
        return False
    operation = request.action.partition(":")[2]
    return any(
        grant["KeyId"] == request.resource
        and operation in grant["Operations"]
        and grant["GranteePrincipal"] in principals
        and _constrained(grant.get("Constraints") or {}, request)
        for _, grant in kms._grants.all_items()  # noqa: SLF001 - its only table
    )


def _constrained(constraints: Mapping[str, Any], request: Request) -> bool:
    context = {
        key[len(GRANTS_ON_DATA_KEYS) :]: value
        for key, value in request.context.items()
        if key.lower().startswith(GRANTS_ON_DATA_KEYS)
    }
    equal, subset = constraints.get("EncryptionContextEquals"), constraints.get("EncryptionContextSubset")
    if equal and context != equal:
        return False
    return not subset or subset.items() <= context.items()


def key_of(name: str, region: str, account: str) -> str:
    """Return the ARN of the key that an id, ARN or alias means; the text itself when there is none."""
    text = name
    if text.startswith("alias/") or ":alias/" in text:
        arn = text if text.startswith("arn:") else f"arn:aws:kms:{region}:{account}:{text}"
        found = kms._aliases.get_scoped(account, region, arn)  # noqa: SLF001
        if not found:
            return arn
        text = str(found)
    return text if text.startswith("arn:") else f"arn:aws:kms:{region}:{account}:key/{text}"


def aliases_of(key: str) -> tuple[str, ...]:
    """Return the aliases of a key: ``alias/nest-staging``."""
    own = key.rpartition("/")[2]
    return tuple(
        str(scoped[-1]).split(":", PARTS - 1)[-1]
        for scoped, target in kms._aliases.all_items()  # noqa: SLF001
        if target == own
    )


def key_record(key: str) -> Mapping[str, Any] | None:
    """Return the emulator's record of a key by its ARN."""
    arn = Arn.of(key)
    if arn is None or not arn.resource.startswith("key/"):
        return None
    found: Mapping[str, Any] | None = kms._keys.get_scoped(arn.account, arn.region, arn.resource[4:])  # noqa: SLF001
    return found


def bucket_key(bucket: str, account: str) -> str:
    """Return the customer's key that encrypts a bucket by default; empty when there is none."""
    text = s3._bucket_encryption.get_scoped(account, None, bucket) or ""  # noqa: SLF001
    match = re.search(r"<KMSMasterKeyID>\s*([^<\s]+)\s*</KMSMasterKeyID>", text)
    return match[1] if match else ""


def associated_address(association: str) -> str:
    """Return the allocation of the address that an association is of; empty when there is none."""
    addresses = (address for _, address in ec2._addresses.all_items())  # noqa: SLF001
    found = (one["AllocationId"] for one in addresses if one.get("AssociationId") == association)
    return str(next(found, ""))


def has_bucket(bucket: str, account: str) -> bool:
    """Tell whether there is a bucket of this name."""
    return bool(s3._buckets.contains_scoped(account, None, bucket))  # noqa: SLF001


# ------------------------------------------------------------------ by service


def web_acl_of(resource: str) -> str:
    """Return the ARN of the web ACL that is tied to a resource; empty when there is none."""
    found = (acl for (*_, tied), acl in waf._associations.all_items() if tied == resource)  # noqa: SLF001
    return str(next(found, ""))


def _bucket(arn: Arn, account: str) -> Attached:
    bucket = arn.resource.partition("/")[0]
    return _attached(bucket, s3._bucket_policies.get_scoped(account, None, bucket))  # noqa: SLF001


def _key(arn: Arn, account: str) -> Attached:  # noqa: ARG001 - one signature for all
    record = key_record(f"arn:aws:kms:{arn.region}:{arn.account}:{arn.resource}")
    if record is None:
        return NONE
    return Attached(_attached(arn.resource, record.get("Policy")).policy, decisive=True)


def _repository(arn: Arn, account: str) -> Attached:  # noqa: ARG001
    name = arn.resource.partition("/")[2]
    return _attached(name, ecr._repo_policies.get_scoped(arn.account, arn.region, name))  # noqa: SLF001


def _function(arn: Arn, account: str) -> Attached:  # noqa: ARG001
    kind, _, rest = arn.resource.partition(":")
    name = rest.partition(":")[0]
    function = lambda_svc._functions.get_scoped(arn.account, arn.region, name)  # noqa: SLF001
    if kind != "function" or function is None:
        return NONE
    policy = function.get("policy") or {}
    return _attached(name, policy if policy.get("Statement") else None)


def _topic(arn: Arn, account: str) -> Attached:  # noqa: ARG001
    whole = f"arn:aws:sns:{arn.region}:{arn.account}:{arn.resource}"
    topic = sns._topics.get_scoped(arn.account, arn.region, whole)  # noqa: SLF001
    return _attached(arn.resource, ((topic or {}).get("attributes") or {}).get("Policy"))


def _secret(arn: Arn, account: str) -> Attached:  # noqa: ARG001
    whole = f"arn:aws:secretsmanager:{arn.region}:{arn.account}:{arn.resource}"
    found = secretsmanager._resource_policies.get_scoped(arn.account, arn.region, whole)  # noqa: SLF001
    return _attached(arn.resource, found)


def _attached(name: str, document: Any) -> Attached:
    if not document:
        return NONE
    return Attached(read(name, document if isinstance(document, str) else json.dumps(document)))


@functools.lru_cache(maxsize=512)
def read(name: str, document: str) -> Policy | None:
    """Parse a resource's policy once; ``None`` when it is no policy, which then allows nothing."""
    return readable(name, document, of_resource=True)


def readable(name: str, document: str, *, of_resource: bool = False) -> Policy | None:
    """Parse a policy; ``None`` when it is none.

    Such a one is refused when it is put, but older states and ways in that nobody checks may hold some.
    """
    try:
        policy = parse(name, document, of_resource=of_resource)
    except (AttributeError, TypeError, ValueError):
        return None
    known = all(is_known(condition.operator) for statement in policy for condition in statement.conditions)
    return policy if known else None


FINDERS: Mapping[str, Callable[[Arn, str], Attached]] = {
    "ecr": _repository,
    "kms": _key,
    "lambda": _function,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
}
