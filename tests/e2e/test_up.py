"""From nothing to a site, and the second run that finds nothing to do."""

from __future__ import annotations

import html
import json
import re
import shlex
import uuid
from pathlib import Path
from typing import Any

import httpx
import psutil
from worlds import World, copy_app, steps_of

from nestctl.cli.advice import COMMAND
from nestctl.runbook.steps import STEPS
from nestctl.settings.manifest import load_manifest
from nestctl.settings.paths import CHECKOUT

NAMES = [step.name for step in STEPS]
WORKING = {"state", "bootstrap", "certificate", "images", "platform", "secrets", "migrate", "load", "backend"}
FEWEST = 100
"""Projects, and chapters, that the fixture holds at least."""

READS = re.compile(r"^(Get|List|Describe|Head|BatchGet|Lookup)")
OF_WHAT_RUNS = {
    ("sts", "AssumeRole"),  # how Terraform gets its credentials
    ("lambda", "Invoke"),
    ("logs", "CreateLogStream"),  # functions and tasks write their logs whatever nestctl does
    ("logs", "PutLogEvents"),
}
LOCKS = {("s3", "PutObject"), ("s3", "DeleteObject")}
ROOTS = 3


def test_the_first_run_says_what_it_did(site: Any) -> None:
    found = site.first.envelope
    assert {name: found[name] for name in ("version", "command", "status", "exit_code", "errors")} == {
        "version": 1,
        "command": "up",
        "status": "ok",
        "exit_code": 0,
        "errors": [],
    }
    steps = steps_of(found["data"])
    assert list(steps) == ["local cloud", *NAMES]
    assert {step for step, outcome in steps.items() if outcome == "changed"} >= WORKING
    assert set(steps.values()) <= {"changed", "done"}
    assert all(step["reason"] and step["seconds"] >= 0 for step in found["data"]["steps"])


def test_it_names_the_secrets_that_only_people_have(site: Any) -> None:
    declared = load_manifest(CHECKOUT).parameters
    wanted = {name: entry.without for name, entry in declared.items() if entry.kind == "secret"}
    assert site.first.data["missing_secrets"] == wanted


def test_the_page_shows_rows_of_the_database(site: Any) -> None:
    with site.world.database(site.parameters) as connection:
        rows = dict(connection.execute("SELECT key, name FROM catalog_project").fetchall())
        chapters = connection.execute("SELECT count(*) FROM catalog_chapter").fetchone()
    assert len(rows) >= FEWEST
    assert chapters is not None
    assert chapters[0] >= FEWEST
    page = httpx.get(f"{site.url}projects", timeout=30)
    assert page.status_code == 200
    shown = dict(re.findall(r'<a href="/projects/([a-z0-9-]+)">([^<]+)</a>', page.text))
    assert len(shown) > 10
    assert {key: html.unescape(name) for key, name in shown.items()} == {key: rows[key] for key in shown}
    home = httpx.get(site.url, timeout=30)
    assert home.status_code == 200
    assert f"<dd>{len(rows)}</dd>" in home.text


def test_the_page_follows_the_database(site: Any) -> None:
    with site.world.database(site.parameters) as connection:
        key, name = connection.execute("SELECT key, name FROM catalog_project ORDER BY key").fetchone() or ()
        change = "UPDATE catalog_project SET name = %s WHERE key = %s"
        connection.execute(change, ("Renamed by a test", key))
        try:
            page = httpx.get(f"{site.url}projects/{key}", timeout=30)
        finally:
            connection.execute(change, (name, key))
    assert page.status_code == 200
    assert "<h1>Renamed by a test</h1>" in page.text


def test_the_second_run_changes_nothing_and_is_quick(site: Any) -> None:
    states = state_versions(site.world)
    number = site.world.calls(since=10**9)["last"]
    second = site.world.nestctl("up", "--json")
    calls = site.world.calls(since=number)["calls"]
    assert steps_of(second.data) == dict.fromkeys(["local cloud", *NAMES], "done")
    assert len(calls) > 100, "it looked at AWS, not at a file of its own"
    changing = [(c["service"], c["action"]) for c in calls if not READS.match(c["action"])]
    others = [call for call in changing if call not in OF_WHAT_RUNS | LOCKS]
    assert others == []
    # Each plan takes the lock of its state and gives it back; nothing else is put anywhere.
    taken, given = (sum(call == lock for call in changing) for lock in sorted(LOCKS, reverse=True))
    assert taken == given <= ROOTS
    assert state_versions(site.world) == states
    assert second.seconds < site.first.seconds / 3


def state_versions(world: World) -> dict[str, str]:
    """Return the present version of every object in the buckets of Terraform's state."""
    s3 = world.client("s3")
    buckets = [b["Name"] for b in s3.list_buckets()["Buckets"] if b["Name"].startswith("nest-state-")]
    found = {}
    for bucket in buckets:
        if "logs" not in bucket:
            for item in s3.list_object_versions(Bucket=bucket).get("Versions", []):
                if item["IsLatest"] and not item["Key"].endswith(".tflock"):
                    found[f"{bucket}/{item['Key']}"] = item["VersionId"]
    assert len(found) == ROOTS
    return found


