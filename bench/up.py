"""A warm ``nestctl up`` to the served page against the bare ``terraform apply`` of the same roots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx

from bench.support import bare
from bench.support.bare import ENVIRONMENT, PROFILES, PROJECT, Terraform
from bench.support.bench import Bench
from bench.support.clouds import Cloud
from bench.support.figures import Figure, NoMeasurementError, alternate, ratio, seconds
from nestctl.runbook.context import STATE_KEY
from nestctl.runbook.view import make_view
from nestctl.settings.paths import INFRASTRUCTURE

LIMIT = 2.0
REPEATS = 1
"""A pair takes minutes, most of them Terraform's own waits, which are the same each time."""

UNRELEASED = {"lambda_function_name": None, "frontend_image_tag": "none", "frontend_desired_count": 0}
"""What nestctl's own first apply of the environment says too: nothing is built into a bare AWS yet."""


def measure(bench: Bench) -> list[Figure]:
    """Bring the site up in a new cloud and apply the roots in another; never both at once."""
    warm = bench.site()
    given = {root: bare.variables(warm, root) for root in bare.ROOTS}
    given[ENVIRONMENT] |= UNRELEASED
    warm.stop()
    turns = iter(range(2 * bench.times(REPEATS)))

    def nestctl() -> float:
        cloud = _fresh(bench, f"up-{next(turns)}")
        bench.tell("nestctl up on an empty local cloud")
        try:
            return seconds(lambda: _served(bench, cloud.nestctl("up")))
        finally:
            cloud.forget()

    def terraform() -> float:
        cloud = _fresh(bench, f"apply-{next(turns)}")
        bench.tell("terraform apply of the same roots on another empty local cloud")
        try:
            return _apply(bench, cloud, given)
        finally:
            cloud.forget()

    try:
        ours, other = alternate(nestctl, terraform, bench.times(REPEATS))
    finally:
        warm.start()
    return [ratio("up", "nestctl up to the served page : terraform apply of its roots", ours, other, LIMIT)]


def _fresh(bench: Bench, name: str) -> Cloud:
    cloud = bench.cloud(name)
    cloud.forget()
    cloud.start()
    return cloud


def _served(bench: Bench, done: dict[str, Any]) -> None:
    bench.tell(", ".join(f"{step['step']} {step['seconds']:.0f} s" for step in done["steps"]))
    address = done.get("site")
    if not address:
        raise NoMeasurementError("nestctl up names no site")
    page = httpx.get(address, timeout=60, follow_redirects=True)
    if page.status_code != httpx.codes.OK or "<html" not in page.text:
        raise NoMeasurementError(f"{address} serves no page")


def _apply(bench: Bench, cloud: Cloud, given: dict[str, dict[str, Any]]) -> float:
    """Return the seconds of the three applies; `init`, which is only done once, is not counted."""
    _make_user(cloud, PROFILES["state"])
    environ = cloud.variables()
    total = 0.0
    buckets: dict[str, str] = {}
    for root in bare.ROOTS:
        data = cloud.folder / "terraform" / root
        data.mkdir(parents=True)
        # The first state cannot lie in a bucket that it has yet to make.
        first = root == "state"
        folder = make_view(cloud.folder, root, links={}, texts={}) if first else INFRASTRUCTURE / root
        terraform = Terraform(folder, data, environ)
        terraform.run("init", "-input=false", "-lockfile=readonly", *_backend(root, buckets))
        file = data / "bench.tfvars.json"
        file.write_text(json.dumps(given[root]), encoding="utf-8")
        took = terraform.run("apply", "-auto-approve", "-input=false", f"-var-file={file}")
        bench.tell(f"terraform apply of {root} {took:.0f} s")
        total += took
        if root == "state":
            buckets = _buckets(terraform)
    return total


def _make_user(cloud: Cloud, name: str) -> None:
    """Make the IAM user whom the root ``state`` names in the policies of its keys, as the manual does.

    Without it, KMS refuses the policies.
    """
    cloud.client("iam").create_user(UserName=name)


def _buckets(terraform: Terraform) -> dict[str, str]:
    """Return the bucket of each other root's state, as the state root says."""
    found = json.loads(Path(terraform.folder / "terraform.tfstate").read_text(encoding="utf-8"))
    names = [
        resource["instances"][0]["attributes"]["bucket"]
        for resource in found["resources"]
        if resource["type"] == "aws_s3_bucket"
    ]
    return {
        root: next(name for name in names if name.startswith(f"{PROJECT}-state-{root}-"))
        for root in bare.ROOTS
        if root != "state"
    }


def _backend(root: str, buckets: dict[str, str]) -> list[str]:
    if root == "state":
        return []
    values = {"bucket": buckets[root], "key": STATE_KEY, "region": "us-east-1", "use_lockfile": "true"}
    return [f"-backend-config={name}={value}" for name, value in values.items()]
