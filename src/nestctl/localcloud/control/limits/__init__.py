"""What AWS refuses because it is too long, too large, of a wrong form, or about what is not there.

Most of it stands in AWS's models of requests (:mod:`models`); the rest in its user guides, a file here for
each kind. Words are AWS's where they are known.
"""

from __future__ import annotations

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.limits import (
    absent,
    caches,
    conflicts,
    database_groups,
    databases,
    ec2_endpoints,
    ec2_entries,
    ec2_ranges,
    ec2_routes,
    ec2_rules,
    elbv2_balancers,
    elbv2_listeners,
    elbv2_rules,
    elbv2_targets,
    functions,
    functions_made,
    identities,
    keys,
    models,
    names,
    parameters,
    policies,
    schedules,
    tags,
    tasks,
)
from nestctl.localcloud.control.limits.documented import LIMITS
from nestctl.localcloud.control.types import Call, Reply

PARTS = (
    absent,
    caches,
    conflicts,
    database_groups,
    databases,
    ec2_endpoints,
    ec2_entries,
    ec2_ranges,
    ec2_routes,
    ec2_rules,
    elbv2_balancers,
    elbv2_listeners,
    elbv2_rules,
    elbv2_targets,
    functions,
    functions_made,
    identities,
    keys,
    names,
    parameters,
    policies,
    schedules,
    tasks,
)
SERVICES = {*models.SERVICES, *tags.SERVICES}


def judges(service: str, action: str) -> bool:
    """Whether a request is looked at, which needs its body: an object's is not read for nothing."""
    return service in SERVICES or (service, action) in LIMITS


def refusal(call: Call) -> Reply | None:
    """Answer a request that breaks a limit; ``None`` for all others."""
    for limit in LIMITS.get((call.service, call.action), ()):
        if (refused := limit(call)) is not None:
            return replies.error(call, *refused)
    if (refused := tags.problem(call)) is not None:
        return replies.error(call, *refused)
    problem = models.problem(call)
    return None if problem is None else replies.error(call, *problem)
