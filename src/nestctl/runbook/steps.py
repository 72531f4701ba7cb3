"""The runbook: every step of the manual, in the order in which they are carried out."""

from __future__ import annotations

from nestctl.runbook.backend import Backend
from nestctl.runbook.bootstrap import Bootstrap
from nestctl.runbook.certificate import Certificate, Validation
from nestctl.runbook.database import Index, Load, Migrate
from nestctl.runbook.doctor import Doctor
from nestctl.runbook.frontend import Frontend
from nestctl.runbook.images import Images
from nestctl.runbook.parameters import Secrets
from nestctl.runbook.platform import Platform
from nestctl.runbook.routes import Routes
from nestctl.runbook.site import Domain, Smoke
from nestctl.runbook.state import State
from nestctl.runbook.step import Step

STEPS: tuple[Step, ...] = (
    Doctor(),
    State(),
    Bootstrap(),
    Certificate(),
    Images(),
    Validation(),
    Platform(),
    Secrets(),
    Migrate(),
    Load(),
    Backend(),
    Routes(),
    Index(),
    Frontend(),
    Domain(),
    Smoke(),
)
