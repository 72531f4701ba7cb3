"""What AWS asks for in the name of the site's own roles, against their policies and their boundary."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping

import pytest

from nestctl.policies.documents import Policy, parse
from nestctl.policies.evaluate import Request, decide
from nestctl.prove.iam import principals
from nestctl.prove.plan import Plan
from nestctl.prove.roots import Plans

pytestmark = pytest.mark.slow

HERE = "us-east-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/0"
NETWORK = ("AssignPrivateIpAddresses", "CreateNetworkInterface", "DeleteNetworkInterface")
NETWORK += ("DescribeNetworkInterfaces", "DescribeSubnets", "UnassignPrivateIpAddresses")
REPOSITORY = f"arn:aws:ecr:{HERE}:repository/nest-staging-backend"
PARAMETER = f"arn:aws:ssm:{HERE}:parameter/nest/staging/DJANGO_SECRET_KEY"
DATABASE = f"arn:aws:rds:{HERE}:db:nest-staging-db"
SNAPSHOT = f"arn:aws:rds:{HERE}:snapshot:awsbackup:job-0"
VAULT = f"arn:aws:backup:{HERE}:backup-vault:nest-staging"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:nest-staging-db-proxy-AbCdEf"
TASK = f"arn:aws:ecs:{HERE}:task-definition/nest-staging-index:1"
CLUSTER = f"arn:aws:ecs:{HERE}:cluster/nest-staging-tasks-cluster"


def via(service: str, **more: str) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.us-east-1.amazonaws.com", **more}


Need = tuple[str, str, Mapping[str, str]]
NEEDS: dict[str, list[Need]] = {
    # Lambda developer guide: "Securing environment variables", "Execution role permissions" for a VPC.
    "lambda": [
        ("kms:Decrypt", KEY, via("lambda")),
        ("kms:Decrypt", KEY, via("ssm")),
        ("kms:Decrypt", KEY, via("s3")),
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/nest/staging", {}),
        ("logs:CreateLogStream", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/nest-staging:log-stream:a", {}),
        ("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/nest-staging:log-stream:a", {}),
        *((f"ec2:{action}", "*", {}) for action in NETWORK),
    ],
    # ECS developer guide: "Task execution IAM role".
    "ecs_execution": [
        ("ecr:GetAuthorizationToken", "*", {}),
        ("ecr:BatchGetImage", REPOSITORY, {}),
        ("ecr:GetDownloadUrlForLayer", REPOSITORY, {}),
        ("ecr:BatchCheckLayerAvailability", REPOSITORY, {}),
        ("ssm:GetParameters", PARAMETER, {}),
        ("kms:Decrypt", KEY, via("ssm")),
        ("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/ecs/nest-staging-index:log-stream:a", {}),
    ],
    "ecs_task": [
        ("ssm:GetParametersByPath", f"arn:aws:ssm:{HERE}:parameter/nest/staging", {}),
        ("kms:Decrypt", KEY, via("ssm")),
        ("kms:Decrypt", KEY, via("s3")),
        ("s3:ListBucket", "arn:aws:s3:::nest-fixtures-29f12a4f", {}),
        ("s3:GetObject", "arn:aws:s3:::nest-fixtures-29f12a4f/nest.sql.gz", {}),
    ],
    # EventBridge Scheduler user guide: "Execution role", "Encryption at rest".
    "scheduler": [
        ("ecs:RunTask", TASK, {"ecs:cluster": CLUSTER}),
        (
            "ecs:TagResource",
            f"arn:aws:ecs:{HERE}:task/nest-staging-tasks-cluster/0",
            {"ecs:CreateAction": "RunTask"},
        ),
        *(
            (
                "iam:PassRole",
                f"arn:aws:iam::123456789012:role/nest-staging-{role}",
                {"iam:PassedToService": "ecs-tasks.amazonaws.com"},
            )
            for role in ("ecs-task", "ecs-execution")
        ),
        ("kms:Decrypt", KEY, via("scheduler")),
    ],
    # VPC user guide: "IAM role for publishing flow logs to CloudWatch Logs".
    "flow_logs": [
        ("logs:CreateLogStream", f"arn:aws:logs:{HERE}:log-group:/aws/vpc/nest-staging:log-stream:a", {}),
        ("logs:DescribeLogStreams", f"arn:aws:logs:{HERE}:log-group:/aws/vpc/nest-staging:log-stream:a", {}),
        ("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/vpc/nest-staging:log-stream:a", {}),
    ],
    # RDS user guide: "Setting up IAM policies for RDS Proxy".
    "proxy": [
        (
            "secretsmanager:GetSecretValue",
            SECRET,
            {},
        ),
        ("kms:Decrypt", KEY, via("secretsmanager")),
    ],
}

# Of AWSBackupServiceRolePolicyForBackup, what concerns an RDS instance.
NEEDS["backup"] = [
    ("rds:DescribeDBInstances", "*", {}),
    ("rds:DescribeDBSnapshots", "*", {}),
    ("rds:CreateDBSnapshot", DATABASE, {}),
    ("rds:CreateDBSnapshot", SNAPSHOT, {}),
    ("rds:AddTagsToResource", SNAPSHOT, {}),
    ("rds:ListTagsForResource", DATABASE, {}),
    ("rds:DeleteDBSnapshot", SNAPSHOT, {}),
    ("backup:DescribeBackupVault", VAULT, {}),
    ("tag:GetResources", "*", {}),
    ("kms:DescribeKey", KEY, via("rds")),
    ("kms:CreateGrant", KEY, via("rds", **{"kms:GrantIsForAWSResource": "true"})),
]

FORBIDDEN: list[Need] = [
    ("kms:Decrypt", KEY, {}),
    ("kms:Decrypt", KEY, via("dynamodb")),
    ("kms:CreateGrant", KEY, via("rds", **{"kms:GrantIsForAWSResource": "false"})),
    ("kms:CreateGrant", KEY, {"kms:GrantIsForAWSResource": "true"}),
    ("kms:PutKeyPolicy", KEY, {}),
    ("rds:DeleteDBInstance", DATABASE, {}),
    ("rds:DeleteDBSnapshot", f"arn:aws:rds:{HERE}:snapshot:nest-staging-db-final", {}),
    ("backup:DeleteRecoveryPoint", SNAPSHOT, {}),
    ("s3:PutObject", "arn:aws:s3:::nest-staging-static-00000000/a", {}),
    ("iam:PutRolePolicy", "arn:aws:iam::123456789012:role/nest-staging-lambda", {}),
    ("sts:AssumeRole", "arn:aws:iam::123456789012:role/nest-staging-terraform", {}),
]


@pytest.fixture(scope="module")
def everything(plans: Plans) -> Plan:
    """The environment with every part that has a role of its own."""
    return plans.environment(db_proxy_enabled=True, backup_plan_retention_days=35)


@pytest.fixture(scope="module")
def bound(plans: Plans) -> Policy:
    """The permissions boundary of the site's roles."""
    (policy,) = principals.boundary(plans).policies
    return policy


