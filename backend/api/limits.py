"""What a query may cost, decided before any of it runs.

The work of a query is the number of values it can return: a list counts for as many items as its
``limit`` allows, times the fields asked of each. Depth is bounded as well, by graphql-core's own
rule for introspection and by ``MAX_DEPTH`` for everything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLError
from graphql.language import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql.language import DocumentNode, SelectionSetNode

MAX_LIMIT: Final = 100
MAX_OFFSET: Final = 10_000
MAX_QUERY_LENGTH: Final = 200
MAX_TOKENS: Final = 1_000
MAX_DEPTH: Final = 8
MAX_COST: Final = 3_000

# Mirrors the defaults in schema.graphql; a test compares them.
DEFAULT_LIMITS: Final[Mapping[str, int]] = {"projects": 24, "chapters": 24, "search": 10, "similar": 6}


def bad_input(message: str) -> GraphQLError:
    """An error that is the caller's to mend; its text is shown."""
    return GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})


def checked_limit(limit: int | None) -> int:
    """``limit`` where it is allowed.

    Raises:
        GraphQLError: it is not.
    """
    if limit is None or not 1 <= limit <= MAX_LIMIT:
        raise bad_input(f"limit must be between 1 and {MAX_LIMIT}, not {limit}. Ask for further items with offset.")
    return limit


def checked_offset(offset: int | None) -> int:
    """``offset`` where it is allowed.

    Raises:
        GraphQLError: it is not.
    """
    if offset is None or not 0 <= offset <= MAX_OFFSET:
        raise bad_input(f"offset must be between 0 and {MAX_OFFSET}, not {offset}.")
    return offset


def checked_text(name: str, value: str | None) -> str:
    """``value`` where it is short enough and something PostgreSQL can take.

    Raises:
        GraphQLError: it is not.
    """
    text = value or ""
    if len(text) > MAX_QUERY_LENGTH:
        raise bad_input(f"{name} must have at most {MAX_QUERY_LENGTH} characters, not {len(text)}.")
    if "\0" in text:
        raise bad_input(f"{name} must not hold a null character.")
    return text


def check(document: DocumentNode, variables: Mapping[str, Any]) -> None:
    """Refuse a valid document whose work or depth is too great.

    Raises:
        GraphQLError: saying which, how much it was and what is allowed.
    """
    fragments = {node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)}
    measure = _Measure(fragments, variables)
    for node in document.definitions:
        if isinstance(node, OperationDefinitionNode):
            defaults = {
                definition.variable.name.value: int(definition.default_value.value)
                for definition in node.variable_definitions or ()
                if isinstance(definition.default_value, IntValueNode)
            }
            measure.variables = {**defaults, **variables}
            cost = measure.cost(node.selection_set, 1)
            if cost > MAX_COST:
                raise bad_input(f"This query may return {cost} values; {MAX_COST} are allowed. Lower its limits.")


class _Measure:
    """Walks a document; fragments have no cycles, since validation came first."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode], variables: Mapping[str, Any]) -> None:
        self.fragments = fragments
        self.variables = variables

    def cost(self, selection: SelectionSetNode | None, depth: int) -> int:
        """The number of values ``selection`` can return, at most a little more than allowed."""
        if selection is None:
            return 0
        total = 0
        for node in selection.selections:
            if isinstance(node, FieldNode):
                total += self._field(node, depth)
            elif isinstance(node, InlineFragmentNode):
                total += self.cost(node.selection_set, depth)
            elif isinstance(node, FragmentSpreadNode):
                total += self.cost(self.fragments[node.name.value].selection_set, depth)
            if total > MAX_COST:
                break
        return total

    def _field(self, node: FieldNode, depth: int) -> int:
        name = node.name.value
        if name.startswith("__"):
            return 1
        if depth > MAX_DEPTH:
            raise bad_input(f"This query is nested deeper than the {MAX_DEPTH} levels that are allowed.")
        inner = self.cost(node.selection_set, depth + 1)
        return 1 + inner * (self._limit(node) if name in DEFAULT_LIMITS else 1)

    def _limit(self, node: FieldNode) -> int:
        limit: Any = DEFAULT_LIMITS[node.name.value]
        for argument in node.arguments:
            if argument.name.value == "limit":
                if isinstance(argument.value, IntValueNode):
                    limit = int(argument.value.value)
                elif isinstance(argument.value, VariableNode):
                    limit = self.variables.get(argument.value.name.value, limit)
        # A wrong one is refused by its resolver; here it only must not make the query cheap.
        return min(max(limit, 1), MAX_LIMIT) if isinstance(limit, int) else MAX_LIMIT
