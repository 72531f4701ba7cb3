"""What the sources make. Whoever only plans or applies asks :mod:`nestctl.releases.running` instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from nestctl.build import backend as backend_build
from nestctl.build import frontend as frontend_build
from nestctl.build.backend import BackendBuild
from nestctl.build.frontend import FrontendBuild
from nestctl.build.sources import source_files
from nestctl.releases import commit
from nestctl.releases.commit import Commit
from nestctl.releases.tags import tag
from nestctl.settings.manifest import Manifest
from nestctl.settings.paths import MANIFEST

MIGRATION = re.compile(r"(?:.*/)?(?P<app>[^/]+)/migrations/(?P<name>\d[^/]*)\.py")
"""A file that Django takes for a migration, as ``makemigrations`` names it."""


@dataclass(frozen=True, eq=False)
class Built:
    """The release that the sources would make, as they were when it was first asked for; nothing is built.

    Attributes:
        app: The application's folder.
        manifest: Its nest.toml.
        builds: Folder of its builds.
        architecture: What its images are built for: X86_64 or ARM64.
    """

    app: Path
    manifest: Manifest
    builds: Path
    architecture: str

    @cached_property
    def backend(self) -> BackendBuild:
        """The backend's build."""
        return backend_build.describe(self.app, self.manifest.backend, self.builds)

    @cache  # noqa: B019 - it lives as long as its run
    def frontend(self, asset_prefix: str) -> FrontendBuild:
        """Return the frontend's build, which holds the address that static files are loaded from."""
        return frontend_build.describe(self.app, self.manifest.frontend, asset_prefix, self.builds)

    def migrations(self) -> tuple[str, ...]:
        """Return the names of the application's own migrations, in order: ``app.0001_initial``."""
        files = source_files(self.backend.source)
        found = (MIGRATION.fullmatch(path.as_posix()) for path in files)
        return tuple(sorted(f"{file['app']}.{file['name']}" for file in found if file))

    def commit(self) -> Commit:
        """Return the commit that the sources are of."""
        roots = (self.manifest.backend.root, self.manifest.frontend.root)
        return commit.of(self.app, *roots, MANIFEST)

    @property
    def backend_tag(self) -> str:
        """Tag of the backend's image."""
        return tag(self.backend.release, self.architecture)

    def frontend_tag(self, asset_prefix: str) -> str:
        """Return the tag of the frontend's image."""
        return tag(self.frontend(asset_prefix).release, self.architecture)
