#!/usr/bin/env python3
"""Builds a process image and pushes it to the local cloud: what docker build and push do, without Docker.

For docs/by-hand.md. What a process image is: docs/decisions/0005-process-images.md. Its options are
instructions of a Dockerfile:

    scripts/process_image.py REPOSITORY:TAG --copy SOURCE=PATH --workdir /app --env NAME=VALUE -- COMMAND...
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from nestctl.aws.registry import push
from nestctl.aws.session import Aws
from nestctl.build import process_image
from nestctl.report import NestctlError

ENDPOINT = "AWS_ENDPOINT_URL"


def main(argv: Sequence[str] | None = None) -> int:
    """Build and push, and return the exit status."""
    options = parser().parse_args(argv)
    endpoint = os.environ.get(ENDPOINT)
    if not endpoint:
        say(
            f"error: {ENDPOINT} is not set, and only the local cloud runs process images.\n"
            'next: eval "$(nestctl local env)"; on AWS: docker buildx build --push'
        )
        return 1
    where = urlsplit(endpoint)
    labels = {"dev.nestctl.python": options.python} if options.python else {}
    runtime = process_image.Runtime(options.workdir, options.command, options.user, dict(options.env), labels)
    layers = [process_image.layer(files(source, path)) for source, path in options.copy]
    host, _, rest = options.image.partition("/")
    repository, _, tag = rest.rpartition(":")
    if not repository or ".dkr.ecr." not in host:
        say(f"error: {options.image} is not REPOSITORY_URL:TAG; see: terraform output backend_repository_url")
        return 1

    def reach(url: str) -> str:
        return urlsplit(url)._replace(scheme=where.scheme, netloc=where.netloc).geturl()

    aws = Aws(os.environ.get("AWS_REGION", "us-east-1"))
    try:
        push(aws, repository, tag, process_image.assemble(layers, runtime), reach=reach, progress=say)
    except NestctlError as error:
        say(f"error: {error.what}\n  {error.why}\nnext: {error.next}")
        return 1
    print(f"pushed {options.image}")
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar."""
    made = argparse.ArgumentParser(description="Build a process image and push it to the local cloud.")
    made.add_argument("image", metavar="REPOSITORY:TAG")
    made.add_argument("--copy", type=pair, action="append", required=True, metavar="SOURCE=PATH")
    made.add_argument("--env", type=pair, action="append", default=[], metavar="NAME=VALUE")
    made.add_argument("--workdir", default="/app")
    made.add_argument("--user", default="nobody", help="whom it runs as")
    made.add_argument("--python", help="version of Python that the packages are for, such as 3.12")
    made.add_argument("command", nargs="+", help="after --: what the image starts")
    return made


def pair(text: str) -> tuple[str, str]:
    """Return both sides of an equals sign.

    Raises:
        ArgumentTypeError: There is none.
    """
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise argparse.ArgumentTypeError(f"{text!r} has not the form NAME=VALUE")
    return left, right


def files(source: str, path: str) -> list[tuple[Path, str]]:
    """Return a file, or all files of a folder, with their places in the image.

    Raises:
        SystemExit: There is nothing.
    """
    found, below = Path(source), path.strip("/")
    if found.is_dir():
        return process_image.tree(found, below)
    if not found.is_file():
        raise SystemExit(f"error: there is no {source}")
    return [(found, below)]


def say(text: str) -> None:
    """Write to stderr."""
    print(text, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
