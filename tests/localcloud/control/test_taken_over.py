"""What parts by choice have made is found and taken over, when a state of yesterday does not know it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from nestctl.aws.inventory import Inventory
from nestctl.aws.session import Aws
from nestctl.localcloud import LocalCloud
from nestctl.runbook import adopt
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.terraform.root import Root

Client = Callable[[str], Any]
NAME = "taken-staging"
TAGS = {"Project": "taken", "Environment": "staging"}
URL = "https://token.actions.githubusercontent.com"
EMPTY_RULE = {"RuleName": "daily", "TargetBackupVaultName": NAME}
SEEN = {"cloudwatch_metrics_enabled": True, "metric_name": NAME, "sampled_requests_enabled": True}


@pytest.fixture(autouse=True)
def _here(running: LocalCloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.env()["AWS_ENDPOINT_URL"])
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test" * 5)


def tags(name: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in {**TAGS, "Name": name}.items()]


def wait_for(call: Callable[[], Any]) -> None:
    """Call until IAM knows the role that was just made."""
    for _ in range(100):
        try:
            call()
        except ClientError:
            time.sleep(0.1)
        else:
            return
    call()


def make(aws: Client) -> None:
    """Make what a run with every choice on makes, and what has nearly the same names."""
    trust = {"Effect": "Allow", "Principal": {"Service": "backup.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = aws("iam").create_role(RoleName=f"{NAME}-backup", AssumeRolePolicyDocument=document)
    backup = aws("backup")
    backup.create_backup_vault(BackupVaultName=NAME)
    plans = [
        backup.create_backup_plan(BackupPlan={"BackupPlanName": name, "Rules": [EMPTY_RULE]})
        for name in (NAME, f"{NAME}-2", NAME)
    ]
    chosen = {"SelectionName": NAME, "IamRoleArn": role["Role"]["Arn"], "Resources": ["*"]}
    wait_for(
        lambda: backup.create_backup_selection(BackupPlanId=plans[0]["BackupPlanId"], BackupSelection=chosen)
    )
    aws("budgets").create_budget(
        AccountId=aws("sts").get_caller_identity()["Account"],
        Budget={
            "BudgetName": f"{NAME}-monthly",
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "100.0", "Unit": "USD"},
        },
    )
    for name in (f"{NAME}-alarms-2", f"{NAME}-alarms"):
        aws("sns").create_topic(Name=name)
    for name in (f"{NAME}-2", NAME):
        aws("wafv2").create_web_acl(
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={
                "SampledRequestsEnabled": True,
                "CloudWatchMetricsEnabled": True,
                "MetricName": NAME,
            },
        )
    aws("iam").create_open_id_connect_provider(
        Url=URL, ClientIDList=["sts.amazonaws.com"], Tags=tags("taken-github")
    )
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    for name in (f"{NAME}-nat-2", f"{NAME}-nat"):
        ec2.run_instances(
            ImageId="ami-12345678",
            InstanceType="t4g.nano",
            SubnetId=subnet,
            MinCount=1,
            MaxCount=1,
            UserData="#!/bin/sh\n",
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags(name)}],
        )


def written(kind: str, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {kind: {"this": values}}


def resources(aws: Client) -> dict[str, Any]:
    """Return what the modules write, as far as an import looks at it."""
    (subnet,) = aws("ec2").describe_subnets(Filters=[{"Name": "cidr-block", "Values": ["10.8.0.0/24"]}])[
        "Subnets"
    ]
    role = aws("iam").get_role(RoleName=f"{NAME}-backup")["Role"]["Arn"]
    found = (
        written("aws_backup_vault", {"name": NAME}),
        written(
            "aws_backup_plan",
            {"name": NAME, "rule": {"rule_name": "daily", "target_vault_name": NAME}},
        ),
        written(
            "aws_backup_selection",
            {
                "name": NAME,
                "plan_id": "${aws_backup_plan.this.id}",
                "iam_role_arn": role,
                "resources": ["*"],
            },
        ),
        written(
            "aws_budgets_budget",
            {
                "name": f"{NAME}-monthly",
                "budget_type": "COST",
                "time_unit": "MONTHLY",
                "limit_amount": "100.0",
                "limit_unit": "USD",
            },
        ),
        written("aws_sns_topic", {"name": f"{NAME}-alarms"}),
        written(
            "aws_wafv2_web_acl",
            {"name": NAME, "scope": "REGIONAL", "default_action": {"allow": {}}, "visibility_config": SEEN},
        ),
        written(
            "aws_iam_openid_connect_provider",
            {"url": URL, "client_id_list": ["sts.amazonaws.com"], "tags": {"Name": "taken-github"}},
        ),
        written(
            "aws_instance",
            {
                "ami": "ami-newer",
                "instance_type": "t4g.nano",
                "subnet_id": subnet["SubnetId"],
                "user_data": "#!/bin/sh\n",
                "user_data_replace_on_change": True,
                "tags": {"Name": f"{NAME}-nat"},
                "lifecycle": {"ignore_changes": ["ami"]},
            },
        ),
    )
    return {kind: block for item in found for kind, block in item.items()}


def test_nothing_is_made_a_second_time(tmp_path: Path, running: LocalCloud, aws: Client) -> None:
    make(aws)
    wanted = resources(aws)
    root = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": ">= 5.100, < 7"}}},
        "provider": {"aws": {"default_tags": {"tags": TAGS}}},
        "resource": wanted,
    }
    (tmp_path / "main.tf.json").write_text(json.dumps(root), encoding="utf-8")
    lock = INFRASTRUCTURE / "staging" / ".terraform.lock.hcl"
    (tmp_path / lock.name).write_bytes(lock.read_bytes())

    inventory = Inventory(Aws("us-east-1"))
    plain = {
        kind: block["this"] | {"tags_all": TAGS | block["this"].get("tags", {})}
        for kind, block in wanted.items()
    }
    found = {
        kind: inventory.find(kind, values) for kind, values in plain.items() if kind != "aws_backup_selection"
    }
    # A selection can be looked up once its plan is taken over.
    chosen = plain["aws_backup_selection"] | {"plan_id": found["aws_backup_plan"]}
    found["aws_backup_selection"] = inventory.find("aws_backup_selection", chosen)
    missing = [kind for kind, import_id in found.items() if import_id is None]
    assert missing == []
    imports = {f"{kind}.this": str(import_id) for kind, import_id in found.items()}
    (tmp_path / "taken.tf").write_text(adopt.blocks(imports), encoding="utf-8")

    terraform = Root("taken", tmp_path, tmp_path / "data", running.env())
    planned = terraform.show(terraform.plan())["resource_changes"]
    assert {c["address"] for c in planned} == set(imports)
    # Taken over as it is, or with what differs set: nothing is made, nothing is made anew.
    assert {c["address"]: c["change"]["actions"] for c in planned if len(c["change"]["actions"]) > 1} == {}
    assert {action for c in planned for action in c["change"]["actions"]} <= {"no-op", "update"}
    assert all(c["change"].get("importing") for c in planned)


def test_what_another_project_has_is_left_to_it(aws: Client) -> None:
    """An account has one provider of GitHub's: taking it over would let a destroy here remove it there."""
    url = "https://gitlab.example.org"
    aws("iam").create_open_id_connect_provider(
        Url=url, ClientIDList=["sts.amazonaws.com"], Tags=[{"Key": "Project", "Value": "other"}]
    )

    def find(project: str) -> str | None:
        values = {"url": url, "tags_all": {"Project": project}}
        return Inventory(Aws("us-east-1")).find("aws_iam_openid_connect_provider", values)

    assert find("taken") is None
    assert str(find("other")).endswith(":oidc-provider/gitlab.example.org")
