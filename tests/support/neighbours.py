"""Another application in an account that has one: its first steps, under way beside the first one's runs."""

from __future__ import annotations

import shutil
import time
from functools import cached_property
from pathlib import Path

from worlds import RUN_SECONDS, Done, World, builds_of, copy_app

UNTIL = "certificate"


def renamed(folder: Path, name: str) -> Path:
    """Copy the checkout's application under another project's name; nothing else tells it apart."""
    copy = copy_app(folder)
    manifest = copy / "nest.toml"
    text = manifest.read_text(encoding="utf-8")
    changed = text.replace('name = "nest"', f'name = "{name}"')
    assert changed != text
    manifest.write_text(changed, encoding="utf-8")
    return copy


def names(world: World) -> set[str]:
    """Return the names of what the first steps make."""
    s3, iam, ecr, kms = (world.client(service) for service in ("s3", "iam", "ecr", "kms"))
    return {
        *(f"bucket {item['Name']}" for item in s3.list_buckets()["Buckets"]),
        *(f"role {item['RoleName']}" for item in iam.list_roles()["Roles"]),
        *(f"user {item['UserName']}" for item in iam.list_users()["Users"]),
        *(f"repository {item['repositoryName']}" for item in ecr.describe_repositories()["repositories"]),
        *(f"key {item['AliasName']}" for item in kms.list_aliases()["Aliases"]),
    }


class Neighbour:
    """The other application's run; it begins at once.

    Args:
        folder: Of the world that has the first application.
        app: The other application.
    """

    def __init__(self, folder: Path, app: Path) -> None:
        self.world = World(folder, app)
        self.before = names(self.world)
        self._began = time.monotonic()
        self._process = self.world.start("up", "--until", UNTIL, "--json")

    @cached_property
    def run(self) -> Done:
        """How the run ended; it is waited for."""
        stdout, stderr = self._process.communicate(timeout=RUN_SECONDS)
        seconds = time.monotonic() - self._began
        done = Done(("up", "--until", UNTIL), self._process.returncode, stdout, stderr, seconds)
        assert done.status == 0, str(done)
        return done

    def close(self) -> None:
        """End the run if it is still under way, and remove what was built."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()
        assert self.world.app is not None
        shutil.rmtree(builds_of(self.world.app), ignore_errors=True)
