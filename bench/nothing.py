"""``nestctl up`` with nothing to do against ``terraform plan`` of the same three roots."""

from __future__ import annotations

from bench.support.bare import ROOTS, as_nestctl_left_it, data_folder
from bench.support.bench import Bench
from bench.support.figures import Figure, NoMeasurementError, alternate, ratio, seconds

LIMIT = 1.5
REPEATS = 3


def measure(bench: Bench) -> list[Figure]:
    """Run both in turn on a site that is up; where anything is to be done, nothing is measured."""
    cloud = bench.site()
    bare = {root: as_nestctl_left_it(cloud, root) for root in ROOTS}

    def nothing_to_do() -> None:
        bench.tell("nestctl up with nothing to do")
        done = cloud.nestctl("up")
        busy = [step["step"] for step in done["steps"] if step["outcome"] != "done"]
        if busy:
            raise NoMeasurementError(f"there was something to do: {', '.join(busy)}")

    def plans() -> float:
        bench.tell("terraform plan of state, bootstrap and staging")
        # -detailed-exitcode: 0 means that the plan is empty, and 2 would fail here.
        return sum(
            bare[root].run(
                "plan",
                "-input=false",
                "-detailed-exitcode",
                f"-var-file={data_folder(cloud, root) / 'nestctl.tfvars.json'}",
            )
            for root in ROOTS
        )

    plans()
    ours, other = alternate(lambda: seconds(nothing_to_do), plans, bench.times(REPEATS))
    return [
        ratio("nothing", "nestctl up with nothing to do : terraform plan of its roots", ours, other, LIMIT)
    ]
