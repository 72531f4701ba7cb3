"""What runs, read from AWS; no source is looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nestctl.aws import functions, services, tasks
from nestctl.aws.session import Aws
from nestctl.releases.tags import NO_IMAGE


@dataclass(frozen=True)
class Running:
    """A site's release as AWS has it now: nothing is kept, since a run changes it.

    Attributes:
        aws: Identity that looks.
        stack: ``nest-staging``, which its function and its service are named after.
    """

    aws: Aws
    stack: str

    def frontend(self) -> services.Service | None:
        """Return the frontend's service; ``None`` before there is one."""
        return services.describe(self.aws, f"{self.stack}-frontend-cluster", f"{self.stack}-frontend-service")

    def has_function(self) -> bool:
        """Tell whether a version of the function is live."""
        return functions.alias_version(self.aws, self.stack) is not None

    def tasks_tag(self, definitions: Iterable[str]) -> str:
        """Return the tag of the image that tasks run; :data:`NO_IMAGE` before there is a task.

        Args:
            definitions: ARNs of the tasks' definitions.
        """
        for definition in definitions:
            if found := tasks.image_tag(self.aws, definition):
                return found
        return NO_IMAGE
