"""The credentials that RDS Proxy reads from Secrets Manager. Nothing of them is shown."""

from __future__ import annotations

import json
from collections.abc import Mapping

from nestctl.aws.session import Aws, error_code
from nestctl.report.redaction import learn


def read(aws: Aws, name: str) -> dict[str, str] | None:
    """Return the credentials; ``None`` when the secret holds nothing."""
    from botocore.exceptions import ClientError

    try:
        text = aws.client("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
    except ClientError as error:
        if error_code(error) == "ResourceNotFoundException":
            return None
        raise
    try:
        found: dict[str, str] = json.loads(text)
    except ValueError:
        return {}
    learn(str(found.get("password", "")) if isinstance(found, dict) else "")
    return found


def write(aws: Aws, name: str, credentials: Mapping[str, str]) -> None:
    """Write the credentials; the proxy reads them anew by itself."""
    text = json.dumps(dict(credentials))
    aws.client("secretsmanager").put_secret_value(SecretId=name, SecretString=text)
