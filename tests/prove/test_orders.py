"""What must be there before something else is made, and must stay until that is gone."""

from __future__ import annotations

import pytest

from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans

pytestmark = pytest.mark.slow

ORDERS = [
    # A load balancer that faces the internet is refused in a VPC without a gateway; the gateway cannot be
    # detached while the VPC has public addresses.
    ("alb.aws_lb.this", "networking.aws_internet_gateway.this"),
    ("alb.aws_lb.this", "networking.aws_route.public_internet"),
    ("networking.aws_nat_gateway.this", "networking.aws_internet_gateway.this"),
    ("networking.aws_eip.nat", "networking.aws_internet_gateway.this"),
    ("networking.aws_eip.nat_instance", "networking.aws_internet_gateway.this"),
    # A task that starts before its roles may do anything fails.
    ("frontend.aws_ecs_service.frontend", "security.aws_iam_role_policy.this"),
    ("ecs.module.task.aws_scheduler_schedule.this", "security.aws_iam_role_policy.this"),
    ("networking.aws_flow_log.this", "networking.aws_iam_role_policy.flow_logs"),
    ("database.aws_db_proxy.this", "database.aws_iam_role_policy.proxy"),
    ("backup.aws_backup_selection.this", "backup.aws_iam_role_policy_attachment.this"),
    # Services test at once whether they may write into a bucket.
    ("alb.aws_lb.this", "storage.module.logs_bucket.aws_s3_bucket_policy.this"),
    ("platform.aws_cloudtrail.this", "storage.module.logs_bucket.aws_s3_bucket_policy.this"),
    # What a bucket holds cannot be read once its key is on its way out.
    ("storage.module.bucket.aws_s3_bucket.this", "kms.aws_kms_key.this"),
    # A service whose target group has no load balancer is refused.
    ("frontend.aws_ecs_service.frontend", "alb.aws_lb_listener.https"),
    ("alb.aws_lb_target_group_attachment.backend", "alb.aws_lambda_permission.backend"),
]


def whole(plan: Plan, end: str) -> str:
    """Return the only address of the graph that ends so."""
    known = {*plan.edges, *(a for targets in plan.edges.values() for a in targets)}
    (found,) = {a for a in known if a.endswith(f".{end}")}
    return found


def before(plan: Plan, address: str) -> set[str]:
    """Return all that a block waits for."""
    found: set[str] = set()
    waiting = [address]
    while waiting:
        for earlier in plan.edges.get(waiting.pop(), frozenset()) - found:
            found.add(earlier)
            waiting.append(earlier)
    return found


@pytest.mark.parametrize(("later", "earlier"), ORDERS)
def test_it_comes_after(later: str, earlier: str, staging: Plan) -> None:
    assert whole(staging, earlier) in before(staging, whole(staging, later))


def test_a_state_stays_readable_as_long_as_its_bucket_is_there(plans: Plans) -> None:
    state = plans.plan("state")
    assert "aws_kms_key.state" in before(state, "module.bucket.aws_s3_bucket.this")
