"""The record of what went live: for each release one numbered object in S3, written once, never changed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nestctl.aws import s3
from nestctl.aws.session import Aws
from nestctl.releases.release import LaterFormatError, Release
from nestctl.report import NestctlError

PREFIX = "releases/records/"
KEY = re.compile(re.escape(PREFIX) + r"(?P<number>\d{6})\.json")
TRIES = 20
"""Others who may record a release at the same moment."""


@dataclass(frozen=True)
class Record:
    """A release with its number, which grows by one from each to the next."""

    number: int
    release: Release


def latest(aws: Aws, bucket: str) -> Record | None:
    """Return the last release that went live; ``None`` before the first.

    Raises:
        NestctlError: ``release-record`` when what is stored cannot be read.
    """
    number = _highest(aws, bucket)
    return _read(aws, bucket, number) if number else None


def add(aws: Aws, bucket: str, release: Release) -> Record:
    """Record a release, unless it is the last one that was recorded.

    Raises:
        NestctlError: ``release-record`` when the last record cannot be read, or others are always first.
    """
    for _ in range(TRIES):
        last = latest(aws, bucket)
        if last is not None and last.release.is_of(release):
            return last
        record = Record(last.number + 1 if last else 1, release)
        if s3.create(aws, bucket, _key(record.number), release.as_json()):
            return record
    raise NestctlError(
        "release-record",
        f"The release could not be recorded in s3://{bucket}/{PREFIX}.",
        f"Somebody else was first {TRIES} times.",
        "Run the same command again once no other run records releases.",
    )


def _highest(aws: Aws, bucket: str) -> int:
    found = (KEY.fullmatch(key) for key in s3.keys(aws, bucket, PREFIX))
    return max((int(key["number"]) for key in found if key), default=0)


def _read(aws: Aws, bucket: str, number: int) -> Record:
    key = _key(number)
    data = s3.read(aws, bucket, key)
    try:
        return Record(number, Release.parse(data or b""))
    except ValueError as error:
        later = isinstance(error, LaterFormatError)
        raise NestctlError(
            "release-record",
            f"The record of the last release, s3://{bucket}/{key}, cannot be read.",
            str(error),
            "Bring this checkout to the version that wrote it (git pull), then run the same command again."
            if later
            else f"nestctl aws s3api delete-object --bucket {bucket} --key {key}, then nestctl up",
        ) from error


def _key(number: int) -> str:
    return f"{PREFIX}{number:06}.json"
