"""What the design asks of each part, asserted on the plans of staging, of production, and of every choice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from nestctl.prove.offline import REGION
from nestctl.prove.plan import Plan, Resource
from nestctl.prove.roots import Plans
from nestctl.prove.source import without_keys
from nestctl.prove.stand_in import ACCOUNT_ID
from nestctl.settings.paths import INFRASTRUCTURE

pytestmark = pytest.mark.slow

CACHE = "module.platform.module.cache.aws_elasticache_replication_group.this"
"""Whole, because a data source has the same name."""

CHOICES: dict[str, Any] = {
    "alarm_emails": ["operations@example.org"],
    "alarms_enabled": True,
    "backup_plan_retention_days": 7,
    "cpu_architecture": "ARM64",
    "db_proxy_enabled": True,
    "fargate_spot_for_frontend": True,
    "fargate_spot_for_tasks": True,
    "frontend_autoscaling": {"min": 1, "max": 3},
    "monthly_budget": 200,
    "nat_gateway_mode": "none",
    "waf_enabled": True,
}


@pytest.fixture(scope="module")
def production(production: Plans) -> Plan:
    """Production as a first deployment makes it."""
    return production.environment()


@pytest.fixture(scope="module")
def chosen(plans: Plans) -> Plan:
    """Staging with everything that is off by default."""
    return plans.environment(**CHOICES)


@pytest.fixture(params=["staging", "production", "chosen"])
def plan(request: pytest.FixtureRequest) -> Plan:
    found: Plan = request.getfixturevalue(request.param)
    return found


def statements(text: str) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in json.loads(text)["Statement"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def bucket_policy(plan: Plan, bucket: Resource) -> dict[str, dict[str, Any]]:
    """Return the statements of a bucket's policy, from its document where the JSON needs a distribution."""
    (policy,) = of_bucket(plan, "aws_s3_bucket_policy", bucket)
    if policy["policy"] is not None:
        return statements(policy["policy"])
    modules = (bucket.module, bucket.module.rpartition(".module.")[0])
    documents = [d for d in plan.of("aws_iam_policy_document", mode="data") if d.module in modules]
    return {given["sid"]: _statement(given) for document in documents for given in document["statement"]}


def _statement(given: dict[str, Any]) -> dict[str, Any]:
    """Return a document's statement as the provider renders it."""

    def one(values: list[str]) -> Any:
        return values[0] if len(values) == 1 else values

    (principal,) = given["principals"]
    identifiers = one(principal["identifiers"])
    condition: dict[str, dict[str, Any]] = {}
    for test in given["condition"]:
        condition.setdefault(test["test"], {})[test["variable"]] = one(test["values"])
    return {
        "Effect": given["effect"] or "Allow",
        "Action": one(given["actions"]),
        "Resource": one(given["resources"]),
        "Principal": identifiers if principal["type"] == "*" else {principal["type"]: identifiers},
        "Condition": condition,
    }


def of_bucket(plan: Plan, type_: str, bucket: Resource) -> list[Resource]:
    """Return the resources of a type that stand in a bucket's module."""
    return [resource for resource in plan.of(type_) if resource.module == bucket.module]


# ------------------------------------------------------------------------------- production and staging


def test_production_differs_from_staging_in_values_only() -> None:
    def files(root: str) -> dict[str, str]:
        found = {f.name: f.read_text(encoding="utf-8") for f in (INFRASTRUCTURE / root).glob("*.tf")}
        found["variables.tf"] = re.sub(
            r"^  default     = .*$", "  default = ?", found["variables.tf"], flags=re.MULTILINE
        )
        return found

    assert files("production") == files("staging")


def test_production_has_the_same_parts_and_those_that_watch_it(staging: Plan, production: Plan) -> None:
    def parts(plan: Plan) -> set[str]:
        return {without_keys(resource.address) for resource in plan.resources}

    more = {part for part in parts(production) - parts(staging) if ".module.alarms." not in part}
    assert all(part.startswith("module.platform.module.backup.") for part in more), more
    assert parts(staging) <= parts(production)


def test_production_survives_a_zone(staging: Plan, production: Plan) -> None:
    zones = {subnet["availability_zone"] for subnet in production.of("aws_subnet")}
    assert len(zones) == 3
    assert len(production.of("aws_nat_gateway")) == len(zones)
    assert len({nat["subnet_id"] for nat in production.of("aws_nat_gateway")}) == len(zones)
    assert len(staging.of("aws_nat_gateway")) == 1
    assert production["aws_db_instance.this"]["multi_az"]
    cache = production[CACHE]
    assert cache["num_cache_clusters"] == 2
    assert cache["automatic_failover_enabled"]
    assert cache["multi_az_enabled"]
    assert production["aws_ecs_service.frontend"]["desired_count"] == 2


