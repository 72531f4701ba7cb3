"""What the account knows and a request does not say."""

from __future__ import annotations

from typing import Protocol


class Facts(Protocol):
    """Answers questions about resources that a request refers to."""

    def bucket_key(self, bucket: str) -> str:
        """The customer's key that encrypts a bucket, as its configuration names it; empty without one."""

    def parameter_keys(
        self, name: str, *, below: bool, region: str, writing: bool = False
    ) -> list[tuple[str, str]]:
        """Names of parameters and the keys of their values, or for new ones: of one, or all below a path."""

    def secret_key(self, name: str, region: str, *, writing: bool = False) -> tuple[str, str]:
        """ARN of a secret and the key of its value, or for a new one; both empty when there is none."""

    def boundary(self, role: str) -> str:
        """ARN of a role's permissions boundary; empty when it has none."""

    async def task_roles(self, definition: str) -> list[str]:
        """ARNs of the roles of a task definition."""
