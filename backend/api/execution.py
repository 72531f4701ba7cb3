"""One GraphQL request, from its text to its answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from graphql import ExecutionResult, GraphQLError, execute_sync, parse, validate

from api import limits
from api.schema import SCHEMA

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

HIDDEN = "Something went wrong here. It has been logged; please try again later."


def run(request: HttpRequest, query: str, variables: dict[str, Any], operation: str | None) -> dict[str, Any]:
    """Answer ``query``: ``{"data": ...}`` with ``"errors"`` where there are any.

    What went wrong inside is logged and shown as ``HIDDEN``; errors of the caller are shown.
    """
    try:
        document = parse(query, max_tokens=limits.MAX_TOKENS)
        if errors := validate(SCHEMA, document, max_errors=20):
            return {"errors": [_formatted(error) for error in errors]}
        limits.check(document, variables)
    except GraphQLError as error:
        return {"errors": [_formatted(error)]}
    result = execute_sync(SCHEMA, document, context_value=request, variable_values=variables, operation_name=operation)
    return _answer(result)


def _answer(result: ExecutionResult) -> dict[str, Any]:
    answer: dict[str, Any] = {"data": result.data}
    if result.errors:
        answer["errors"] = [_formatted(error) for error in result.errors]
    return answer


def _formatted(error: GraphQLError) -> dict[str, Any]:
    formatted: dict[str, Any] = dict(error.formatted)
    cause = error.original_error
    if cause is not None and not isinstance(cause, GraphQLError):
        logger.error("A field failed: %s", error.path, exc_info=cause)
        formatted["message"] = HIDDEN
        formatted["extensions"] = {"code": "INTERNAL_SERVER_ERROR"}
    return formatted
