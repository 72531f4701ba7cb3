"""Objects in buckets: what is there, what it holds, and uploads that change nothing twice."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nestctl.aws.session import Aws, error_code

MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}


@dataclass(frozen=True)
class Object:
    """What HeadObject says of an object; ``sha256`` is hexadecimal, empty when it was not uploaded by us."""

    size: int
    modified: datetime
    sha256: str


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
