"""AWS's refusals in the shape of every other failure."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from nestctl.report import NestctlError


def refusal(error: ClientError | BotoCoreError, next_: str) -> NestctlError:
    """Return ``aws-api`` with the operation and AWS's own words, or those on why it gave no answer.

    Args:
        error: What boto3 raised.
        next_: The command that goes on from here.
    """
    if isinstance(error, BotoCoreError):
        what = "AWS did not come to the end that was waited for."
        return NestctlError("aws-api", what, str(error), f"Correct the cause, then: {next_}")
    said = error.response.get("Error", {})
    return NestctlError(
        "aws-api",
        f"AWS refused {error.operation_name}: {said.get('Code', 'unknown')}.",
        str(said.get("Message", "")),
        f"Correct the cause, then: {next_}",
    )