def test_an_apply_changes_nothing_after_an_edit_with_nothing_built(site: Any, tmp_path: Path) -> None:
    """An apply is about what runs. That the other roots are as written is what the second run says."""
    app = copy_app(tmp_path / "app")
    for source in (app / "backend" / "manage.py", next((app / "frontend").rglob("page.tsx"))):
        source.write_text(source.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    found = site.world.nestctl("apply", "staging", "--yes", "--json", "--app", str(app)).data
    assert found == {"root": "staging", "summary": "no changes", "changes": [], "applied": None}


def test_the_release_is_recorded_once(site: Any) -> None:
    """The second run has run by now, and found it recorded."""
    s3 = site.world.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    (bucket,) = (name for name in names if name.startswith("nest-staging-zappa-"))
    (record,) = s3.list_objects_v2(Bucket=bucket, Prefix="releases/records/")["Contents"]
    found = json.loads(s3.get_object(Bucket=bucket, Key=record["Key"])["Body"].read())
    steps = {step["step"]: step for step in site.first.data["steps"]}
    assert record["Key"] == "releases/records/000001.json"
    assert found["backend"] in steps["backend"]["reason"]
    assert found["frontend"] in steps["frontend"]["reason"]
    assert steps["frontend"]["reason"].endswith("it is release 1")
    assert found["by"] == site.world.client("sts").get_caller_identity()["Arn"]
    assert "catalog.0001_extensions" in found["migrations"]


def test_the_lock_of_somebody_elses_dead_run_is_removed_as_told(site: Any) -> None:
    s3 = site.world.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    (bucket,) = (name for name in names if name.startswith("nest-state-state-"))
    lock = {"ID": str(uuid.uuid4()), "Operation": "OperationTypeApply", "Info": "", "Version": "1.11.4"}
    lock |= {"Who": "ann@elsewhere", "Created": "2026-01-01T00:00:00Z", "Path": f"{bucket}/terraform.tfstate"}
    s3.put_object(Bucket=bucket, Key="terraform.tfstate.tflock", Body=json.dumps(lock).encode())
    (error,) = site.world.nestctl("plan", "state", "--json", status=1).envelope["errors"]
    assert error["code"] == "terraform-lock"
    assert "ann@elsewhere" in error["what"]
    (command,) = COMMAND.findall(error["next"])
    site.world.nestctl(*shlex.split(command))
    assert site.world.nestctl("plan", "state", "--json").data["summary"] == "no changes"


def test_the_profile_leads_to_the_role_as_the_advised_command_shows(site: Any) -> None:
    done = site.world.nestctl("aws", "sts", "get-caller-identity", "--profile", "nest-staging")
    assert "assumed-role/nest-staging-terraform/" in json.loads(done.stdout)["Arn"]


def test_status_shows_every_step_done(site: Any) -> None:
    found = site.world.nestctl("status", "--json").data
    assert found["running"] is True
    assert steps_of(found) == dict.fromkeys(NAMES, "done")
    assert found["site"] == site.url


def test_the_doctor_tells_what_it_saw(site: Any) -> None:
    found = site.world.nestctl("doctor", "--json").data
    assert found["application"] == str(CHECKOUT)
    assert found["account"] == "000000000000"
    assert all(found.values())


def test_local_status_names_processes_that_live(site: Any) -> None:
    found = site.world.nestctl("local", "status", "--json").data
    assert found["running"] is True
    assert found["warnings"] == []
    assert found["info"]["site_url"].rstrip("/") == site.url.rstrip("/")
    assert found["info"]["state_dir"] == str(site.world.state)
    roles = " ".join(found["processes"].values())
    assert all(word in roles for word in ("PostgreSQL", "Valkey"))
    # A check of a container's health lives for a moment only.
    lasting = [pid for pid, role in found["processes"].items() if "health" not in role]
    assert all(psutil.pid_exists(int(pid)) for pid in [found["pid"], *lasting])
    assert any(public.startswith("https://nest-staging-alb") for public in found["addresses"])


def test_local_env_is_for_a_shell(site: Any) -> None:
    plain = site.world.nestctl("local", "env").stdout
    forgotten, *words = [shlex.split(line) for line in plain.splitlines()]
    assert forgotten[0] == "unset"
    assert {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} <= set(forgotten)
    assert all(word[0] == "export" and len(word) == 2 for word in words)
    exported = dict(word[1].split("=", 1) for word in words)
    assert exported == site.world.nestctl("local", "env", "--json").data
    assert exported["AWS_CONFIG_FILE"].startswith(str(site.world.state))


def test_a_wrong_step_is_refused_in_both_shapes(site: Any) -> None:
    refused = site.world.nestctl("up", "--until", "nowhere", "--json", status=2)
    (error,) = json.loads(refused.stdout)["errors"]
    assert error["code"] == "unknown-step"
    assert "nowhere" in refused.stderr
