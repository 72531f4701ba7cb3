"""Objects in buckets: what is there, what it holds, and uploads that change nothing twice."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from nestctl.aws.session import Aws, error_code

MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}
"""What a conditional write is refused with: somebody was first, or writes at the same moment."""


@dataclass(frozen=True)
class Object:
    """What HeadObject says of an object; ``sha256`` is hexadecimal, empty when it was not uploaded by us."""

    size: int
    modified: datetime
    sha256: str


@dataclass(frozen=True)
class Row:
    """One version of an object, or the mark of its deletion."""

    id: str
    written: datetime
    current: bool
    deleted: bool


def bucket_exists(aws: Aws, bucket: str) -> bool:
    """Tell whether the bucket is there and ours."""
    from botocore.exceptions import ClientError

    try:
        aws.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error_code(error) in MISSING:
            return False
        raise
    return True


def buckets(aws: Aws) -> set[str]:
    """Return the names of the account's buckets, in every region."""
    pages = aws.client("s3").get_paginator("list_buckets").paginate()
    return {bucket["Name"] for page in pages for bucket in page.get("Buckets", [])}


def head(aws: Aws, bucket: str, key: str) -> Object | None:
    """Return what is known of an object, ``None`` when it is not there."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error_code(error) in MISSING:
            return None
        raise
    return Object(found["ContentLength"], found["LastModified"], found.get("Metadata", {}).get("sha256", ""))


def read(aws: Aws, bucket: str, key: str) -> bytes | None:
    """Return an object's bytes, ``None`` when it is not there."""
    from botocore.exceptions import ClientError

    try:
        return bytes(aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error_code(error) in MISSING:
            return None
        raise


def versions(aws: Aws, bucket: str, key: str, *, most: int) -> list[Row]:
    """Return up to ``most`` versions of an object, newest first; none where there is no such bucket."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("s3").list_object_versions(Bucket=bucket, Prefix=key, MaxKeys=1000)
    except ClientError as error:
        if error_code(error) in MISSING:
            return []
        raise
    rows = [
        Row(item["VersionId"], item["LastModified"], item["IsLatest"], deleted)
        for field, deleted in (("Versions", False), ("DeleteMarkers", True))
        for item in found.get(field, [])
        if item["Key"] == key
    ]
    rows.sort(key=lambda row: (row.current, row.written), reverse=True)
    return rows[:most]


def read_version(
    aws: Aws, bucket: str, key: str, version: str, *, first: int | None = None
) -> tuple[bytes, dict[str, str]]:
    """Return the bytes and the metadata of one version of an object.

    Args:
        aws: Identity that reads.
        bucket: Name of the bucket.
        key: Key of the object.
        version: Id of the version.
        first: How many bytes from the beginning; all without it.
    """
    if first is None:
        found = aws.client("s3").get_object(Bucket=bucket, Key=key, VersionId=version)
    else:
        found = _beginning(aws, bucket, key, version, first)
    return bytes(found["Body"].read()), dict(found.get("Metadata", {}))


def _beginning(aws: Aws, bucket: str, key: str, version: str, first: int) -> Any:
    from botocore.exceptions import ClientError

    s3 = aws.client("s3")
    try:
        return s3.get_object(Bucket=bucket, Key=key, VersionId=version, Range=f"bytes=0-{first - 1}")
    except ClientError as error:
        # S3 has no range of an empty object.
        if error_code(error) != "InvalidRange":
            raise
        return s3.get_object(Bucket=bucket, Key=key, VersionId=version)


def write_again(aws: Aws, bucket: str, key: str, version: str, metadata: dict[str, str]) -> str:
    """Write what a version of an object holds as its newest, with this metadata; return the new one's id."""
    body, _ = read_version(aws, bucket, key, version)
    written = aws.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        Body=body,
        ContentType="application/json",
        ChecksumSHA256=base64.b64encode(hashlib.sha256(body).digest()).decode(),
        Metadata=metadata,
    )
    return str(written["VersionId"])


def keys(aws: Aws, bucket: str, prefix: str) -> set[str]:
    """Return the keys below a prefix."""
    pages = aws.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def put(
    aws: Aws, bucket: str, key: str, file: Path, *, content_type: str = "", cache_control: str = ""
) -> None:
    """Upload a file with its SHA-256 in the metadata; S3 refuses it when the bytes arrive damaged."""
    data = file.read_bytes()
    digest = hashlib.sha256(data)
    extra = {"ContentType": content_type, "CacheControl": cache_control}
    aws.client("s3").put_object(
        Bucket=bucket,
        Key=key,
        Body=data,
        ChecksumSHA256=base64.b64encode(digest.digest()).decode(),
        Metadata={"sha256": digest.hexdigest()},
        **{name: value for name, value in extra.items() if value},
    )


def write(aws: Aws, bucket: str, key: str, data: bytes) -> None:
    """Write a small object of nestctl's own."""
    aws.client("s3").put_object(Bucket=bucket, Key=key, Body=data, ChecksumSHA256=_checksum(data))


def _checksum(data: bytes) -> str:
    """Return what S3 compares the bytes with that arrive."""
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def create(aws: Aws, bucket: str, key: str, data: bytes) -> bool:
    """Write an object that must not be there yet, and tell whether it was not."""
    from botocore.exceptions import ClientError

    try:
        aws.client("s3").put_object(
            Bucket=bucket, Key=key, Body=data, ChecksumSHA256=_checksum(data), IfNoneMatch="*"
        )
    except ClientError as error:
        if error_code(error) in TAKEN:
            return False
        raise
    return True


def tags(aws: Aws, bucket: str, key: str) -> dict[str, str]:
    """Return an object's tags; empty when the object is not there."""
    from botocore.exceptions import ClientError

    try:
        found = aws.client("s3").get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    except ClientError as error:
        if error_code(error) in MISSING:
            return {}
        raise
    return {tag["Key"]: tag["Value"] for tag in found}


def tag(aws: Aws, bucket: str, key: str, name: str, value: str) -> None:
    """Set one tag of an object and leave the others."""
    wanted = {**tags(aws, bucket, key), name: value}
    tag_set = [{"Key": name, "Value": value} for name, value in wanted.items()]
    aws.client("s3").put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})
