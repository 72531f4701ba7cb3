"""Application Auto Scaling, which the emulator lacks: targets and policies are kept, and scale nothing."""

from __future__ import annotations

import time
import uuid
from typing import Any

from nestctl.localcloud.control.registry import corrects
from nestctl.localcloud.control.replies import error, json_reply
from nestctl.localcloud.control.store import Store
from nestctl.localcloud.control.types import Call, Cloud, Proceed, Reply

SERVICE = "application-autoscaling"
UNTIL = "the emulator has the service"
Table = dict[str, Any]
KEY = ("ServiceNamespace", "ResourceId", "ScalableDimension")


@corrects(SERVICE, "RegisterScalableTarget", until=UNTIL)
async def register_scalable_target(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001 - the seam's shape
    """Make a target, or change one."""
    store, asked = _store(cloud), call.params
    arn = f"arn:aws:{SERVICE}:{call.region}:{cloud.account_id}"
    target = store.table("targets").setdefault(
        _key(call),
        {
            **{name: asked[name] for name in KEY},
            "CreationTime": time.time(),
            "RoleARN": asked.get("RoleARN")
            or f"arn:aws:iam::{cloud.account_id}:role/aws-service-role/ecs.{SERVICE}.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
            "ScalableTargetARN": f"{arn}:scalable-target/{uuid.uuid4().hex}",
            "SuspendedState": {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": False,
            },
        },
    )
    target |= {
        name: asked[name] for name in ("MinCapacity", "MaxCapacity", "SuspendedState") if name in asked
    }
    if asked.get("Tags"):
        store.table("tags").setdefault(target["ScalableTargetARN"], {}).update(asked["Tags"])
    store.save()
    return json_reply({"ScalableTargetARN": target["ScalableTargetARN"]})


@corrects(SERVICE, "DescribeScalableTargets", until=UNTIL)
async def describe_scalable_targets(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Targets of a namespace, of some resources or of a dimension."""
    wanted = call.params.get("ResourceIds") or []
    return json_reply(
        {
            "ScalableTargets": [
                target
                for target in _matching(call, _store(cloud).table("targets"))
                if not wanted or target["ResourceId"] in wanted
            ]
        }
    )


@corrects(SERVICE, "DeregisterScalableTarget", until=UNTIL)
async def deregister_scalable_target(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove a target with its policies."""
    store, key = _store(cloud), _key(call)
    target = store.table("targets").pop(key, None)
    if target is None:
        return _missing(call)
    store.table("tags").pop(target["ScalableTargetARN"], None)
    policies = store.table("policies")
    for name in [name for name in policies if name.startswith(f"{key}|")]:
        policies.pop(name)
    store.save()
    return json_reply()


@corrects(SERVICE, "PutScalingPolicy", until=UNTIL)
async def put_scaling_policy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Make a policy of a target, or replace one."""
    store, key = _store(cloud), _key(call)
    if key not in store.table("targets"):
        return _missing(call)
    name = call.params["PolicyName"]
    arn = f"arn:aws:autoscaling:{call.region}:{cloud.account_id}:scalingPolicy:{uuid.uuid4()}"
    place = f"resource/{call.params['ServiceNamespace']}/{call.params['ResourceId']}:policyName/{name}"
    policy = store.table("policies").setdefault(
        f"{key}|{name}",
        {
            "PolicyARN": f"{arn}:{place}",
            "CreationTime": time.time(),
            "Alarms": [],
        },
    )
    policy |= call.params
    store.save()
    return json_reply({"PolicyARN": policy["PolicyARN"], "Alarms": []})


@corrects(SERVICE, "DescribeScalingPolicies", until=UNTIL)
async def describe_scaling_policies(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Policies of a namespace, a resource, a dimension or by name."""
    names, resource = call.params.get("PolicyNames") or [], call.params.get("ResourceId")
    return json_reply(
        {
            "ScalingPolicies": [
                policy
                for policy in _matching(call, _store(cloud).table("policies"))
                if (not names or policy["PolicyName"] in names)
                and (not resource or policy["ResourceId"] == resource)
            ]
        }
    )


@corrects(SERVICE, "DeleteScalingPolicy", until=UNTIL)
async def delete_scaling_policy(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove a policy."""
    store = _store(cloud)
    if store.table("policies").pop(f"{_key(call)}|{call.params.get('PolicyName')}", None) is None:
        return _missing(call)
    store.save()
    return json_reply()


@corrects(SERVICE, "ListTagsForResource", until=UNTIL)
async def list_tags_for_resource(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Tags of a target."""
    return json_reply({"Tags": _store(cloud).table("tags").get(call.params.get("ResourceARN", ""), {})})


@corrects(SERVICE, "TagResource", until=UNTIL)
async def tag_resource(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Set tags of a target."""
    store = _store(cloud)
    store.table("tags").setdefault(call.params["ResourceARN"], {}).update(call.params["Tags"])
    store.save()
    return json_reply()


@corrects(SERVICE, "UntagResource", until=UNTIL)
async def untag_resource(call: Call, proceed: Proceed, cloud: Cloud) -> Reply:  # noqa: ARG001
    """Remove tags of a target."""
    store = _store(cloud)
    tags = store.table("tags").get(call.params["ResourceARN"], {})
    for name in call.params["TagKeys"]:
        tags.pop(name, None)
    store.save()
    return json_reply()


def _store(cloud: Cloud) -> Store:
    return Store.of(cloud.state_dir, SERVICE)


def _key(call: Call) -> str:
    return "|".join([call.region, *(str(call.params.get(name)) for name in KEY)])


def _matching(call: Call, table: Table) -> list[dict[str, Any]]:
    asked = call.params
    return [
        entry
        for key, entry in table.items()
        if key.startswith(f"{call.region}|{asked.get('ServiceNamespace')}|")
        and asked.get("ScalableDimension") in (None, entry["ScalableDimension"])
    ]


def _missing(call: Call) -> Reply:
    return error(call, "ObjectNotFoundException", "No such scalable target or policy is registered.")
