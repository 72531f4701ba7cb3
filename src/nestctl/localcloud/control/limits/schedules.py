"""EventBridge Scheduler: expressions that are none (its user guide, "Schedule types")."""

from __future__ import annotations

from nestctl.localcloud.control.limits.documented import limits
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call


@limits("scheduler", "CreateSchedule", "UpdateSchedule")
def expression(call: Call) -> Refused | None:
    """Refuse what is no rate, cron or point in time; nest.toml is held against the same rules."""
    # Only a call needs them: the local cloud starts without the manifest's rules.
    from nestctl.settings.rules import schedules

    given = call.params.get("ScheduleExpression")
    if not isinstance(given, str) or not 0 < len(given) <= schedules.LONGEST:
        return None  # the model says it
    before_time = given.startswith("at(") and given[3:7] < "1970"
    if not before_time and schedules.schedule_fault(given) is None:
        return None
    return Refused("ValidationException", f"Invalid Schedule Expression {given}.")
