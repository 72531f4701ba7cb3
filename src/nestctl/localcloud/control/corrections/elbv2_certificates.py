"""Elastic Load Balancing: a listener takes a certificate only once it is issued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import alb

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.corrections import acm
from nestctl.localcloud.control.limits import elbv2_listeners
from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply
from nestctl.localcloud.edge import running

SERVICE = "elasticloadbalancing"
OK = 300


def _certificates(params: Mapping[str, Any]) -> Iterator[str]:
    number = 1
    while arn := params.get(f"Certificates.member.{number}.CertificateArn"):
        yield str(arn)
        number += 1


async def _with_issued_certificates(call: Call, proceed: Proceed, _cloud: Cloud) -> Reply:
    for arn in _certificates(call.params):
        problem = acm.unusable(arn) if ":acm:" in arn else None
        if problem == "":
            return replies.error(call, "CertificateNotFound", f"Certificate '{arn}' not found")
        if problem:
            # AWS's words, whatever it is that the certificate lacks.
            message = (
                f"The certificate '{arn}' must have a fully-qualified domain name, a supported signature, "
                "and a supported key size."
            )
            return replies.error(call, "UnsupportedCertificate", message)
    if call.action == "CreateListener":
        found = elbv2_listeners.at_port(call.params)
        if found is not None:  # with the same settings, or it would have been refused
            return replies.query_reply(call, f"<Listeners>{alb._listener_xml(found)}</Listeners>")  # noqa: SLF001
    reply = await proceed(call)
    if reply.status < OK:
        await running.sync()
    return reply


for _action in ("CreateListener", "ModifyListener", "AddListenerCertificates"):
    corrects(SERVICE, _action, until="a listener refuses a certificate that is not issued")(
        _with_issued_certificates
    )
