"""The list of the manual's names, filled for one environment."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from nestctl.settings.resolve import Settings

LIST = Path(__file__).with_name("names.toml")


def load(settings: Settings) -> dict[str, Any]:
    """Return ``names.toml`` with its braces filled, in keys as in values."""
    with LIST.open("rb") as file:
        listed = tomllib.load(file)
    words = {"project": settings.project, "environment": settings.environment, "stack": settings.stack}
    filled: dict[str, Any] = _fill(listed, words)
    return filled


def _fill(value: Any, words: dict[str, str]) -> Any:
    match value:
        case str():
            for word, text in words.items():
                value = value.replace("{" + word + "}", text)
            return value
        case list():
            return [_fill(item, words) for item in value]
        case dict():
            return {_fill(key, words): _fill(item, words) for key, item in value.items()}
    return value


def count(names: dict[str, Any]) -> int:
    """Return how many names the list holds."""

    def leaves(value: Any) -> int:
        match value:
            case list():
                return sum(leaves(item) for item in value)
            case dict():
                return sum(leaves(item) for item in value.values())
        return 1

    return leaves(names)
