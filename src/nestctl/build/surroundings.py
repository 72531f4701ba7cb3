"""What of the caller's machine a build of the frontend may see: the way to the network, and nothing else.

Everything that a build depends on is in its sources or in nest.toml, and so in its digest. Two machines would
otherwise make two builds of one name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from nestctl.report import NestctlError, usage_error
from nestctl.settings.paths import home as home_folder

DOTENV = (".env", ".env.production", ".env.local", ".env.production.local")
"""Files that ``next build`` reads by itself (Next.js, "Environment Variables", load order in production)."""

ABOVE = ("node_modules", "package.json", "package-lock.json", ".browserslistrc", "babel.config.js")
"""What Node, Next and the tools under it look for in every folder above the one that they work in."""

NETWORK = (
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
"""Variables that say how the network is reached; proxies in small letters, too."""

ACCESS = re.compile(
    r"^(?:registry|@[^:]+:registry|//.*|_auth\w*|ca|cafile|cert|key|certfile|keyfile|proxy|https?-proxy|noproxy"
    r"|strict-ssl|cache|offline|prefer-offline|fetch-.*|maxsockets|local-address|email|always-auth)$"
)
"""Settings of npm that say where packages come from and who asks; the rest could change what is installed."""

PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where the shell and its tools are on every machine; Node stands before it."""


def refuse_undeclared(source: Path, work: Path) -> None:
    """Refuse what would enter a build without being part of its digest.

    Args:
        source: The frontend's folder.
        work: Folder that the build happens in.

    Raises:
        NestctlError: ``frontend-undeclared``.
    """
    if found := [name for name in DOTENV if (source / name).is_file()]:
        raise usage_error(
            "frontend-undeclared",
            f"{source / found[0]} is not part of a build: nest.toml does not declare what is in it.",
            "`next build` would read it, and copy it into the image.",
            "Write what the build needs into build_environment below [frontend] in nest.toml, secrets into "
            f"[parameters], and rename the file to .env.development.local, which `next dev` alone reads: "
            f"{source / found[0]}",
        )
    for folder in work.resolve().parents:
        if there := [name for name in ABOVE if (folder / name).exists()]:
            raise NestctlError(
                "frontend-undeclared",
                f"{folder / there[0]} would enter the frontend's build, and is no part of the application.",
                f"Node looks for it in every folder above {work}.",
                f"Move it away: {folder / there[0]}",
            )


def environment(node: Path, home: Path) -> dict[str, str]:
    """Return the variables of every build: the way to the network, and what is the same on every machine."""
    home.mkdir(parents=True, exist_ok=True)
    shown = {name: value for name, value in os.environ.items() if name.upper() in NETWORK or name == "TMPDIR"}
    return {
        **shown,
        "PATH": f"{node.parent}:{PATH}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "CI": "1",
        "NEXT_TELEMETRY_DISABLED": "1",
        "NO_UPDATE_NOTIFIER": "1",
        # Two files that are not there: npm refuses one and the same for both.
        "NPM_CONFIG_USERCONFIG": str(home / "user.npmrc"),
        "NPM_CONFIG_GLOBALCONFIG": str(home / "global.npmrc"),
        "NPM_CONFIG_CACHE": _cache(),
    }


def registry_access(folder: Path) -> dict[str, str]:
    """Return the variables that let npm reach the machine's registry as its owner does.

    Args:
        folder: Gets a file of npm's settings, readable by this user only, when the machine has any.
    """
    found = {name: value for name, value in os.environ.items() if _is_access(name)}
    lines = [line for file in _npmrcs() for line in access_lines(_text(file))]
    if lines:
        file = folder / "npmrc"
        file.touch(mode=0o600)
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        found["NPM_CONFIG_USERCONFIG"] = str(file)
        words = set(re.findall(r"\$\{(\w+)\??\}", "\n".join(lines)))
        found |= {name: os.environ[name] for name in words & set(os.environ)}
    return found


def access_lines(text: str) -> Iterator[str]:
    """Yield the lines of an npmrc that say where packages come from."""
    for line in text.splitlines():
        name = line.partition("=")[0].strip()
        if ACCESS.match(name.removesuffix("[]")):
            yield line.strip()


def declared(variables: Mapping[str, str]) -> list[str]:
    """Return variables as words for a digest."""
    return [f"{name}={value}" for name, value in sorted(variables.items())]


def _is_access(name: str) -> bool:
    lower = name.lower()
    return lower.startswith("npm_config_") and bool(
        ACCESS.match(lower[len("npm_config_") :].replace("_", "-"))
    )


def _npmrcs() -> list[Path]:
    settings = {name.lower(): value for name, value in os.environ.items()}
    named = [settings.get("npm_config_globalconfig"), settings.get("npm_config_userconfig")]
    own = [Path(named[1])] if named[1] else [home_folder() / ".npmrc"]
    return ([Path(named[0])] if named[0] else []) + own


def _cache() -> str:
    settings = {name.lower(): value for name, value in os.environ.items()}
    return settings.get("npm_config_cache") or str(home_folder() / ".npm")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
