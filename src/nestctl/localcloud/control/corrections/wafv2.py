"""WAF: where a web ACL writes its log, which the emulator lacks; how an ACL may be changed and deleted."""

from __future__ import annotations

from ministack.services import waf

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.replies import error, json_reply
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

SERVICE = "wafv2"
LOGGING = "the emulator has logging configurations"
PREFIX = "aws-waf-logs-"
"""WAF takes only destinations whose name begins so (AWS WAF developer guide, "Logging destinations")."""

KEPT = ("Description", "CustomResponseBodies", "CaptchaConfig", "ChallengeConfig", "TokenDomains")


@corrects(SERVICE, "PutLoggingConfiguration", until=LOGGING)
async def put_logging_configuration(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Set where a web ACL writes what it did; as on AWS, to one destination with the prescribed name."""
    wanted = dict(call.params.get("LoggingConfiguration") or {})
    arn = str(wanted.get("ResourceArn", ""))
    if not _exists(arn):
        return _missing(call)
    places = [str(place) for place in wanted.get("LogDestinationConfigs") or []]
    if len(places) != 1 or not _name_of(places[0]).startswith(PREFIX):
        message = (
            "Error reason: The ARN isn't valid. A valid ARN begins with arn: and includes other information"
        )
        field, value = "LOG_DESTINATION", ", ".join(places)
        return error(
            call,
            "WAFInvalidParameterException",
            f"{message} separated by colons or slashes., field: {field}, parameter: {value}",
        )
    store = _store(cloud)
    store.table("logging")[arn] = {"LogScope": "CUSTOMER", "LogType": "WAF_LOGS", **wanted}
    store.save()
    return json_reply({"LoggingConfiguration": store.table("logging")[arn]})


@corrects(SERVICE, "GetLoggingConfiguration", until=LOGGING)
async def get_logging_configuration(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Answer where a web ACL writes its log."""
    found = _store(cloud).table("logging").get(str(call.params.get("ResourceArn", "")))
    return _missing(call) if found is None else json_reply({"LoggingConfiguration": found})


@corrects(SERVICE, "DeleteLoggingConfiguration", until=LOGGING)
async def delete_logging_configuration(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Let a web ACL write no log."""
    store = _store(cloud)
    if store.table("logging").pop(str(call.params.get("ResourceArn", "")), None) is None:
        return _missing(call)
    store.save()
    return json_reply()


@corrects(SERVICE, "UpdateWebACL", until="UpdateWebACL changes description and response bodies")
async def update_web_acl(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Keep what the emulator does not change."""
    reply = await proceed(call)
    acl = waf._resource_from_scope(  # noqa: SLF001
        waf._web_acls,  # noqa: SLF001
        call.params.get("Id", ""),
        call.params.get("Scope", "REGIONAL"),
    )
    if reply.status == 200 and acl is not None:  # noqa: PLR2004
        acl |= {name: call.params[name] for name in KEPT if name in call.params}
    return reply


@corrects(SERVICE, "DeleteWebACL", until="an ACL in use is not deleted, and its log goes with it")
async def delete_web_acl(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:
    """Refuse while something is behind the ACL, as AWS does; its logging configuration goes with it."""
    acl = waf._resource_from_scope(  # noqa: SLF001
        waf._web_acls,  # noqa: SLF001
        call.params.get("Id", ""),
        call.params.get("Scope", "REGIONAL"),
    )
    arn = acl["ARN"] if acl else ""
    if arn in waf._associations.values():  # noqa: SLF001
        return error(
            call,
            "WAFAssociatedItemException",
            "AWS WAF couldn\u2019t perform the operation because your resource is being used by another "
            "resource or it\u2019s associated with another resource.",
        )
    reply = await proceed(call)
    store = _store(cloud)
    if reply.status == 200 and store.table("logging").pop(arn, None) is not None:  # noqa: PLR2004
        store.save()
    return reply


def _exists(arn: str) -> bool:
    return any(acl["ARN"] == arn for acl in waf._web_acls.values())  # noqa: SLF001


def _name_of(arn: str) -> str:
    """Return the name in the ARN of a log group, bucket or delivery stream."""
    resource = arn.split(":", 5)[-1]
    for begin in ("log-group:", "deliverystream/"):
        resource = resource.removeprefix(begin)
    return resource.removesuffix(":*")


def _missing(call: Call) -> Reply:
    return error(
        call,
        "WAFNonexistentItemException",
        "AWS WAF couldn\u2019t perform the operation because your resource doesn\u2019t exist.",
    )


def _store(cloud: Cloud) -> Store:
    store: Store = Store.of(cloud.state_dir, SERVICE)
    return store
