"""AWS's refusals in the shape of every other failure."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError, ProxyConnectionError

from nestctl import http
from nestctl.process import UNTRUSTED
from nestctl.report import NestctlError

SPOKEN = ("http", "https")
"""Schemes of proxies that botocore speaks to."""


def refusal(error: ClientError | BotoCoreError, next_: str) -> NestctlError:
    """Return ``aws-api`` with the operation and AWS's own words, or those on why it gave no answer.

    Args:
        error: What boto3 raised.
        next_: The command that goes on from here.
    """
    if isinstance(error, BotoCoreError):
        what = "AWS did not come to the end that was waited for."
        return NestctlError("aws-api", what, str(error), f"{remedy(error)}, then: {next_}")
    said = error.response.get("Error", {})
    return NestctlError(
        "aws-api",
        f"AWS refused {error.operation_name}: {said.get('Code', 'unknown')}.",
        str(said.get("Message", "")),
        f"Correct the cause, then: {next_}",
    )


def remedy(error: Exception, otherwise: str = "Correct the cause") -> str:
    """Return what helps against a failure of botocore's: it speaks to HTTP proxies only.

    Args:
        error: What boto3 raised.
        otherwise: What helps against any other failure.
    """
    names = http.proxies_beyond(SPOKEN)
    if isinstance(error, ProxyConnectionError) and names:
        return f"Set {' and '.join(names)} to an HTTP proxy: boto3 speaks to no other"
    if UNTRUSTED.search(str(error)):
        return "Set AWS_CA_BUNDLE to the file with the certificate of the proxy that reads TLS"
    return otherwise
