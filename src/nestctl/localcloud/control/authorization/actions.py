"""The IAM action that an API operation needs: mostly its own name."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

from nestctl.localcloud.control.types import Call

PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}
"""Service prefixes that differ from the name in a signature (service authorization reference)."""

NO_PERMISSION = frozenset({("sts", "GetCallerIdentity")})
"""AWS: "No permissions are required to perform this operation"."""

S3 = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeleteObjects": "DeleteObject",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycle": "GetLifecycleConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListBuckets": "ListAllMyBuckets",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListParts": "ListMultipartUploadParts",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycle": "PutLifecycleConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
"""Amazon S3 user guide, "Required permissions for Amazon S3 API operations"."""

VERSIONED = {
    "DeleteObject": "DeleteObjectVersion",
    "GetObject": "GetObjectVersion",
    "GetObjectTagging": "GetObjectVersionTagging",
    "PutObjectTagging": "PutObjectVersionTagging",
}
"""What an S3 action becomes for a request that names a version."""

REGISTRY = {
    ("GET", "blobs"): ("GetDownloadUrlForLayer",),
    ("GET", "manifests"): ("BatchGetImage",),
    ("HEAD", "blobs"): ("BatchCheckLayerAvailability",),
    ("HEAD", "manifests"): ("BatchGetImage",),
    ("PATCH", "uploads"): ("UploadLayerPart",),
    ("POST", "uploads"): ("InitiateLayerUpload",),
    ("PUT", "manifests"): ("PutImage",),
    ("PUT", "uploads"): ("UploadLayerPart", "CompleteLayerUpload"),
}
"""What ECR asks for requests of the OCI distribution API (Amazon ECR user guide, "Required IAM
permissions for pushing an image")."""

REGISTRY_PATH = re.compile(r"/v2/(.+)/(?:(manifests)/[^/]+|blobs/(uploads)/.*|(blobs)/[^/]+)")

BUDGETS = {
    "Describe": "ViewBudget",
    "Create": "ModifyBudget",
    "Update": "ModifyBudget",
    "Delete": "ModifyBudget",
}
"""AWS Budgets has one action for looking and one for changing."""

OTHERS = {
    "cloudfront": {"CreateDistributionWithTags": "CreateDistribution"},
    "lambda": {"Invoke": "InvokeFunction"},
}


def prefix(call: Call) -> str:
    """Return the service prefix of a call's actions."""
    return PREFIXES.get(call.service, call.service)


def action(call: Call) -> str:
    """Return the IAM action of a call: ``s3:ListBucket`` for HeadBucket."""
    name = call.action
    if call.service == "s3":
        name = S3.get(name, name)
        if names_version(call):
            name = VERSIONED.get(name, name)
    if call.service == "budgets" and "Action" not in name:
        name = next((own for begin, own in BUDGETS.items() if name.startswith(begin)), name)
    return f"{prefix(call)}:{OTHERS.get(call.service, {}).get(name, name)}"


def names_version(call: Call) -> bool:
    """Tell whether an S3 request is about one version of an object."""
    if call.action == "DeleteObjects":
        return b"<VersionId>" in call.body
    return bool(parse_qs(call.query).get("versionId"))


def of_registry(call: Call) -> tuple[str, tuple[str, ...]]:
    """Return the repository that a request to the container registry is about, and its actions."""
    match = REGISTRY_PATH.fullmatch(call.path)
    if match is None:
        return "", ()
    names = REGISTRY.get((call.method, match[2] or match[3] or match[4]), ())
    return match[1], tuple(f"ecr:{name}" for name in names)
