"""Where functions and tasks write, and the command that shows it."""

from __future__ import annotations


def of_frontend(stack: str) -> str:
    """Return the log group of the frontend's tasks."""
    return f"/aws/ecs/{stack}/frontend"


def of_tasks(stack: str) -> str:
    """Return the log group of the backend's tasks."""
    return f"/aws/ecs/{stack}/tasks"


def of_function(stack: str) -> str:
    """Return the log group of the function."""
    return f"/aws/lambda/{stack}"


def command(group: str) -> str:
    """Return the command that shows the last lines of a log group."""
    return f"nestctl aws logs filter-log-events --log-group-name {group} --query 'events[-20:].message'"
