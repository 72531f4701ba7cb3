"""Production comes up with its default values, gets every choice, and loses it again; data and service stay.

It stands in another region than the suite's other sites, and has a small application: what is rehearsed is
what Terraform, AWS and nestctl make of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import knobs
import pytest
import small_applications
from visitors import ALL_IS_WELL, Visitors, page, page_of_the_certificate
from worlds import Done, World, steps_of

from nestctl.runbook.steps import STEPS

REGION = "us-west-2"
DOMAIN, OTHER_DOMAIN = "nest.owasp.org", "elsewhere.example.org"
BALANCER = f"load-balancer/{REGION}/nest-production-alb/443/https"
PARAMETERS = "/nest/production/"
TOKEN = "ghp_" + "set" * 12
SIZES = "[environments.production.sizes]"


@dataclass
class Production:
    """A site whose nest.toml changes.

    Attributes:
        world: Where it runs.
        runs: What each run said.
        facts: What was there after each run, by the run's name.
        refused: Plans of sizes that the site cannot have, by the changed size.
        visits: What visitors were answered during each later run.
        names: The names that they came by.
        orders: The numbers of the calls in which each action was carried out during each run.
    """

    world: World
    runs: dict[str, Done]
    facts: dict[str, dict[str, Any]]
    refused: dict[str, Done]
    visits: dict[str, list[str]]
    names: dict[str, set[str]]
    orders: dict[str, dict[str, list[int]]]

    def up(self, name: str) -> None:
        """Run, and note what is there then."""
        since = self.world.calls(0)["last"] if self.runs else 0
        self.names[name] = set()
        with Visitors(*(self.asks(name) if self.runs else ())) as visitors:
            self.runs[name] = self.world.nestctl("up", "--env", "production", "--json")
        self.visits[name] = visitors.seen
        self.orders[name] = {}
        for call in self.world.calls(since)["calls"]:
            self.orders[name].setdefault(call["action"], []).append(call["number"])
        self.facts[name] = look(self.world, self.runs[name].data["site"])

    def asks(self, name: str) -> list[Callable[[], str]]:
        """Return what visitors ask: the backend by the site's name, and a page that its server fills."""
        site = self.runs["default"].data["site"]
        port = self.world.nestctl("local", "status", "--json").data["ports"][BALANCER]
        return [
            lambda: page_of_the_certificate(f"{site}status/", port, self.names[name]),
            lambda: page(f"{site}projects"),
        ]


def written(sizes: dict[str, Any]) -> str:
    """Return sizes as TOML; an object in it is a table of one line."""
    return f"\n{SIZES}\n" + "".join(f"{name} = {toml(value)}\n" for name, value in sizes.items())


def toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + " }"
    return json.dumps(value)


