"""Every variable of an environment and every field of nest.toml is rehearsed, or has a reason."""

from __future__ import annotations

from typing import Any, get_args

import knobs
import pytest
from pydantic import BaseModel

from nestctl.settings.manifest import Manifest
from nestctl.settings.paths import CHECKOUT, INFRASTRUCTURE
from nestctl.settings.variables import declared

APART = {"parameters.added"}
"""Changes that are no change of a field."""


def models(annotation: Any) -> list[type[BaseModel]]:
    """Return the models that a field holds, itself, in a list or in a mapping."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for inner in get_args(annotation) for found in models(inner)]


def fields() -> set[str]:
    """Return the fields of nest.toml, two names deep."""
    found: set[str] = set()
    for name, field in Manifest.model_fields.items():
        held = models(field.annotation)
        inner = {f"{name}.{item}" for model in held for item in model.model_fields}
        found |= inner or {field.alias or name}
    return found


@pytest.mark.parametrize("root", ["staging", "production"])
def test_every_variable_is_rehearsed_or_has_a_reason(root: str) -> None:
    variables = set(declared(INFRASTRUCTURE / root))
    assert variables == set(knobs.ON) | set(knobs.ELSEWHERE)
    assert not set(knobs.ON) & set(knobs.ELSEWHERE)
    assert set(knobs.OFF) <= variables


def test_every_field_is_rehearsed_or_has_a_reason() -> None:
    assert (set(knobs.CHANGED) - APART) | set(knobs.FIXED) == fields()
    assert not set(knobs.CHANGED) & set(knobs.FIXED)


def test_every_reason_says_something() -> None:
    for name, reason in {**knobs.ELSEWHERE, **knobs.FIXED}.items():
        assert len(reason) > len("no"), name
        for word in reason.replace(",", " ").split():
            if word.startswith("tests/"):
                assert (CHECKOUT / word).exists(), f"{name}: {word}"


def test_no_size_of_the_first_run_is_the_default_of_production() -> None:
    """What is as by default would not be a change; two that are on by default are off in the second run."""
    variables = declared(INFRASTRUCTURE / "production")
    same = [name for name, value in knobs.ON.items() if variables[name].default == value]
    assert same == ["alarms_enabled", "cloudtrail_enabled"]
    assert not any(knobs.OFF[name] for name in same)


def test_every_change_of_nest_toml_changes_it() -> None:
    text = (CHECKOUT / "nest.toml").read_text(encoding="utf-8")
    assert set(knobs.CHANGED) == set(knobs.REPLACED)
    for name, old in knobs.CHANGED.items():
        assert old in text, name
        assert knobs.REPLACED[name] != old
