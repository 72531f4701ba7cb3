"""ACM: validation records look as those that people will have to add to their zone on AWS."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

GOOD = 200


@corrects("acm", "DescribeCertificate", until="validation records have the names and values of AWS's")
async def describe_certificate(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Answer records of AWS's shape: one and the same for a domain and its wildcard, on every certificate."""
    reply = await proceed(call)
    if reply.status != GOOD:
        return reply
    answer = json.loads(reply.body)
    for option in answer["Certificate"].get("DomainValidationOptions", []):
        if "ResourceRecord" in option:
            domain = option["DomainName"].removeprefix("*.")
            digest = hashlib.sha256(f"{cloud.account_id}/{domain}".encode()).hexdigest()
            option["ResourceRecord"] = {
                "Name": f"_{digest[:32]}.{domain}.",
                "Type": "CNAME",
                "Value": f"_{digest[32:]}.local.acm-validations.aws.",
            }
    return replace(reply, body=json.dumps(answer).encode())