def look(world: World, site: str) -> dict[str, Any]:
    """Return what AWS says of the parts, and what was kept."""
    rds, cache, ecs = (world.client(name) for name in ("rds", "elasticache", "ecs"))
    (instance,) = rds.describe_db_instances()["DBInstances"]
    (group,) = cache.describe_replication_groups()["ReplicationGroups"]
    members = [
        cache.describe_cache_clusters(CacheClusterId=m)["CacheClusters"][0] for m in group["MemberClusters"]
    ]
    (service,) = ecs.describe_services(
        cluster="nest-production-frontend-cluster", services=["nest-production-frontend-service"]
    )["services"]
    definition = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    tasks = [
        ecs.describe_task_definition(taskDefinition=f"nest-production-{task}")["taskDefinition"]
        for task in ("migrate", "load-data")
    ]
    platforms = {
        (each["runtimePlatform"]["cpuArchitecture"], each["containerDefinitions"][0]["image"].split(":")[-1])
        for each in (definition, *tasks)
    }
    (balancer,) = world.client("elbv2").describe_load_balancers()["LoadBalancers"]
    waf = world.client("wafv2")
    function = world.client("lambda").get_function_configuration(FunctionName="nest-production:live")
    scaling = world.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="ecs")
    parameters = world.parameters(PARAMETERS)
    with world.database(PARAMETERS) as connection:
        rows = connection.execute("SELECT to_regclass('kept')").fetchone()
        kept = connection.execute("SELECT word FROM kept").fetchall() if rows and rows[0] else []
    return {
        "alarms": len(world.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        "answers": [
            httpx.get(f"{site}{path}", timeout=60).status_code for path in ("", "projects", "status/")
        ],
        "backups": len(world.client("backup").list_backup_plans()["BackupPlansList"]),
        "budgets": len(world.client("budgets").describe_budgets(AccountId="000000000000").get("Budgets", [])),
        "cache": sorted({member["CacheNodeType"] for member in members}),
        "capacity": service["capacityProviderStrategy"][0]["capacityProvider"],
        "class": instance["DBInstanceClass"],
        "function": (function["MemorySize"], function["Timeout"]),
        "kept": kept,
        "members": len(members),
        "multi_az": instance["MultiAZ"],
        "parameters": parameters,
        "platforms": platforms,
        "proxies": len(rds.describe_db_proxies()["DBProxies"]),
        "retention": instance["BackupRetentionPeriod"],
        "scaling": [(item["MinCapacity"], item["MaxCapacity"]) for item in scaling["ScalableTargets"]],
        "schedules": len(world.client("scheduler").list_schedules()["Schedules"]),
        "storage": instance["AllocatedStorage"],
        "task": (definition["cpu"], definition["memory"]),
        "trails": len(world.client("cloudtrail").describe_trails()["trailList"]),
        "waf": "WebACL" in waf.get_web_acl_for_resource(ResourceArn=balancer["LoadBalancerArn"])
        if waf.list_web_acls(Scope="REGIONAL")["WebACLs"]
        else False,
    }


@pytest.fixture(scope="module")
def production(open_folder: Callable[[str], Path]) -> Iterator[Production]:
    """The site after the three runs."""
    folder = open_folder("production")
    app = small_applications.make(folder / "app", regions={"production": REGION})
    world = World(folder, app, REGION)
    manifest = app / "nest.toml"
    before = manifest.read_text(encoding="utf-8")
    assert SIZES not in before
    after = before
    for name, text in knobs.CHANGED.items():
        assert text in after, name
        after = after.replace(text, knobs.REPLACED[name], 1)
    moved = before.replace(f'domain = "{DOMAIN}"', f'domain = "{OTHER_DOMAIN}"')
    assert moved != before
    made = Production(world, {}, {}, {}, {}, {}, {})
    try:
        made.up("default")
        with world.database(PARAMETERS) as connection:
            connection.execute("CREATE TABLE kept (word text)")
            connection.execute("INSERT INTO kept VALUES ('row')")
        world.client("ssm").put_parameter(Name=f"{PARAMETERS}GITHUB_TOKEN", Value=TOKEN, Overwrite=True)
        manifest.write_text(after + written(knobs.ON), encoding="utf-8")
        made.up("on")
        manifest.write_text(moved + written(knobs.OFF), encoding="utf-8")
        made.up("off")
        for name, value in knobs.REFUSED.items():
            manifest.write_text(moved + written(knobs.OFF | {name: value[0]}), encoding="utf-8")
            made.refused[name] = world.nestctl(
                "plan", "production", "--env", "production", "--json", status=None
            )
        yield made
    finally:
        world.close()


GENERATED = ("DJANGO_DB_PASSWORD", "DJANGO_REDIS_AUTH_TOKEN", "DJANGO_SECRET_KEY", "NEXTAUTH_SECRET")
RUNS = ("default", "on", "off")


def test_production_comes_up_with_its_default_values(production: Production) -> None:
    outcomes = steps_of(production.runs["default"].data)
    assert list(outcomes) == ["local cloud", *(step.name for step in STEPS)]
    facts = production.facts["default"]
    assert facts["alarms"] > 0
    assert (facts["backups"], facts["proxies"], facts["waf"]) == (1, 0, False)
    assert (facts["class"], facts["multi_az"], facts["members"]) == ("db.m6g.large", True, 2)


@pytest.mark.parametrize("run", RUNS)
def test_the_site_answers_after_each_run(production: Production, run: str) -> None:
    assert production.facts[run]["answers"] == [200, 200, 200]


@pytest.mark.parametrize("run", ["on", "off"])
def test_the_site_answers_all_the_while(production: Production, run: str) -> None:
    """Two pages, both read from the database: by the load balancer, and by the frontend's server."""
    seen = production.visits[run]
    assert len(seen) > len(RUNS)
    assert set(seen) == {ALL_IS_WELL}, [answer for answer in seen if answer != ALL_IS_WELL]


def test_the_site_moves_to_another_domain_without_a_gap(production: Production) -> None:
    """The test above says that it answered to the name of its certificate at each moment."""
    assert production.names["on"] == {DOMAIN}
    assert production.names["off"] == {DOMAIN, OTHER_DOMAIN}


def test_a_database_proxy_goes_after_the_versions_that_use_it(production: Production) -> None:
    order = production.orders["off"]
    (deleted,) = order["DeleteDBProxy"]
    assert min(order["UpdateAlias"]) < deleted
    assert "DeleteDBProxy" not in production.orders["on"]


@pytest.mark.parametrize("run", RUNS)
def test_each_run_ends_with_an_empty_plan(production: Production, run: str) -> None:
    # The step `routes` plans again after it applied, and fails when that plan is not empty.
    assert set(steps_of(production.runs[run].data).values()) <= {"done", "changed"}


def test_what_was_asked_for_is_there(production: Production) -> None:
    wanted = {
        "backups": 1,
        "budgets": 1,
        "cache": ["cache.m6g.xlarge"],
        "capacity": "FARGATE_SPOT",
        "class": "db.m6g.xlarge",
        "function": (1536, 25),
        "members": 1,
        "multi_az": False,
        "proxies": 1,
        "retention": 14,
        "scaling": [(1, 3)],
        "schedules": 1,
        "storage": 150,
        "task": ("512", "3072"),
        "trails": 1,
        "waf": True,
    }
    facts = production.facts["on"]
    assert {name: facts[name] for name in wanted} == wanted
    assert facts["alarms"] > 0


def test_what_is_off_again_is_gone(production: Production) -> None:
    wanted = {
        "alarms": 0,
        "backups": 0,
        "budgets": 0,
        "cache": ["cache.t3.small"],
        "capacity": "FARGATE",
        "class": "db.m6g.large",
        "function": (1024, 30),
        "members": 2,
        "multi_az": True,
        "proxies": 0,
        "retention": 30,
        "scaling": [],
        "schedules": 0,
        "storage": 150,
        "task": ("1024", "2048"),
        "trails": 0,
        "waf": False,
    }
    facts = production.facts["off"]
    assert {name: facts[name] for name in wanted} == wanted


@pytest.mark.parametrize("run", ["on", "off"])
def test_data_and_values_are_kept(production: Production, run: str) -> None:
    facts, first = production.facts[run], production.facts["default"]["parameters"]
    assert facts["kept"] == [("row",)]
    assert facts["parameters"]["GITHUB_TOKEN"] == TOKEN
    values = facts["parameters"]
    assert {name: values[name] for name in GENERATED} == {name: first[name] for name in GENERATED}


def test_parameters_come_go_and_change(production: Production) -> None:
    on, off = production.facts["on"]["parameters"], production.facts["off"]["parameters"]
    assert on["NEW_ONE"] == "new"
    assert "RENAMED_TOKEN" in on
    assert "DJANGO_SLACK_BOT_TOKEN" not in on
    assert on["DJANGO_CSRF_TRUSTED_ORIGINS"] == "https://nest.owasp.org,https://other.example.org"
    assert off.keys() == production.facts["default"]["parameters"].keys()
    assert off["DJANGO_CSRF_TRUSTED_ORIGINS"] == f"https://{OTHER_DOMAIN}"
    hosts = off["DJANGO_ALLOWED_HOSTS"].split(",")
    assert (hosts[0], DOMAIN in hosts) == (OTHER_DOMAIN, False)


@pytest.mark.parametrize("run", RUNS)
def test_a_parameter_of_another_kind_keeps_its_value(production: Production, run: str) -> None:
    assert production.facts[run]["parameters"]["DJANGO_REDIS_USE_TLS"] == "true"


def test_another_architecture_has_images_of_its_own(production: Production) -> None:
    default, on, off = (production.facts[run]["platforms"] for run in RUNS)
    assert {cpu for cpu, _ in default} == {cpu for cpu, _ in off} == {"X86_64"}
    assert {cpu for cpu, _ in on} == {"ARM64"}
    assert {tag for _, tag in on} == {f"{tag}-arm64" for _, tag in default}


@pytest.mark.parametrize("name", knobs.REFUSED)
def test_what_cannot_be_changed_is_refused(production: Production, name: str) -> None:
    refused = production.refused[name]
    (error,) = refused.envelope["errors"]
    assert (refused.status, error["code"]) == (2, knobs.REFUSED[name][1])
