"""Classes of machines: RDS and ElastiCache run on EC2's, whose list botocore has."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from nestctl.settings.faults import Fault, nearest
from nestctl.settings.paths import INFRASTRUCTURE
from nestctl.settings.resolve import Settings
from nestctl.settings.variables import declared

CLASSES = {"db_instance_class": "db.", "cache_node_type": "cache."}
"""Variables that name a class, and how the class begins."""


def class_faults(settings: Settings) -> Iterator[Fault]:
    """Yield the classes of an environment that no machine of EC2 stands behind."""
    for name, prefix in CLASSES.items():
        wanted = settings.sizes.get(name)
        if not isinstance(wanted, str) or name not in declared(INFRASTRUCTURE / settings.environment):
            continue
        if wanted.removeprefix(prefix) not in types() or not wanted.startswith(prefix):
            known = [f"{prefix}{kind}" for kind in types()]
            yield Fault(
                ("environments", settings.environment, "sizes", name),
                f"AWS has no {wanted!r}{nearest(wanted, known)}",
            )


@cache
def types() -> frozenset[str]:
    """Return the instance types that the installed botocore knows."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("ec2", "service-2")
    return frozenset(model["shapes"]["InstanceType"]["enum"])
