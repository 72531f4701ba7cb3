"""Policies that are none, of identities and of resources: refused where they are put, by each service's code.

Source: IAM user guide, "Grammar of the IAM JSON policy language"; S3 user guide, "Bucket policies"; the API
references of KMS, SNS, ECR, Secrets Manager and STS. Who is named must be there, and known to IAM.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ministack.core.responses import get_account_id

from nestctl.localcloud.control.authorization.attached import has_bucket
from nestctl.localcloud.control.authorization.identities import KNOWN, ROLE, USER
from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call
from nestctl.policies import reference
from nestctl.policies.documents import matches
from nestctl.policies.grammar import Fault, Kind, fault, invalid, principals, statements, texts

BUCKET_POLICY = 20 * 1024
"""Bytes of a bucket's policy (S3 user guide, "Bucket policies")."""

IAM, S3, JSON = "MalformedPolicyDocument", "MalformedPolicy", "MalformedPolicyDocumentException"
OWN = re.compile(r"arn:[\w-]+:iam::(\d{12}):(role|user)/(?:.*/)?([^/]+)")
S3_ARN = re.compile(r"arn:aws[\w-]*:s3:::(.*)", re.DOTALL)
SCOPE = "Policy statement action out of service scope!"


def _absent(document: str) -> Fault | None:
    """Return the fault of a principal of this account that IAM does not know."""
    for statement in statements(document):
        for kind, name in principals(statement):
            match = OWN.fullmatch(name) if kind == "AWS" else None
            if match is None or match[1] != get_account_id():
                continue
            entity = KNOWN.entity(ROLE if match[2] == "role" else USER, match[3])
            if entity is None or entity.arn != name:
                return invalid(kind, name)
    return None


@limits("iam", "CreatePolicy", "CreatePolicyVersion", "PutGroupPolicy", "PutRolePolicy", "PutUserPolicy")
def identity(call: Call) -> Refused | None:
    """Refuse what is no policy of a user, group or role."""
    found = fault(str(call.params.get("PolicyDocument", "")), Kind.IDENTITY)
    return Refused(IAM, found.message) if found else None


@limits("sts", "AssumeRole")
def session(call: Call) -> Refused | None:
    """Refuse what is no policy of a session."""
    document = str(call.params.get("Policy") or "")
    found = fault(document, Kind.IDENTITY) if document else None
    return Refused(IAM, found.message) if found else None


@limits("iam", "CreateRole", "UpdateAssumeRolePolicy")
def trust(call: Call) -> Refused | None:
    """Refuse what is no trust policy, and one that names who is not there."""
    document = str(call.params.get("AssumeRolePolicyDocument") or call.params.get("PolicyDocument") or "")
    found = fault(document, Kind.TRUST) or _absent(document)
    return Refused(IAM, found.message) if found else None


@limits("kms", "CreateKey", "PutKeyPolicy")
def key(call: Call) -> Refused | None:
    """Refuse what is no key policy; KMS itself looks who is named."""
    document = str(call.params.get("Policy") or "")
    if not document and call.action == "CreateKey":
        return None
    found = fault(document, Kind.RESOURCE, names_resources=True)
    if found is None:
        return None
    named = found.message.startswith("Invalid principal")
    words = "Policy contains a statement with one or more invalid principals."
    return Refused(JSON, words if named else found.message)


@limits("sns", "CreateTopic", "SetTopicAttributes")
def topic(call: Call) -> Refused | None:
    """Refuse what is no policy of a topic."""
    for document in _topic_policies(call):
        found = fault(document, Kind.RESOURCE) or _absent(document)
        if found is not None:
            why = "PrincipalNotFound" if found.element == "Principal" and found.value else "null"
            return Refused("InvalidParameter", f"Invalid parameter: Policy Error: {why}")
        if any(_foreign(document, "sns")):
            return Refused("InvalidParameter", f"Invalid parameter: {SCOPE}")
    return None


def _topic_policies(call: Call) -> Iterator[str]:
    params = call.params
    if params.get("AttributeName") == "Policy" and params.get("AttributeValue"):
        yield str(params["AttributeValue"])
    for name, value in params.items():
        if value == "Policy" and re.fullmatch(r"Attributes\.entry\.\d+\.key", name):
            yield str(params.get(f"{name.removesuffix('key')}value", ""))


