"""RDS Proxy: its endpoint answers, as the instance behind it, whose port is the proxy's, too."""

from __future__ import annotations

import re
from dataclasses import replace

from ministack.services import rds

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

LOOPBACK = "127.0.0.1"
UNTIL = "a proxy answers at its endpoint"


@corrects("rds", "CreateDBProxy", until=UNTIL)
async def create_db_proxy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Answer where connections really go."""
    reply = await proceed(call)
    proxy = rds._db_proxies.get(call.params.get("DBProxyName", ""))  # noqa: SLF001
    if proxy is None:
        return reply
    proxy["Endpoint"] = LOOPBACK
    body = re.sub(r"<Endpoint>[^<]*</Endpoint>", f"<Endpoint>{LOOPBACK}</Endpoint>", reply.body.decode())
    return replace(reply, body=body.encode())
