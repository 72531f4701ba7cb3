"""Every name of the deployment manual is there after a real apply."""

from __future__ import annotations

import configparser
import json
from collections.abc import Callable
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import pytest
from account import rows

from nestctl.prove.manual import listing
from nestctl.settings.resolve import resolve

Client = Callable[[str], Any]
NAMES = listing.load(resolve(environment="staging"))

LISTED: dict[str, Callable[[Client], list[str]]] = {
    "aws_vpc": lambda client: tags(rows(client("ec2"), "describe_vpcs", "Vpcs")),
    "aws_security_group": lambda client: column(
        client, "ec2", "describe_security_groups", "SecurityGroups", "GroupName"
    ),
    "aws_db_instance": lambda client: column(
        client, "rds", "describe_db_instances", "DBInstances", "DBInstanceIdentifier"
    ),
    "aws_lb": lambda client: column(
        client, "elbv2", "describe_load_balancers", "LoadBalancers", "LoadBalancerName"
    ),
    "aws_ecs_cluster": lambda client: ends(rows(client("ecs"), "list_clusters", "clusterArns")),
    "aws_ecs_service": lambda client: ends(
        rows(client("ecs"), "list_services", "serviceArns", cluster="nest-staging-frontend-cluster")
    ),
    "aws_ecs_task_definition": lambda client: rows(
        client("ecs"), "list_task_definition_families", "families", status="ACTIVE"
    ),
    "aws_ecr_repository": lambda client: column(
        client, "ecr", "describe_repositories", "repositories", "repositoryName"
    ),
    "aws_iam_role": lambda client: column(client, "iam", "list_roles", "Roles", "RoleName"),
    "aws_s3_bucket": lambda client: column(client, "s3", "list_buckets", "Buckets", "Name"),
}
"""How the names of each type are asked for."""


def column(client: Client, service: str, operation: str, field: str, key: str) -> list[str]:
    return [row[key] for row in rows(client(service), operation, field)]


def tags(found: list[dict[str, Any]]) -> list[str]:
    return [tag["Value"] for row in found for tag in row.get("Tags", []) if tag["Key"] == "Name"]


def ends(arns: list[str]) -> list[str]:
    return [arn.rpartition("/")[2] for arn in arns]


@pytest.fixture(scope="module")
def client(site: Any) -> Client:
    """Clients of the site's AWS, each made once."""
    return cache(site.world.client)


@pytest.fixture(scope="module")
def outputs(client: Client) -> dict[str, dict[str, Any]]:
    """What `terraform output` of each root says, from the states that it would read."""
    s3 = client("s3")
    found = {}
    for bucket in column(client, "s3", "list_buckets", "Buckets", "Name"):
        if bucket.startswith(("nest-state-state-", "nest-state-bootstrap-", "nest-state-staging-")):
            state = json.loads(s3.get_object(Bucket=bucket, Key="terraform.tfstate")["Body"].read())
            found[bucket.split("-")[2]] = {k: v["value"] for k, v in state["outputs"].items()}
    return found


@pytest.mark.parametrize("name", NAMES["outputs"]["staging"])
def test_the_output_has_a_value(outputs: dict[str, dict[str, Any]], name: str) -> None:
    assert outputs["staging"][name]


def test_outputs_name_the_buckets_of_states(client: Client, outputs: dict[str, dict[str, Any]]) -> None:
    there = column(client, "s3", "list_buckets", "Buckets", "Name")
    found = outputs["state"]
    assert found["bootstrap_bucket_names"]["staging"] in there
    assert found["environment_bucket_names"]["staging"] in there


def test_every_parameter_is_there(site: Any, client: Client, outputs: dict[str, dict[str, Any]]) -> None:
    values = site.world.parameters(NAMES["path"])
    assert set(NAMES["parameters"]["set_by_people"]) <= set(values)
    for name, path in NAMES["parameters"]["addresses"].items():
        assert values[name] == outputs["staging"]["lambda_function_url"] + path
    described = rows(client("ssm"), "describe_parameters", "Parameters")
    kinds = {row["Name"]: (row["Type"], bool(row.get("KeyId"))) for row in described}
    assert {kinds[NAMES["path"] + name] for name in values} == {("SecureString", True)}


@pytest.mark.parametrize(
    "listed", NAMES["resources"], ids=[f"{listed['type']} {listed['name']}" for listed in NAMES["resources"]]
)
def test_the_resource_has_its_name(client: Client, listed: dict[str, str]) -> None:
    there = LISTED[listed["type"]](client)
    assert [name for name in there if fnmatchcase(name, listed["name"])], there


@pytest.mark.parametrize("user", NAMES["users"])
def test_the_user_has_its_policy_and_a_key(client: Client, user: str) -> None:
    iam = client("iam")
    attached = iam.list_attached_user_policies(UserName=user)["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in attached] == [user]
    assert iam.list_user_policies(UserName=user)["PolicyNames"] == []
    assert len(iam.list_access_keys(UserName=user)["AccessKeyMetadata"]) == 1


@pytest.mark.parametrize("profile", NAMES["profiles"])
def test_the_profile_has_its_keys(site: Any, profile: str) -> None:
    env = site.world.nestctl("local", "env", "--json").data
    found: dict[str, str] = {}
    for variable, section in (
        ("AWS_SHARED_CREDENTIALS_FILE", profile),
        ("AWS_CONFIG_FILE", f"profile {profile}"),
    ):
        parser = configparser.RawConfigParser(default_section="")
        parser.read(env[variable], encoding="utf-8")
        found |= dict(parser[section]) if parser.has_section(section) else {}
    assert set(NAMES["profiles"][profile]) <= set(found)
    if "role_arn" in found:
        assert found["role_arn"].endswith(":role/nest-staging-terraform")
        assert found["source_profile"] == "nest-staging-identity"


def test_the_function_and_its_address_are_there(client: Client, outputs: dict[str, dict[str, Any]]) -> None:
    name = NAMES["values"]["staging"]["lambda_function_name"]
    functions = client("lambda")
    assert name in column(client, "lambda", "list_functions", "Functions", "FunctionName")
    url = functions.get_function_url_config(FunctionName=name, Qualifier="live")["FunctionUrl"]
    assert url.rstrip("/") == outputs["staging"]["lambda_function_url"]


def test_the_load_balancer_answers_under_its_name(client: Client, outputs: dict[str, dict[str, Any]]) -> None:
    assert outputs["staging"]["alb_dns_name"].startswith("nest-staging-alb-")
    (record,) = outputs["staging"]["acm_certificate_domain_validation_options"]
    assert record["resource_record_type"] == "CNAME"
    assert record["domain_name"] == NAMES["values"]["staging"]["domain_name"]
    assert client("elbv2").describe_load_balancers(Names=["nest-staging-alb"])["LoadBalancers"]
