"""The backend's package, and its cold start, against what plain Zappa makes of the same application."""

from __future__ import annotations

import json
import os
import sys
import zipfile
from pathlib import Path

from bench.support.bench import Bench
from bench.support.clouds import run
from bench.support.figures import Figure, alternate, ratio
from bench.support.functions import AT_IMPORT, Functions
from nestctl.build.sources import copy_sources
from nestctl.build.toolchain import base_environment, make_environment
from nestctl.build.zappa import HANDLER
from nestctl.settings.paths import CHECKOUT

LIMIT = 0.5
REPEATS = 5
BACKEND = CHECKOUT / "backend"

STAGE = "staging"
EXCLUDED = ["boto3", "dateutil", "botocore", "s3transfer", "concurrent"]
"""What ``zappa init`` of 0.63 excludes (its ``DEFAULT_EXCLUDES``)."""


def measure(bench: Bench) -> list[Figure]:
    """Package with both, compare what is unzipped, then start both from cold in turn in the local cloud."""
    functions = Functions(bench.site())
    folder = bench.work / "package"
    folder.mkdir(exist_ok=True)
    archive = folder / "nestctl.zip"
    archive.write_bytes(functions.live_archive())
    plain = plain_zappa(bench, folder)
    size = ratio(
        "package-size",
        "the package unzipped : plain Zappa's",
        [float(unzipped(archive))],
        [float(unzipped(plain))],
        LIMIT,
    )
    # What plain Zappa deploys has none of the variables that nestctl's template adds to the function.
    ours = functions.make("nest-bench-nestctl", archive, handler=HANDLER)
    other = functions.make("nest-bench-zappa", plain, handler=HANDLER, without=(AT_IMPORT,))

    def cold(name: str, without: tuple[str, ...] = ()) -> float:
        functions.chill(name, without)
        return functions.status(name)

    try:
        bench.tell("cold starts in turn; the first of each, which unzips, does not count")
        cold(ours)
        cold(other, (AT_IMPORT,))
        a, b = alternate(lambda: cold(ours), lambda: cold(other, (AT_IMPORT,)), bench.times(REPEATS))
    finally:
        functions.remove(ours)
        functions.remove(other)
    start = ratio("cold-start", "cold start to the first database answer : plain Zappa's", a, b, LIMIT)
    return [size, start]


def plain_zappa(bench: Bench, folder: Path) -> Path:
    """Package the same sources and requirements with Zappa alone, as its own ``init`` sets it up."""
    bench.tell("packaging with plain Zappa")
    source, environment = folder / "source", folder / "venv"
    copy_sources(BACKEND, source)
    make_environment(BACKEND, environment, ["deploy"], folder / "build.log")
    template = json.loads((BACKEND / "zappa_settings.template.json").read_text(encoding="utf-8"))
    # Zappa sets a string for a placeholder too; the function's own variables win over none of these.
    settings = {
        "project_name": "nest",
        "django_settings": template[STAGE]["django_settings"],
        "aws_region": "us-east-1",
        "runtime": f"python{sys.version_info[0]}.{sys.version_info[1]}",
        "s3_bucket": "nest-bench",
        "exclude": EXCLUDED,
    }
    (source / "zappa_settings.json").write_text(json.dumps({STAGE: settings}), encoding="utf-8")
    (source / "zappa_settings.template.json").unlink()
    env = {
        **base_environment(),
        "VIRTUAL_ENV": str(environment),
        "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    run([str(environment / "bin" / "zappa"), "package", STAGE, "-o", "plain.zip"], env, source)
    return source / "plain.zip"


def unzipped(archive: Path) -> int:
    """Return the bytes of an archive's files when unzipped, which is what Lambda's quota counts."""
    with zipfile.ZipFile(archive) as opened:
        return sum(entry.file_size for entry in opened.infolist())
