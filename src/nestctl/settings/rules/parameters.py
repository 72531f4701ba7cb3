"""Parameters: which fields go together, and what Parameter Store takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from nestctl.report.words import counted
from nestctl.settings.faults import Fault
from nestctl.settings.rules.environment import taken
from nestctl.settings.rules.facts import FACTS, NONCE, filled_length, unknown
from nestctl.settings.rules.parts import Parts

if TYPE_CHECKING:
    from nestctl.settings.manifest import Parameter

LARGEST_VALUE = 4096
"""Characters of a standard parameter's value (Systems Manager, "Managing parameter tiers")."""

LONGEST_DESCRIPTION = 1024
"""Characters of a description (Systems Manager, ``PutParameter``)."""

USES = ("database_password", "cache_auth_token")


def faults(parts: Parts) -> Iterator[Fault]:
    """Yield what is wrong with parameters."""
    for name, parameter in parts.parameters.items():
        if what := taken(name):
            yield Fault(("parameters", name), f"the backend would read it as a variable: {what}")
        for field, what in _parameter(parameter):
            yield Fault(("parameters", name, field) if field else ("parameters", name), what)
    for use in USES:
        users = [name for name, parameter in parts.parameters.items() if parameter.use == use]
        if len(users) != 1:
            where = ("parameters", users[1], "use") if users else ("parameters",)
            yield Fault(where, f'exactly one parameter must have use = "{use}", and {len(users)} have it')


def _parameter(parameter: Parameter) -> Iterator[tuple[str, str]]:
    if (parameter.kind == "plain") != (parameter.value is not None):
        yield "", '`value` goes with kind = "plain", and with no other kind'
    if parameter.value is not None:
        yield from (("value", what) for what in _value(parameter.value))
    if parameter.use and parameter.kind != "generated":
        yield "use", '`use` goes with kind = "generated" only'
    if parameter.shape and parameter.kind != "secret":
        yield "shape", '`shape` goes with kind = "secret" only'
    if parameter.kind == "secret" and not parameter.without.strip():
        yield "", "a secret must say in `without` what does not work until it is set"
    if len(parameter.description) > LONGEST_DESCRIPTION:
        yield (
            "description",
            (
                f"it has {counted(len(parameter.description), 'character')}; "
                f"Parameter Store takes {LONGEST_DESCRIPTION:,}"
            ),
        )
    if len(set(parameter.services)) != len(parameter.services):
        yield "services", "a service is listed twice"


def _value(value: str) -> Iterator[str]:
    if not value:
        yield "it is empty; Parameter Store takes no empty value. Leave the parameter out"
    if what := unknown(value, FACTS | {NONCE}):
        yield what
    longest = filled_length(value, {})
    if longest > LARGEST_VALUE:
        yield (
            f"it has up to {longest:,} characters when its facts are filled in; "
            f"Parameter Store takes {LARGEST_VALUE:,}"
        )
    if "\0" in value:
        yield "it holds a null character"
