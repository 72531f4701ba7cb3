"""Checks that are not followed, each with its reason, in one file beside the Terraform."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nestctl.prove.policy.checkov import Failure
from nestctl.prove.report import Finding
from nestctl.report import NestctlError

FILE = "checkov-exceptions.toml"

SHORTEST_REASON = 20
"""Characters: "not needed" is no reason."""


@dataclass(frozen=True)
class Exemption:
    """Places at which a check may fail.

    Attributes:
        check: Id of the check.
        places: ``file block`` each: ``modules/kms/policy.tf aws_iam_policy_document.key``.
        reason: Why.
        line: Line in the file of exceptions.
    """

    check: str
    places: tuple[str, ...]
    reason: str
    line: int


def read_exceptions(file: Path) -> list[Exemption]:
    """Read the file.

    Raises:
        NestctlError: ``policy-exceptions`` when it is not TOML, or an entry lacks or has too many fields.
    """
    try:
        text = file.read_text(encoding="utf-8")
        entries = tomllib.loads(text).get("exception", [])
        return [
            Exemption(entry["check"], tuple(entry["places"]), entry["reason"].strip(), line)
            for entry, line in zip(entries, _heads(text), strict=True)
            if entry.keys() == {"check", "places", "reason"} or _refuse(entry)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NestctlError(
            "policy-exceptions",
            f"{file.name} cannot be read.",
            f"{type(error).__name__}: {error}",
            "Give each [[exception]] a check, a list of places and a reason.",
        ) from error


def judge(
    failures: Sequence[Failure], exceptions: Sequence[Exemption]
) -> tuple[list[Finding], list[Exemption]]:
    """Return what is to be corrected, and the exceptions that were needed.

    A failure without an exception is to be corrected; so is an exception that nothing needs any more, or that
    stands twice, or gives no reason.
    """
    wanted = {(failure.check, f"{failure.file} {failure.address}"): failure for failure in failures}
    listed: set[tuple[str, str]] = set()
    findings, used = [], []
    for exception in exceptions:
        pairs = [(exception.check, place) for place in exception.places]
        for check, place in pairs:
            if (check, place) in listed:
                findings.append(_at(exception, f"{check} is listed twice for {place}.", "Remove one."))
            elif (check, place) not in wanted:
                what = f"Nothing fails {check} at {place} any more."
                findings.append(_at(exception, what, "Remove the exception, or correct its place."))
            listed.add((check, place))
        if len(exception.reason) < SHORTEST_REASON:
            findings.append(
                _at(exception, f"{exception.check} has no reason.", "Say why it is not followed.")
            )
        if any(pair in wanted for pair in pairs):
            used.append(exception)
    findings += [_finding(failure) for pair, failure in wanted.items() if pair not in listed]
    return findings, used


def _finding(failure: Failure) -> Finding:
    looked = f" It looked at: {', '.join(failure.attributes)}." if failure.attributes else ""
    return Finding(
        what=f"{failure.check}: {failure.title}.{looked}",
        fix=f"Make it so, or list it with a reason in infrastructure/{FILE}: "
        f'check = "{failure.check}", places = ["{failure.file} {failure.address}"]',
        resource=failure.resource,
        file=f"infrastructure/{failure.file}",
        line=failure.line,
    )


def _at(exception: Exemption, what: str, fix: str) -> Finding:
    return Finding(what, fix, exception.check, f"infrastructure/{FILE}", exception.line)


def _heads(text: str) -> list[int]:
    return [n for n, line in enumerate(text.splitlines(), start=1) if line.strip() == "[[exception]]"]


def _refuse(entry: dict[str, object]) -> bool:
    raise ValueError(f"an exception has the fields {', '.join(sorted(entry))}")