def own_policies(plan: Plan) -> Iterator[Policy]:
    """Yield the policies of the site's roles, from what is known of them before they are made."""
    yield from (policy for person in principals.running(plan) for policy in person.policies)
    for resource in plan.of("aws_iam_role_policy"):
        if resource["policy"]:
            yield parse(resource.address, resource["policy"])


def test_every_role_is_bound(everything: Plan) -> None:
    roles = {str(r["name"]): r["permissions_boundary"] for r in everything.of("aws_iam_role")}
    assert {"nest-staging-backup", "nest-staging-db-proxy", "nest-staging-flow-logs"} < set(roles)
    boundary = "arn:aws:iam::123456789012:policy/nest-staging-terraform-boundary"
    assert set(roles.values()) == {boundary}


@pytest.mark.parametrize(
    ("action", "resource", "context"), [need for needs in NEEDS.values() for need in needs]
)
def test_the_boundary_lets_aws_do_its_work(
    action: str, resource: str, context: Mapping[str, str], bound: Policy
) -> None:
    assert decide([bound], Request(action, resource, context)).allowed


@pytest.mark.parametrize(("action", "resource", "context"), FORBIDDEN)
def test_the_boundary_bounds(action: str, resource: str, context: Mapping[str, str], bound: Policy) -> None:
    assert not decide([bound], Request(action, resource, context)).allowed


def test_the_boundary_cuts_nothing_that_a_role_is_given(everything: Plan, bound: Policy) -> None:
    judged, cut = 0, []
    for policy in own_policies(everything):
        for statement in (s for s in policy if s.allows):
            context = {c.key: c.values[0].replace("*", "us-east-1") for c in statement.conditions}
            for action, resource in itertools.product(statement.actions, statement.resources):
                made_up = resource == principals.UNKNOWN or ":module-" in resource
                if made_up or not resource.startswith(("arn:", "*")):
                    continue  # NEEDS has those that only AWS would name
                asked = resource if resource == "*" else resource.replace("*", "x")
                judged += 1
                if not decide([bound], Request(action, asked, context)).allowed:
                    cut.append(f"{policy.name}: {action} on {asked} ({context})")
    assert cut == []
    assert judged > 20


def test_the_functions_role_decrypts_the_functions_environment(everything: Plan) -> None:
    """With a grant alone it would depend on who made the function."""
    (policy,) = (p for p in own_policies(everything) if p.name.endswith("aws_iam_policy_document.lambda"))
    key = everything["aws_kms_key.this"]["arn"]
    assert decide([policy], Request("kms:Decrypt", key, via("lambda"))).allowed
    assert not decide([policy], Request("kms:Decrypt", key, via("dynamodb"))).allowed
