"""What AWS refuses because it is too long, too large, of a wrong form, or about what is not there.

Most of it stands in AWS's models of requests (:mod:`models`); the rest in its user guides, a file here for
each kind. Words are AWS's where they are known.
"""

from __future__ import annotations

import importlib
import pkgutil

from nestctl.localcloud.control import replies
from nestctl.localcloud.control.limits import models, tags
from nestctl.localcloud.control.limits.documented import LIMITS
from nestctl.localcloud.control.types import Call, Reply

for _part in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_part.name)  # it registers its limits

SERVICES = {*models.SERVICES, *tags.SERVICES}


def judges(service: str, action: str) -> bool:
    """Whether a request is looked at, which needs its body: an object's is not read for nothing."""
    return service in SERVICES or (service, action) in LIMITS


def refusal(call: Call) -> Reply | None:
    """Answer a request that breaks a limit; ``None`` for all others."""
    for limit in LIMITS.get((call.service, call.action), ()):
        if (refused := limit(call)) is not None:
            return replies.error(call, *refused)
    if (refused := tags.problem(call)) is not None:
        return replies.error(call, *refused)
    problem = models.problem(call)
    return None if problem is None else replies.error(call, *problem)
