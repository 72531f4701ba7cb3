"""What the account knows and a request does not say."""

from __future__ import annotations

from typing import Protocol


class Facts(Protocol):
    """Answers questions about resources that a request refers to."""

    async def bucket_key(self, bucket: str) -> str:
        """ARN of the customer's key that encrypts a bucket; empty when there is none."""

    async def parameter_keys(self, name: str, *, below: bool) -> list[str]:
        """ARNs of the customer's keys of a parameter, or of all below a path."""

    def boundary(self, role: str) -> str:
        """ARN of a role's permissions boundary; empty when it has none."""

    async def task_roles(self, definition: str) -> list[str]:
        """ARNs of the roles of a task definition."""
