"""Removes what keeps AWS from deleting a bucket, a repository or a subnet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nestctl.aws.session import Aws, error_code

BATCH = 100
"""BatchDeleteImage takes 100 images a call; DeleteObjects takes 1,000 keys, so 100 do for both."""


def empty_bucket(aws: Aws, bucket: str) -> int:
    """Delete every version and delete marker of every object, and return how many there were."""
    from botocore.exceptions import ClientError

    client = aws.client("s3")
    count = 0
    try:
        for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [
                {"Key": item["Key"], "VersionId": item["VersionId"]}
                for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            ]
            for part in _parts(found):
                client.delete_objects(Bucket=bucket, Delete={"Objects": part, "Quiet": True})
            count += len(found)
    except ClientError as error:
        if error_code(error) != "NoSuchBucket":
            raise
    return count


def empty_repository(aws: Aws, repository: str) -> int:
    """Delete every image of a repository and return how many there were."""
    from botocore.exceptions import ClientError

    client = aws.client("ecr")
    try:
        pages = client.get_paginator("list_images").paginate(repositoryName=repository)
        found = [{"imageDigest": item["imageDigest"]} for page in pages for item in page["imageIds"]]
    except ClientError as error:
        if error_code(error) != "RepositoryNotFoundException":
            raise
        return 0
    unique = list({item["imageDigest"]: item for item in found}.values())
    for part in _parts(unique):
        client.batch_delete_image(repositoryName=repository, imageIds=part)
    return len(unique)


def delete_function(aws: Aws, name: str) -> bool:
    """Delete a function with all its versions and aliases; say whether it was there.

    It goes first: Lambda takes up to an hour to give its network interfaces back, and they hold subnets.
    """
    from botocore.exceptions import ClientError

    try:
        aws.client("lambda").delete_function(FunctionName=name)
    except ClientError as error:
        if error_code(error) != "ResourceNotFoundException":
            raise
        return False
    return True


def _parts(items: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
