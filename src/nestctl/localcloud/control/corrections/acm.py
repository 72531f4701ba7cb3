"""ACM: a certificate is pending until its records stand in the local DNS, and stays while it is in use."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import get_account_id, now_iso
from ministack.services import acm

from nestctl.localcloud import dns, pace
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.dns import wanted
from nestctl.localcloud.edge import cdn, state

GOOD = 200
PENDING = "PENDING_VALIDATION"
ISSUED_ONLY = ("IssuedAt", "NotBefore", "NotAfter", "Serial")
RECORD_SHARE = 0.25
"""Share of the usual wait after which a new certificate says its records: on AWS it takes seconds, too."""

Record = dict[str, Any]


@corrects("acm", "RequestCertificate", until="a certificate is pending until its records are in DNS")
async def request_certificate(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Ask for a certificate, which nothing can use yet."""
    reply = await proceed(call)
    if reply.status == GOOD:
        record = acm._certificates[json.loads(reply.body)["CertificateArn"]]  # noqa: SLF001
        record["Status"] = PENDING
        for name in ISSUED_ONLY:
            record.pop(name, None)
    return reply


@corrects("acm", "DescribeCertificate", until="validation records have the names and values of AWS's")
async def describe_certificate(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Answer records of AWS's shape, and how far their validation is."""
    settle()
    reply = await proceed(call)
    if reply.status != GOOD:
        return reply
    answer = json.loads(reply.body)
    shown = answer["Certificate"]
    shown["InUseBy"] = sorted({*shown.get("InUseBy", []), *in_use_by(shown["CertificateArn"])})
    pending = shown["Status"] == PENDING
    if pending:
        for name in ISSUED_ONLY:
            shown.pop(name, None)
    told = not pending or time.time() - float(shown["CreatedAt"]) >= pace.seconds() * RECORD_SHARE
    for option in shown.get("DomainValidationOptions", []):
        option["ValidationStatus"] = PENDING if pending else "SUCCESS"
        option.pop("ResourceRecord", None)
        if told:
            record = wanted.validation(get_account_id(), option["DomainName"])
            option["ResourceRecord"] = {
                "Name": f"{record.name}.",
                "Type": record.type,
                "Value": f"{record.value}.",
            }
    return replace(reply, body=json.dumps(answer).encode())


@corrects("acm", "ListCertificates", until="a certificate is pending until its records are in DNS")
async def list_certificates(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Answer what has been issued meanwhile as issued."""
    settle()
    return await proceed(call)


@corrects("acm", "GetCertificate", until="a certificate that is pending has no body")
async def get_certificate(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Refuse what is not there yet."""
    settle()
    record = acm._certificates.get(str(call.params.get("CertificateArn", "")))  # noqa: SLF001
    if record is not None and record["Status"] == PENDING:
        return replies.error(call, "RequestInProgressException", "The certificate request is in progress.")
    return await proceed(call)


@corrects("acm", "DeleteCertificate", until="a certificate that a listener or distribution uses is kept")
async def delete_certificate(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    """Refuse while it is in use."""
    arn = str(call.params.get("CertificateArn", ""))
    if any(in_use_by(arn)):
        message = f"Certificate {arn} in account {get_account_id()} is in use."
        return replies.error(call, "ResourceInUseException", message)
    return await proceed(call)


def settle() -> None:
    """Issue every certificate whose records have stood in DNS for the usual wait."""
    zone = dns.zone()
    zone.note()
    for (account, _, _), record in list(acm._certificates.all_items()):  # noqa: SLF001
        if record.get("Status") != PENDING:
            continue
        if all(zone.stands(wish, pace.seconds()) for wish in wanted.validations(account, record)):
            now = now_iso()
            record.update(Status="ISSUED", IssuedAt=now, NotBefore=now, NotAfter=_in_a_year())


def unusable(arn: str) -> str | None:
    """Return the state for which a certificate cannot be used; empty when it is not there."""
    settle()
    for (_, _, key), record in list(acm._certificates.all_items()):  # noqa: SLF001
        if key == arn:
            status = str(record["Status"])
            return None if status == "ISSUED" else status
    return ""


def in_use_by(arn: str) -> Iterator[str]:
    """Yield the ARNs of what uses a certificate."""
    for balancer in state.balancers():
        if any(arn in listener.certificates for listener in balancer.listeners):
            yield balancer.arn
    for distribution in cdn.distributions():
        if arn and arn in json.dumps(distribution, default=str):
            yield str(distribution.get("ARN", distribution["Id"]))


def _in_a_year() -> str:
    now = datetime.now(UTC)
    return now.replace(year=now.year + 1, day=min(now.day, 28)).strftime("%Y-%m-%dT%H:%M:%SZ")
