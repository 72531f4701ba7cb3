"""Makes a site of the documents where they lie: the checkout is Sphinx's source folder.

Relative links between documents work on the forge and on the site alike; ``scripts/docs.py`` builds with
warnings as errors, so that a link or an anchor that leads nowhere fails.
"""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

project = "nestctl"
author = "the nestctl authors"
copyright = "the nestctl authors, MIT License"  # noqa: A001 - Sphinx's name
version = release = version_of("nestctl")

extensions = ["myst_parser"]
root_doc = "docs/site/index"
include_patterns = [
    "README.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "docs/**.md",
    "infrastructure/**/README.md",
    "backend/README.md",
    "backend/**/README.md",
    "frontend/README.md",
]
exclude_patterns = ["**/.terraform", "**/node_modules", "**/.venv"]

myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

html_theme = "furo"
html_title = "nestctl"
html_theme_options = {"navigation_with_keys": True}
html_copy_source = False
html_show_sphinx = False

# Pygments' lexer for HCL is older than ephemeral resources and splats; it goes on in relaxed mode.
suppress_warnings = ["misc.highlighting_failure"]

LINK = re.compile(r"(?<!!)\[([^\]\n]+)\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)")


def link_folders(app: Sphinx, document: str, source: list[str]) -> None:
    """Lead a link to a folder to its README, and make text of one to a folder that has none."""
    here = (Path(app.srcdir) / document).parent

    def replaced(link: re.Match[str]) -> str:
        text, target, anchor = link[1], link[2], link[3] or ""
        folder = (here / target).resolve()
        if not folder.is_dir():
            return link[0]
        return (
            f"[{text}]({target.rstrip('/')}/README.md{anchor})" if (folder / "README.md").is_file() else text
        )

    source[0] = LINK.sub(replaced, source[0])


def setup(app: Sphinx) -> None:
    """Connect what is above."""
    app.connect("source-read", link_folders)