@limits("ecr", "SetRepositoryPolicy")
def repository(call: Call) -> Refused | None:
    """Refuse what is no policy of a repository."""
    document = str(call.params.get("policyText", ""))
    if not (fault(document, Kind.RESOURCE) or _absent(document) or any(_foreign(document, "ecr"))):
        return None
    words = "Invalid parameter at 'PolicyText' failed to satisfy constraint: "
    return Refused("InvalidParameterException", f"{words}'Invalid repository policy provided'")


@limits("secretsmanager", "PutResourcePolicy")
def secret(call: Call) -> Refused | None:
    """Refuse what is no policy of a secret."""
    document = str(call.params.get("ResourcePolicy", ""))
    found = fault(document, Kind.RESOURCE) or _absent(document)
    if found is None and (foreign := next(_foreign(document, "secretsmanager"), "")):
        found = Fault("Action", f"{foreign} is no action of Secrets Manager.")
    return Refused(JSON, found.message) if found else None


def _foreign(document: str, service: str) -> Iterator[str]:
    """Yield the actions that are another service's."""
    for statement in statements(document):
        for action in texts(statement.get("Action", statement.get("NotAction"))):
            if action != "*" and action.partition(":")[0].lower() != service:
                yield action


# ------------------------------------------------------------------ buckets


@limits("s3", "PutBucketPolicy")
def bucket_policy(call: Call) -> Refused | None:
    """Refuse what is no policy of this bucket."""
    bucket = call.path.strip("/").partition("/")[0]
    if not has_bucket(bucket, get_account_id()):
        return None  # refused as it is
    if len(call.body) > BUCKET_POLICY:
        return Refused(S3, "Policy exceeds the maximum allowed document size.")
    document = call.body.decode("utf-8", "replace")
    if not document.lstrip().startswith("{"):
        return Refused(S3, "Policies must be valid JSON and the first byte must be '{'")
    found = fault(document, Kind.RESOURCE, names_resources=True)
    words = _of_bucket(found) if found else "Invalid principal in policy" if _absent(document) else ""
    words = words or _unfit(document, bucket)
    return Refused(S3, words) if words else None


def _of_bucket(found: Fault) -> str:
    """Return what S3 says of a fault that IAM words otherwise."""
    if found.element == "Policy":
        return "This policy contains invalid Json"
    if not found.value:
        return f"Missing required field {found.element}"
    words = {
        "Action": "Policy has invalid action",
        "Condition": f"Invalid Condition type : {found.value}",
        "Effect": f"Invalid effect: {found.value}",
        "Principal": "Invalid principal in policy",
        "Resource": "Policy has invalid resource",
        "Version": "The policy must contain a valid version string",
    }
    return words.get(found.element, f"Unknown field {found.element}")


def _unfit(document: str, bucket: str) -> str:
    """Return what S3 says of actions and resources that do not go together; empty when they do."""
    for statement in statements(document):
        resources = texts(statement.get("Resource", statement.get("NotResource")))
        kinds: set[str] = set()
        for resource in resources:
            if not (of := _kinds(resource, bucket)):
                return "Policy has invalid resource"
            kinds |= of
        for action in texts(statement.get("Action", statement.get("NotAction"))):
            known = ["s3:*"] if action == "*" else reference.expand(action)
            if not known or (action != "*" and not action.lower().startswith("s3:")):
                return "Policy has invalid action"
            if "Resource" in statement and action != "*" and not _applies(known, kinds):
                return "Action does not apply to any resource(s) in statement"
    return ""


def _kinds(resource: str, bucket: str) -> set[str]:
    """Return what of a bucket a resource means: itself, its objects, both; nothing when it is another's."""
    match = S3_ARN.fullmatch(resource)
    own, slash, _ = match[1].partition("/") if match else ("", "", "")
    if not own.startswith(bucket) or not matches(own, bucket):
        return set()
    both = "*" in own and not slash
    return {"bucket", "object"} if both else {"object" if slash else "bucket"}


def _applies(actions: list[str], kinds: set[str]) -> bool:
    found = (reference.action(action) for action in actions)
    return any(action.resources & kinds for action in found if action)
