"""The environment in which AWS's own tools talk to the local cloud."""

from __future__ import annotations

import configparser
import io
import os
from collections.abc import Mapping
from pathlib import Path

from nestctl.localcloud.layout import ACCESS_KEY_ID, PROFILE, REGION, SECRET_ACCESS_KEY, Layout, write_private


def process_environment(endpoint_url: str, bundle: Path, region: str) -> dict[str, str]:
    """Environment of functions and tasks: as on AWS, plus the endpoint and the local CA."""
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SSL_CERT_FILE": str(bundle),
        "PGSSLROOTCERT": str(bundle),
        "NODE_EXTRA_CA_CERTS": str(bundle),
    }


def tool_environment(layout: Layout, endpoint_url: str) -> dict[str, str]:
    """Environment in which ``aws``, ``terraform`` and ``zappa`` use the cloud by profile ``nest-local``."""
    others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    near = ["127.0.0.1", "localhost"]
    there = [name.strip() for name in others.split(",") if name.strip()]
    unproxied = ",".join(dict.fromkeys([*there, *near]))
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        # Terraform's S3 backend asks for a role's credentials before it looks at AWS_ENDPOINT_URL.
        "AWS_ENDPOINT_URL_STS": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(layout.aws_config),
        "AWS_SHARED_CREDENTIALS_FILE": str(layout.aws_credentials),
        "AWS_PROFILE": PROFILE,
        "AWS_EC2_METADATA_DISABLED": "true",
        # A proxy of the user's must not see calls to this machine; AWS's tools read either spelling.
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
    }


def write_aws_files(layout: Layout, endpoint_url: str) -> None:
    """Write the profiles ``default`` and ``nest-local`` of this cloud; profiles that others added stay."""
    settings = {"region": REGION, "endpoint_url": endpoint_url, "output": "json"}
    keys = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
    # botocore reads a nested setting from a value that begins with a line break.
    nested = {"s3": "\naddressing_style = path"}
    _set(layout.aws_config, {key: {**settings, **nested} for key in ("default", f"profile {PROFILE}")})
    _set(layout.aws_credentials, {"default": keys, PROFILE: keys})


def _set(file: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    parser = configparser.RawConfigParser(default_section="")
    parser.read(file, encoding="utf-8")
    for name, values in sections.items():
        parser[name] = dict(values)
    text = io.StringIO()
    parser.write(text)
    write_private(file, text.getvalue())
