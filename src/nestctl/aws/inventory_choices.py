"""Finds what parts by choice have made: firewall, backups, budget, notices, NAT instance, GitHub's provider.

AWS refuses a second one of some of these names; of others it makes a second one, which then costs, counts or
saves twice. The import ids are those of the provider's documentation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Values = Mapping[str, Any]

ENDED = ("shutting-down", "terminated")


class Account(Protocol):
    """What is looked in."""

    @property
    def account_id(self) -> str:
        """Number of the account."""

    def rows(self, service: str, operation: str, field: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return all rows of a list; empty where AWS says there is no such thing."""


def web_acl(account: Account, values: Values) -> str | None:
    """Find a firewall: ``id/name/scope``."""
    name, scope = values["name"], values["scope"]
    for row in account.rows("wafv2", "list_web_acls", "WebACLs", Scope=scope, Limit=100):
        if row["Name"] == name:
            return f"{row['Id']}/{name}/{scope}"
    return None


def backup_vault(account: Account, values: Values) -> str | None:
    """Find a vault by its name."""
    rows = account.rows("backup", "list_backup_vaults", "BackupVaultList")
    return next((row["BackupVaultName"] for row in rows if row["BackupVaultName"] == values["name"]), None)


def backup_plan(account: Account, values: Values) -> str | None:
    """Find the oldest plan of a name: AWS takes several."""
    rows = account.rows("backup", "list_backup_plans", "BackupPlansList")
    named = [row for row in rows if row["BackupPlanName"] == values["name"]]
    return min(named, key=lambda row: row["CreationDate"])["BackupPlanId"] if named else None


def backup_selection(account: Account, values: Values) -> str | None:
    """Find a selection of a plan that is known: ``plan|selection``."""
    plan = values.get("plan_id")
    if not plan:
        return None
    rows = account.rows("backup", "list_backup_selections", "BackupSelectionsList", BackupPlanId=plan)
    named = (row["SelectionId"] for row in rows if row["SelectionName"] == values["name"])
    return next((f"{plan}|{selection}" for selection in named), None)


def budget(account: Account, values: Values) -> str | None:
    """Find a budget: ``account:name``."""
    rows = account.rows("budgets", "describe_budgets", "Budgets", AccountId=account.account_id)
    name = values["name"]
    return f"{account.account_id}:{name}" if any(row["BudgetName"] == name for row in rows) else None


def topic(account: Account, values: Values) -> str | None:
    """Find a topic by the end of its ARN: AWS refuses a second one with other tags."""
    rows = account.rows("sns", "list_topics", "Topics")
    ends = f":{values['name']}"
    return next((row["TopicArn"] for row in rows if row["TopicArn"].endswith(ends)), None)


def instance(account: Account, values: Values) -> str | None:
    """Find a NAT instance by its ``Name``: AWS would start another."""
    name = (values.get("tags_all") or values.get("tags") or {}).get("Name")
    if not name:
        return None
    wanted = [{"Name": "tag:Name", "Values": [name]}]
    reservations = account.rows("ec2", "describe_instances", "Reservations", Filters=wanted)
    found = (row for reservation in reservations for row in reservation["Instances"])
    return next((row["InstanceId"] for row in found if row["State"]["Name"] not in ENDED), None)


def proxy_target(account: Account, values: Values) -> str | None:
    """Find what a proxy leads to: ``proxy/group/type/identifier``."""
    proxy, group = values.get("db_proxy_name"), values.get("target_group_name") or "default"
    wanted = values.get("db_instance_identifier")
    rows = account.rows("rds", "describe_db_proxy_targets", "Targets", DBProxyName=proxy)
    there = any(row["Type"] == "RDS_INSTANCE" and row["RdsResourceId"] == wanted for row in rows)
    return f"{proxy}/{group}/RDS_INSTANCE/{wanted}" if there else None


def oidc_provider(account: Account, values: Values) -> str | None:
    """Find an identity provider by all its tags: an account has one of a URL, and it may be another's."""
    host = str(values["url"]).removeprefix("https://").rstrip("/")
    planned = values.get("tags_all") or values.get("tags") or {}
    for row in account.rows("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"):
        arn = row["Arn"]
        if not arn.endswith(f":oidc-provider/{host}"):
            continue
        tags = account.rows("iam", "get_open_id_connect_provider", "Tags", OpenIDConnectProviderArn=arn)
        if planned and planned.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
            return str(arn)
    return None
