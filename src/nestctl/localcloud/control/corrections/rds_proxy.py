"""RDS Proxy: its endpoint answers, as the instance behind it, whose port is the proxy's, too.

It has states, and so have its targets. Source: API reference, DBProxy, TargetHealth and the faults of each
action.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import rds

from nestctl.localcloud import pace
from nestctl.localcloud.control import form, replies
from nestctl.localcloud.control.corrections import rds_states
from nestctl.localcloud.control.registry import at_start, corrects
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

Record = dict[str, Any]
LOOPBACK = "127.0.0.1"
AVAILABLE = "available"
UNTIL = "a proxy answers at its endpoint"
UNTIL_STATES = "a proxy and its targets go through their states, and refuse changes in them"
GOOD = 200
HEALTH = "_health"
"""Where a target keeps its own state; the rest of its health is that of its instance."""

SERVING = frozenset({"available", "backing-up", "modifying", "storage-optimization"})
"""States of an instance in which it answers."""


def _proxy(call: Call) -> Record | None:
    found: Record | None = rds._db_proxies.get(call.params.get("DBProxyName", ""))  # noqa: SLF001
    return found


def _refusal(call: Call) -> Reply | None:
    proxy = _proxy(call)
    if proxy is None or proxy["Status"] == AVAILABLE:
        return None
    message = f"The requested operation can't be performed while the proxy is in the {proxy['Status']} state."
    return replies.error(call, "InvalidDBProxyStateFault", message)


def _shown(reply: Reply, proxy: Record) -> Reply:
    body = re.sub(
        r"(</DBProxyArn>\s*<Status>)[^<]*", lambda found: found[1] + proxy["Status"], reply.body.decode()
    )
    return replace(reply, body=body.encode())


@corrects("rds", "CreateDBProxy", until=UNTIL)
async def create_db_proxy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Answer where connections really go; it is being created for a while."""
    before = _proxy(call)
    reply = await proceed(call)
    proxy = _proxy(call)
    if proxy is None or proxy is before:
        return reply
    proxy["Endpoint"] = LOOPBACK
    pace.passes(proxy, "Status", "creating", AVAILABLE)
    body = re.sub(r"<Endpoint>[^<]*</Endpoint>", f"<Endpoint>{LOOPBACK}</Endpoint>", reply.body.decode())
    return _shown(replace(reply, body=body.encode()), proxy)


@corrects("rds", "ModifyDBProxy", until=UNTIL_STATES)
async def modify_db_proxy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Be modified for a while, and refuse what AWS refuses meanwhile."""
    if (refused := _refusal(call)) is not None:
        return refused
    proxy = _proxy(call)
    reply = await proceed(call)
    if reply.status != GOOD or proxy is None:
        return reply
    pace.passes(proxy, "Status", "modifying", AVAILABLE)
    return _shown(reply, proxy)


@corrects("rds", "DeleteDBProxy", until=UNTIL_STATES)
async def delete_db_proxy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Be there for a while as one that is being deleted."""
    if (refused := _refusal(call)) is not None:
        return refused
    proxy = _proxy(call)
    tags = proxy and rds._tags.get(proxy["DBProxyArn"])  # noqa: SLF001
    endpoints = _endpoints(proxy)
    reply = await proceed(call)
    if reply.status != GOOD or proxy is None:
        return reply
    rds._db_proxies[proxy["DBProxyName"]] = proxy  # noqa: SLF001
    if tags:
        rds._tags[proxy["DBProxyArn"]] = tags  # noqa: SLF001
    for endpoint in endpoints:
        rds._db_proxy_endpoints[endpoint["DBProxyEndpointName"]] = endpoint | {"Status": "deleting"}  # noqa: SLF001
    pace.later(lambda: _forget(proxy))
    return reply


def _endpoints(proxy: Record | None) -> list[Record]:
    found = list(rds._db_proxy_endpoints.values())  # noqa: SLF001
    return [one for one in found if proxy is not None and one["DBProxyName"] == proxy["DBProxyName"]]


def _forget(proxy: Record) -> None:
    name = proxy["DBProxyName"]
    if rds._db_proxies.get(name) is not proxy:  # noqa: SLF001
        return
    for endpoint in _endpoints(proxy):
        rds._db_proxy_endpoints.pop(endpoint["DBProxyEndpointName"], None)  # noqa: SLF001
    rds._db_proxies.pop(name, None)  # noqa: SLF001
    rds._tags.pop(proxy["DBProxyArn"], None)  # noqa: SLF001


@corrects("rds", "ModifyDBProxyTargetGroup", until=UNTIL_STATES)
async def modify_db_proxy_target_group(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Refuse it while the proxy changes."""
    return _refusal(call) or await proceed(call)


@corrects("rds", "RegisterDBProxyTargets", until=UNTIL_STATES)
async def register_db_proxy_targets(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Register instances that are available; the proxy needs a while before it serves them."""
    if (refused := _refusal(call)) is not None:
        return refused
    for name in form.members(call.params, "DBInstanceIdentifiers"):
        instance = rds._instances.get(name)  # noqa: SLF001
        if instance is not None and instance[rds_states.STATUS] not in SERVING:
            message = f"DB instance {name} is not in an available state."
            return replies.error(call, rds_states.CODE, message)
    proxy = _proxy(call)
    before = list(proxy["Targets"]) if proxy is not None else []
    reply = await proceed(call)
    for target in (proxy or {}).get("Targets", []):
        if target not in before:
            pace.passes(target, HEALTH, "REGISTERING", "UNAVAILABLE", "AVAILABLE")
    health = "<State>AVAILABLE</State>" if not pace.seconds() else "<State>REGISTERING</State>"
    return replace(reply, body=reply.body.replace(b"<State>AVAILABLE</State>", health.encode()))


_view = rds._db_proxy_target_view  # noqa: SLF001


def target_view(target: Record) -> Record:
    """Answer a target's health: its own, then its instance's."""
    shown: Record = _view(target)
    state = target.get(HEALTH, "AVAILABLE")
    instance = rds._instances.get(target["RdsResourceId"])  # noqa: SLF001
    if state == "REGISTERING":
        shown["TargetHealth"] = {"State": state}
    elif state == "UNAVAILABLE":
        shown["TargetHealth"] = {
            "State": state,
            "Reason": "PENDING_PROXY_CAPACITY",
            "Description": "DBProxy Target is waiting for proxy to scale to desired capacity",
        }
    elif instance is not None and instance[rds_states.STATUS] not in SERVING:
        shown["TargetHealth"] = {
            "State": "UNAVAILABLE",
            "Reason": "UNREACHABLE",
            "Description": "DBProxy Target unavailable due to an internal error",
        }
    return shown


rds._db_proxy_target_view = target_view  # noqa: SLF001


@at_start
def resume() -> None:
    """End what a stop of the cloud cut short."""
    for (account, region, _), proxy in list(rds._db_proxies.all_items()):  # noqa: SLF001
        with request_scope(account, region):
            if proxy["Status"] == "deleting":
                _forget(proxy)
                continue
            proxy["Status"] = AVAILABLE
            for target in proxy["Targets"]:
                target.pop(HEALTH, None)
