"""CloudFront: a distribution's domain is the address on which this machine serves it."""

from __future__ import annotations

import re

from nestctl.localcloud import pace
from nestctl.localcloud.control import replies
from nestctl.localcloud.control.corrections import acm
from nestctl.localcloud.control.registry import at_start, corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.edge import cdn, running

OK = 300
DEPLOYED, IN_PROGRESS = "Deployed", "InProgress"

CERTIFICATE = re.compile(rb"<ACMCertificateArn>\s*([^<\s]+)\s*</ACMCertificateArn>")
HOME = ":acm:us-east-1:"
"""CloudFront takes certificates of this region only."""


async def _with_address(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    found = CERTIFICATE.search(call.body)
    if found is not None and (HOME not in (arn := found[1].decode()) or acm.unusable(arn) is not None):
        message = (
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't "
            "include a valid certificate chain."
        )
        return replies.error(call, "InvalidViewerCertificate", message)
    if call.action == "DeleteDistribution" and (refused := _still_deploying(call)) is not None:
        return refused
    before = {record["Id"]: record["DomainName"] for record in cdn.distributions()}
    changed = {record["Id"]: record.get("ETag") for record in cdn.distributions()}
    reply = await proceed(call)
    if reply.status >= OK:
        return reply
    body = reply.body
    for record in cdn.distributions():
        before.setdefault(record["Id"], record["DomainName"])
        if changed.get(record["Id"]) != record.get("ETag"):
            pace.passes(record, "Status", IN_PROGRESS, DEPLOYED)
            body = body.replace(
                f"<Status>{DEPLOYED}</Status>".encode(), f"<Status>{record['Status']}</Status>".encode(), 1
            )
    await running.sync()
    for record in cdn.distributions():
        old = before.get(record["Id"], "")
        if old and old != record["DomainName"]:
            body = body.replace(f">{old}<".encode(), f">{record['DomainName']}<".encode())
    return Reply(reply.status, reply.headers, body)


def _still_deploying(call: Call) -> Reply | None:
    """Refuse to delete what is disabled, but not everywhere yet; the emulator refuses the rest."""
    name = call.path.rsplit("/", 1)[-1]
    record = next((one for one in cdn.distributions() if one["Id"] == name), None)
    current = record is not None and call.headers.get("if-match") == record.get("ETag")
    if record is None or not current or record["Status"] == DEPLOYED:
        return None
    message = "The distribution you are trying to delete has not been disabled."
    return replies.error(call, "DistributionNotDisabled", message, 409)


@at_start
def resume() -> None:
    """End what a stop of the cloud cut short."""
    for record in cdn.distributions():
        record["Status"] = DEPLOYED


for _action in (
    "CreateDistribution",
    "CreateDistributionWithTags",
    "CopyDistribution",
    "UpdateDistribution",
    "DeleteDistribution",
):
    corrects("cloudfront", _action, until="the emulator serves distributions at an address of this machine")(
        _with_address
    )


EMPTY_CONFIG = re.compile(
    rb"<(CustomHeadersConfig|RemoveHeadersConfig)>\s*"
    rb"(?:<Quantity>0</Quantity>\s*)?(?:<Items\s*/>|<Items>\s*</Items>)?\s*(?:<Quantity>0</Quantity>\s*)?</\1>"
    rb"|<(?:CustomHeadersConfig|RemoveHeadersConfig)\s*/>"
)
"""A list of headers that holds none."""


async def _without_empty_lists(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    reply = await proceed(call)
    return Reply(reply.status, reply.headers, EMPTY_CONFIG.sub(b"", reply.body))


for _action in ("CreateResponseHeadersPolicy", "GetResponseHeadersPolicy", "UpdateResponseHeadersPolicy"):
    corrects("cloudfront", _action, until="a policy's empty lists of headers are left out of the answer")(
        _without_empty_lists
    )