def test_production_is_not_deleted_by_mistake(production: Plan) -> None:
    database = production["aws_db_instance.this"]
    assert database["deletion_protection"]
    assert not database["skip_final_snapshot"]
    assert database["backup_retention_period"] >= 30
    assert production["aws_lb.this"]["enable_deletion_protection"]
    assert not production["aws_backup_vault.this"]["force_destroy"]
    assert not any(bucket["force_destroy"] for bucket in production.of("aws_s3_bucket"))
    assert not any(repository["force_delete"] for repository in production.of("aws_ecr_repository"))


def test_production_has_larger_classes(staging: Plan, production: Plan) -> None:
    for address, attribute in (
        ("aws_db_instance.this", "instance_class"),
        (CACHE, "node_type"),
    ):
        assert ".t3." in staging[address][attribute]
        assert production[address][attribute].endswith(".m6g.large")
    cpu = [int(p["aws_ecs_task_definition.frontend"]["cpu"]) for p in (staging, production)]
    assert cpu[0] < cpu[1]


def test_what_costs_is_off_in_staging_and_watching_is_on_in_production(
    staging: Plan, production: Plan
) -> None:
    watching = ("aws_sns_topic", "aws_cloudwatch_metric_alarm", "aws_backup_plan")
    assert staging.of(*watching, "aws_budgets_budget", "aws_wafv2_web_acl", "aws_db_proxy") == []
    assert {resource.type for resource in production.of(*watching)} == set(watching)
    assert len(staging.of("aws_cloudtrail")) == 1


# ------------------------------------------------------------------------------- each part


def test_every_bucket_is_closed_versioned_encrypted_logged_and_refuses_plain_http(plan: Plan) -> None:
    buckets = plan.of("aws_s3_bucket")
    assert len(buckets) == 5
    for bucket in buckets:
        (block,) = of_bucket(plan, "aws_s3_bucket_public_access_block", bucket)
        assert all(
            block[name]
            for name in (
                "block_public_acls",
                "block_public_policy",
                "ignore_public_acls",
                "restrict_public_buckets",
            )
        )
        (versioning,) = of_bucket(plan, "aws_s3_bucket_versioning", bucket)
        assert versioning["versioning_configuration"][0]["status"] == "Enabled"
        (rule,) = of_bucket(plan, "aws_s3_bucket_server_side_encryption_configuration", bucket)[0]["rule"]
        wanted = "AES256" if re.search("-(logs|static)-", bucket["bucket"]) else "aws:kms"
        assert rule["apply_server_side_encryption_by_default"][0]["sse_algorithm"] == wanted
        deny = bucket_policy(plan, bucket)["DenyWithoutTls"]
        assert (deny["Effect"], deny["Action"], deny["Principal"]) == ("Deny", "s3:*", "*")
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        arn = f"arn:aws:s3:::{bucket['bucket']}"
        assert sorted(deny["Resource"]) == [arn, f"{arn}/*"]
        assert len(of_bucket(plan, "aws_s3_bucket_logging", bucket)) == ("-logs-" not in bucket["bucket"])
        assert (
            of_bucket(plan, "aws_s3_bucket_ownership_controls", bucket)[0]["rule"][0]["object_ownership"]
            == "BucketOwnerEnforced"
        )


