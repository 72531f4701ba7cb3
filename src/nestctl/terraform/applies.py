"""What an apply works on right now, from Terraform's messages."""

from __future__ import annotations

from nestctl.terraform.messages import Applying

VERBS = {"create": "creating", "update": "updating", "delete": "destroying", "replace": "replacing"}


class Applies:
    """The resources under way in one apply.

    Args:
        planned: Number of changes in its plan.
    """

    def __init__(self, planned: int) -> None:
        self._planned = max(1, planned)
        self._ended = 0
        self._running: dict[str, Applying] = {}

    def take(self, message: Applying) -> bool:
        """Note one message, and return whether what is shown may have changed."""
        if message.action == "read":
            return False
        if message.phase in ("start", "progress"):
            self._running[message.address] = message
        else:
            self._running.pop(message.address, None)
            self._ended += message.phase == "complete"
        return True

    @property
    def share(self) -> float:
        """How many of the changes are made, 0 to 1."""
        return min(1.0, self._ended / self._planned)

    def words(self) -> str:
        """Return one line on what is under way: what has taken longest, and how many others."""
        made = f"{min(self._ended, self._planned)} of {self._planned}"
        if not self._running:
            return f"{made} changes made"
        longest = max(self._running.values(), key=lambda message: message.seconds)
        verb = VERBS.get(longest.action, longest.action)
        others = len(self._running) - 1
        more = f" and {others} more" if others else ""
        return f"{made}: {verb} {short(longest.address)}{more}"


def short(address: str) -> str:
    """Return an address without the word ``module``: ``platform.database.aws_db_instance.this``."""
    return address.replace("module.", "")
