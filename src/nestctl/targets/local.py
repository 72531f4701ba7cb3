"""The target `local`: the local cloud is started, and its addresses are learnt."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nestctl.report import NestctlError
from nestctl.settings.folders import check_folder
from nestctl.settings.paths import CHECKOUT
from nestctl.settings.resolve import Settings
from nestctl.targets.base import Target

if TYPE_CHECKING:
    from nestctl.localcloud import LocalCloudError

FOREIGN = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_DEFAULT_PROFILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)
"""The user's real credentials must never reach a rehearsal, nor the rehearsal a real account."""

ONE_SERVICE = "AWS_ENDPOINT_URL_"
"""How variables begin that send one service elsewhere: they go before the local cloud's address."""


def check_state_folder() -> None:
    """Refuse a folder that the local cloud could not keep its state in.

    Raises:
        NestctlError: ``folder-unusable`` (exit status 2).
    """
    from nestctl.localcloud.layout import default_state_dir

    check_folder(default_state_dir(CHECKOUT), "NESTCTL_STATE_DIR")


def _state_folder(_: Settings) -> str:
    from nestctl.localcloud.layout import default_state_dir

    check_state_folder()
    return str(default_state_dir(CHECKOUT))


LOOKS = (("state folder", _state_folder),)
"""What the doctor looks at for this target besides all else."""


def reach(settings: Settings, progress: Callable[[str], None], *, start: bool = True) -> Target | None:
    """Return the local cloud as a target.

    Args:
        settings: The run's settings; only the region and the domain matter.
        progress: Told what happens.
        start: Start the cloud when it is stopped; otherwise ``None`` is returned then.

    Raises:
        NestctlError: ``local-cloud``: it does not start; ``folder-unusable``.
    """
    from nestctl.localcloud import LocalCloud, LocalCloudError

    check_folder(settings.work, "NESTCTL_WORK_DIR")
    check_state_folder()
    cloud = LocalCloud.at(CHECKOUT)
    try:
        if not start and not cloud.status().running:
            return None
        info = cloud.start(progress)
        environ = cloud.env()
        address, _, port = str(cloud.dns()["server"]).partition(":")
    except LocalCloudError as error:
        raise failure(error) from error
    region = str(settings.region.value)
    environ = {**environ, "AWS_REGION": region, "AWS_DEFAULT_REGION": region}
    for name in _misleading(os.environ):
        del os.environ[name]
    os.environ.update(environ)

    def reach_here(url: str) -> str:
        parts = urlsplit(url)
        if parts.hostname != settings.domain.value:
            return cloud.reach(url)
        site = cloud.status().info
        if site is None or site.site_url is None:
            return url
        return site.site_url.rstrip("/") + parts.path

    return Target(
        name="local",
        region=region,
        environ=environ,
        config_file=Path(info.aws_config_file),
        credentials_file=Path(info.aws_credentials_file),
        image_kind="process",
        reach=reach_here,
        authorities=cloud.authorities,
        nameserver=(address, int(port)),
        dns_advice="Set each record (nestctl local dns set NAME TYPE VALUE)",
    )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which AWS's own tools reach the local cloud, and it alone.

    Raises:
        NestctlError: ``local-cloud``: it is not running.
    """
    from nestctl.localcloud import LocalCloud, LocalCloudError

    try:
        found = LocalCloud.at(CHECKOUT).env()
    except LocalCloudError as error:
        raise failure(error) from error
    misleading = _misleading(environ)
    return {name: value for name, value in environ.items() if name not in misleading} | found


def _misleading(environ: Mapping[str, str]) -> set[str]:
    return {name for name in environ if name in FOREIGN or name.startswith(ONE_SERVICE)}


def failure(error: LocalCloudError) -> NestctlError:
    """Return a local-cloud failure in the shape of every other."""
    return NestctlError("local-cloud", "The local cloud cannot do that.", error.what, error.next)