def test_every_log_group_is_encrypted_and_its_key_lets_logs_in(plan: Plan) -> None:
    key = plan["module.platform.module.kms.aws_kms_key.this"]
    groups = plan.of("aws_cloudwatch_log_group")
    assert len(groups) >= 6
    statement = statements(key["policy"])["CloudWatchLogs"]
    assert statement["Principal"] == {"Service": f"logs.{REGION}.amazonaws.com"}
    assert {"kms:Encrypt", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"} == set(
        statement["Action"]
    )
    pattern = statement["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    for group in groups:
        assert group["kms_key_id"] == key["arn"], group.address
        assert group["retention_in_days"] > 0
        assert fnmatchcase(f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:{group['name']}", pattern)


def test_the_trail_may_use_key_and_bucket(plan: Plan) -> None:
    key, trail = plan["module.platform.module.kms.aws_kms_key.this"], plan["aws_cloudtrail.this[0]"]
    assert trail["is_multi_region_trail"]
    assert trail["enable_log_file_validation"]
    assert trail["include_global_service_events"]
    assert trail["kms_key_id"] == key["arn"]
    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT_ID}:trail/{trail['name']}"
    for name in ("CloudTrailEncrypts", "CloudTrailDescribes"):
        assert statements(key["policy"])[name]["Condition"]["StringEquals"]["aws:SourceArn"] == arn
    (bucket,) = [b for b in plan.of("aws_s3_bucket") if "-logs-" in b["bucket"]]
    writes = bucket_policy(plan, bucket)["CloudTrailWrites"]
    assert writes["Condition"]["StringEquals"]["aws:SourceArn"] == arn
    written = f"arn:aws:s3:::{bucket['bucket']}/{trail['s3_key_prefix']}/AWSLogs/{ACCOUNT_ID}/CloudTrail/a"
    assert any(fnmatchcase(written, pattern) for pattern in listed(writes["Resource"]))


def test_the_key_rotates_and_nobody_elses_account_can_use_it(plan: Plan) -> None:
    for key in plan.of("aws_kms_key"):
        assert key["enable_key_rotation"]
        for name, statement in statements(key["policy"]).items():
            if name == "LetIamPoliciesDecide":
                assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
            elif name == "WhoMakesTheKeyMayChangeThisPolicy":
                assert statement["Principal"]["AWS"].startswith(f"arn:aws:iam::{ACCOUNT_ID}:role/")
                assert statement["Action"] == "kms:PutKeyPolicy"
            else:
                assert ACCOUNT_ID in json.dumps(statement["Condition"]), name


def minutes(window: str) -> Iterator[set[int]]:
    """Yield the minutes of a window, ``hh:mm-hh:mm`` for each day or ``ddd:hh:mm-ddd:hh:mm`` for its own."""
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    found = re.findall(r"(?:([a-z]{3}):)?([0-9]{2}):([0-9]{2})", window)
    (first, *begin), (last, *end) = found
    week = 7 * 1440
    for day in range(7) if not first else [days.index(first)]:
        a = day * 1440 + int(begin[0]) * 60 + int(begin[1])
        b = (days.index(last) if last else day) * 1440 + int(end[0]) * 60 + int(end[1])
        yield {minute % week for minute in range(a, b + 1 if b >= a else b + week + 1)}


def overlap(one: str, other: str) -> bool:
    return any(a & b for a in minutes(one) for b in minutes(other))


def test_windows_are_compared_as_aws_does() -> None:
    assert overlap("03:00-04:00", "sun:04:00-sun:05:00")
    assert overlap("23:30-00:30", "mon:00:15-mon:01:00")
    assert not overlap("03:00-04:00", "sun:05:00-sun:06:00")


def test_the_database_is_private_encrypted_and_speaks_tls_only(plan: Plan) -> None:
    database = plan["aws_db_instance.this"]
    assert database["storage_encrypted"]
    assert database["kms_key_id"] == plan["module.platform.module.kms.aws_kms_key.this"]["arn"]
    assert database["storage_type"] == "gp3"
    assert not database["publicly_accessible"]
    assert database["engine_version"].partition(".")[0] == "16"
    group = plan["aws_db_parameter_group.this"]
    assert database["parameter_group_name"] == group["name"]
    assert {p["name"]: p["value"] for p in group["parameter"]}["rds.force_ssl"] == "1"
    assert not overlap(database["backup_window"], database["maintenance_window"])
    assert database["password"] is None
    assert "timestamp" not in str(database["final_snapshot_identifier"])
    private = {subnet["id"] for subnet in plan.of("aws_subnet") if not subnet["map_public_ip_on_launch"]}
    assert set(plan["aws_db_subnet_group.this"]["subnet_ids"]) <= private


def test_the_cache_is_encrypted_on_disk_and_on_the_way(plan: Plan) -> None:
    cache = plan[CACHE]
    assert str(cache["at_rest_encryption_enabled"]).lower() == "true"
    assert cache["transit_encryption_enabled"]
    assert cache["kms_key_id"] == plan["module.platform.module.kms.aws_kms_key.this"]["arn"]
    assert cache["auth_token"] is None
    if cache["snapshot_retention_limit"]:
        assert not overlap(cache["snapshot_window"], cache["maintenance_window"])


def test_the_service_rolls_back_and_gives_new_tasks_time(plan: Plan) -> None:
    service = plan["aws_ecs_service.frontend"]
    (breaker,) = service["deployment_circuit_breaker"]
    assert breaker == {"enable": True, "rollback": True}
    assert service["health_check_grace_period_seconds"] >= 60
    assert service["deployment_minimum_healthy_percent"] == 100
    assert not service["wait_for_steady_state"]
    assert not service["network_configuration"][0]["assign_public_ip"]
    (definition,) = json.loads(plan["aws_ecs_task_definition.frontend"]["container_definitions"])
    assert definition["healthCheck"]["startPeriod"] >= 30


def test_images_cannot_be_replaced(plan: Plan) -> None:
    repositories = plan.of("aws_ecr_repository")
    assert len(repositories) == 2
    for repository in repositories:
        assert repository["image_tag_mutability"] == "IMMUTABLE"
        assert repository["image_scanning_configuration"][0]["scan_on_push"]
        assert repository["encryption_configuration"][0]["encryption_type"] == "KMS"
    assert len(plan.of("aws_ecr_lifecycle_policy")) == 2


def test_flow_logs_record_everything(plan: Plan) -> None:
    (flow_log,) = plan.of("aws_flow_log")
    assert flow_log["traffic_type"] == "ALL"
    assert flow_log["vpc_id"] == plan["aws_vpc.this"]["id"]


def test_static_files_are_read_through_cloudfront_only(plan: Plan) -> None:
    distribution = plan["aws_cloudfront_distribution.static"]
    access = plan["aws_cloudfront_origin_access_control.static"]
    for origin in distribution["origin"]:
        assert origin["origin_access_control_id"] == access["id"]
    assert (access["signing_behavior"], access["signing_protocol"]) == ("always", "sigv4")
    (bucket,) = [b for b in plan.of("aws_s3_bucket") if "-static-" in b["bucket"]]
    allowed = bucket_policy(plan, bucket)
    del allowed["DenyWithoutTls"]
    for statement in allowed.values():
        assert statement["Principal"] == {"Service": "cloudfront.amazonaws.com"}
        assert statement["Condition"] == {"StringEquals": {"AWS:SourceArn": distribution["arn"]}}


def test_the_load_balancer_serves_over_tls_with_safety_headers(plan: Plan) -> None:
    balancer, https = plan["aws_lb.this"], plan["aws_lb_listener.https[0]"]
    assert balancer["drop_invalid_header_fields"]
    assert balancer["access_logs"][0]["enabled"]
    assert https["ssl_policy"].startswith("ELBSecurityPolicy-TLS13-")
    # The plan makes up what the provider computes; a policy of ours it would show.
    assert "default-src" not in str(https["routing_http_response_content_security_policy_header_value"])
    policy = plan['aws_ssm_parameter.plain["CONTENT_SECURITY_POLICY"]']["value"]
    assert "'nonce-{nonce}'" in policy
    assert "unsafe-inline" not in policy
    assert len(policy) <= 1000
    assert "max-age=31536000" in https["routing_http_response_strict_transport_security_header_value"]
    assert https["routing_http_response_x_content_type_options_header_value"] == "nosniff"
    assert https["routing_http_response_x_frame_options_header_value"] == "DENY"
    assert plan["aws_lb_listener.http"]["default_action"][0]["redirect"][0]["protocol"] == "HTTPS"
    assert plan["aws_lb_target_group.backend"]["lambda_multi_value_headers_enabled"]


def test_both_sides_read_the_secret_of_the_functions_own_address(plan: Plan) -> None:
    parameter = plan['aws_ssm_parameter.secret["NEST_ORIGIN_SECRET"]']
    assert parameter["type"] == "SecureString"
    assert parameter["value_wo"] is None
    (definition,) = json.loads(plan["aws_ecs_task_definition.frontend"]["container_definitions"])
    secrets = {secret["name"]: secret["valueFrom"] for secret in definition["secrets"]}
    assert secrets["NEST_ORIGIN_SECRET"] == parameter["arn"]
    assert "NEST_ORIGIN_SECRET" not in {variable["name"] for variable in definition["environment"]}
    # The backend reads everything below the path.
    assert parameter["name"] == f"{plan.outputs['parameter_path']}NEST_ORIGIN_SECRET"


def test_a_new_account_gets_the_service_linked_roles_that_it_lacks(plans: Plans) -> None:
    allowed: set[str] = set()
    for policy in plans.plan("bootstrap").of("aws_iam_policy"):
        for statement in json.loads(policy["policy"])["Statement"]:
            if "iam:CreateServiceLinkedRole" in listed(statement["Action"]):
                names = statement["Condition"]["StringEquals"]["iam:AWSServiceName"]
                allowed |= set(listed(names))
    needed = {"ecs", "elasticloadbalancing", "rds", "elasticache"}
    assert {f"{name}.amazonaws.com" for name in needed} <= allowed
    assert "*" not in "".join(allowed)


# ------------------------------------------------------------------------------- choices


def test_alarms_reach_an_encrypted_topic(chosen: Plan) -> None:
    topic = chosen["aws_sns_topic.this"]
    key = chosen["module.platform.module.kms.aws_kms_key.this"]
    assert topic["kms_master_key_id"] == key["arn"]
    publishers = set(statements(key["policy"])["PublishersToSns"]["Principal"]["Service"])
    assert publishers == {"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
    alarms = chosen.of("aws_cloudwatch_metric_alarm")
    assert len(alarms) == 9
    # Identifiers in a module with an index are not known without an account: the module has tests of its own.
    for alarm in alarms:
        assert without_keys(topic.address) in chosen.edges[without_keys(alarm.address)]
    (subscription,) = chosen.of("aws_sns_topic_subscription")
    assert (subscription["protocol"], subscription["endpoint"]) == ("email", "operations@example.org")
    assert chosen["aws_budgets_budget.monthly[0]"]["limit_amount"] == "200.0"


def test_a_backup_does_not_begin_within_an_hour_of_rds_own(chosen: Plan) -> None:
    (rule,) = chosen["aws_backup_plan.this"]["rule"]
    minute, hour = map(int, re.findall(r"\d+", rule["schedule"])[:2])
    begins = f"{hour - 1:02}:{minute:02}-{hour + 1:02}:{minute:02}"
    database = chosen["aws_db_instance.this"]
    for window in (database["backup_window"], database["maintenance_window"]):
        assert not overlap(begins, window)
    assert chosen["aws_backup_selection.this"]["resources"] == [database["arn"]]


def test_the_firewall_stands_before_the_load_balancer_and_logs_what_it_stops(chosen: Plan) -> None:
    acl = chosen["aws_wafv2_web_acl.this[0]"]
    association = chosen["aws_wafv2_web_acl_association.this[0]"]
    assert (association["web_acl_arn"], association["resource_arn"]) == (
        acl["arn"],
        chosen["aws_lb.this"]["arn"],
    )
    logging = chosen["aws_wafv2_web_acl_logging_configuration.this[0]"]
    assert logging["log_destination_configs"] == [chosen["aws_cloudwatch_log_group.waf[0]"]["arn"]]


def test_the_proxy_speaks_tls_only(chosen: Plan) -> None:
    assert chosen["aws_db_proxy.this[0]"]["require_tls"]


def test_without_nat_there_are_the_endpoints_that_the_stack_needs(chosen: Plan) -> None:
    assert chosen.of("aws_nat_gateway") == []
    interfaces = [e for e in chosen.of("aws_vpc_endpoint") if e["vpc_endpoint_type"] == "Interface"]
    assert {e["service_name"].removeprefix(f"com.amazonaws.{REGION}.") for e in interfaces} >= {
        "ecr.api",
        "ecr.dkr",
        "kms",
        "logs",
        "ssm",
    }


def test_every_definition_runs_on_the_architecture_and_capacity_asked_for(chosen: Plan) -> None:
    for definition in chosen.of("aws_ecs_task_definition"):
        assert definition["runtime_platform"][0]["cpu_architecture"] == "ARM64"
    for strategy in chosen.of("aws_ecs_cluster_capacity_providers"):
        assert strategy["default_capacity_provider_strategy"][0]["capacity_provider"] == "FARGATE_SPOT"


def test_roots_have_their_files() -> None:
    for root in ("state", "bootstrap", "staging", "production"):
        names = {file.name for file in (INFRASTRUCTURE / root).iterdir()}
        assert {
            *("main.tf", "variables.tf", "outputs.tf", "versions.tf", "providers.tf", "README.md"),
            *(
                "terraform.tfvars.example",
                "terraform.tfbackend.example",
                ".terraform.lock.hcl",
                "policy.json",
            ),
        } <= names
    for file in INFRASTRUCTURE.rglob("variables.tf"):
        if ".terraform" not in file.parts:
            names = {other.name for other in file.parent.iterdir()}
            assert {"main.tf", "outputs.tf", "versions.tf", "README.md"} <= names, file.parent


def test_every_variable_example_is_one_of_the_roots_variables() -> None:
    for example in INFRASTRUCTURE.glob("*/terraform.tfvars.example"):
        declared = re.findall(r'^variable "(\w+)"', _variables(example.parent), re.MULTILINE)
        given = re.findall(r"^(?:# )?(\w+) += ", example.read_text(encoding="utf-8"), re.MULTILINE)
        assert given
        assert set(given) <= set(declared), example


def _variables(root: Path) -> str:
    return (root / "variables.tf").read_text(encoding="utf-8")
