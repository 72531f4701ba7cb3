"""Packages the Django application: Zappa's archive made smaller and precompiled, and the tasks' image."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import py_compile
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from nestctl import process
from nestctl.aws.registry import Image
from nestctl.build import process_image
from nestctl.build.sources import copy_sources, digest, source_files
from nestctl.build.toolchain import Interpreter, base_environment, make_environment, python, uv
from nestctl.report import NestctlError
from nestctl.settings.manifest import Backend

Value: TypeAlias = str | list[str]
"""What a placeholder of the settings template stands for."""

RECIPE = "4"
"""Raised when this file changes what a package holds, so that old ones are not taken for new ones."""

TEMPLATE = "zappa_settings.template.json"
NOT_PACKED = ("vpc_config", "tags", "role_arn", "s3_bucket")
"""Settings that Zappa reads when it deploys and does not write into the archive (its ``create_package``)."""

HANDLER = "handler.lambda_handler"
"""Entry point that Zappa writes into its archive."""

IN_LAMBDA = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What the managed Python runtimes bring (AWS Lambda Developer Guide, "Runtime-included SDK versions")."""

ZAPPA_AT_DEPLOY_TIME = ("cli.py", "core.py", "letsencrypt.py", "policies.py", "policies")
"""The modules of Zappa that its handler never imports."""

ZAPPA_NEEDS = {"zappa", "werkzeug", "markupsafe", "durationpy"}
"""Zappa's handler and what it imports beside the standard library and boto3."""

NEEDLESS = (
    # It holds the build's time and user: the same sources would give other bytes.
    "package_info.json",
    "bin",
    "*.dist-info/RECORD",
    *("**/tests", "**/__pycache__", "**/*.pyc", "**/*.pyi", "**/*.c", "**/*.h", "**/*.pxd", "**/py.typed"),
)
"""Files that no function reads."""

GENERATED = ("handler.py", "zappa_settings.py")
"""What Zappa writes at the archive's top; read by people when something goes wrong, like the application."""

LIMIT = 250 * 1024 * 1024
"""Bytes of an unzipped package (AWS Lambda quotas)."""

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold: the same content gives the same bytes."""


@dataclass(frozen=True)
class BackendBuild:
    """A build of the backend.

    Attributes:
        source: The application's folder.
        work: Folder for its virtual environment and package.
        release: Name of the build: tag of its image, key of its archive, description of its version.
        interpreter: The Python that packages it.
    """

    source: Path
    work: Path
    release: str
    interpreter: Interpreter

    def archive(self, stage: str, values: Mapping[str, Value]) -> Path:
        """Return where the finished Lambda archive lies; Zappa writes the settings into it.

        The same archive serves every account in which only what Zappa would deploy with differs.
        """
        filled = _filled(read_template(self.source / TEMPLATE), values)
        if not any(settings.get("slim_handler") for settings in filled.values()):  # which names its bucket
            for settings, name in itertools.product(filled.values(), NOT_PACKED):
                settings.pop(name, None)
        text = json.dumps([stage, filled], sort_keys=True)
        return self.work / f"{self.release}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.zip"


def describe(app: Path, backend: Backend, cache: Path) -> BackendBuild:
    """Return the build that the present sources would make; nothing is built."""
    source = app / backend.root
    interpreter = python()
    salt = (RECIPE, interpreter.version, backend.wsgi, *backend.image.groups)
    return BackendBuild(source, cache / "backend", digest(source, salt), interpreter)


def image(wanted: BackendBuild, backend: Backend, log: Path, progress: Callable[[str], None]) -> Image:
    """Return the process image that the tasks run."""
    progress("installing the backend's packages for the tasks")
    site = _site_packages(wanted, backend, log)
    code = [(wanted.source / path, f"app/{path.as_posix()}") for path in source_files(wanted.source)]
    layers = [
        process_image.layer(process_image.tree(site, "opt/site-packages")),
        process_image.layer(code),
    ]
    runtime = process_image.Runtime(
        working_dir="/app",
        command=["python", "manage.py", "check"],
        environment={
            "PYTHONPATH": f"{process_image.IMAGE_ROOT}/opt/site-packages",
            "PYTHONUNBUFFERED": "1",
            "NEST_RELEASE": wanted.release,
        },
        labels={"dev.nestctl.python": wanted.interpreter.version},
    )
    return process_image.assemble(layers, runtime)


def package(
    wanted: BackendBuild,
    stage: str,
    values: Mapping[str, Value],
    log: Path,
    progress: Callable[[str], None],
) -> Path:
    """Return the Lambda archive of this release, made by Zappa, then pruned and precompiled.

    Args:
        wanted: The build.
        stage: Zappa's stage; the environment.
        values: What the placeholders of the settings template stand for.
        log: Receives the tools' words.
        progress: Told what runs.

    Raises:
        NestctlError: ``zappa`` or ``package-size``.
    """
    archive_file = wanted.archive(stage, values)
    if archive_file.is_file():
        return archive_file
    progress("installing the backend's packages (uv sync)")
    environment = wanted.work / "venv"
    make_environment(wanted.source, environment, ["deploy"], log)
    folder = wanted.work / "package"
    copy_sources(wanted.source, folder)
    fill_settings(wanted.source / TEMPLATE, folder / "zappa_settings.json", values)
    progress("packaging the backend (zappa package)")
    raw = folder / "zappa.zip"
    process.run(
        [str(environment / "bin" / "zappa"), "package", stage, "-o", raw.name],
        cwd=folder,
        env={
            **base_environment(),
            "VIRTUAL_ENV": str(environment),
            "PATH": f"{environment / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}",
        },
        log=log,
        code="zappa",
        what="Zappa could not package the backend.",
        next_="Correct the cause, then run the same command again.",
    )
    progress("pruning and precompiling the package")
    content = wanted.work / "content"
    shutil.rmtree(content, ignore_errors=True)
    with zipfile.ZipFile(raw) as archive:
        archive.extractall(content)
    prune(content, _runtime_distributions(wanted, log))
    quicken(content / "handler.py")
    precompile(content, wanted.interpreter)
    drop_sources(
        content, wanted.interpreter, {*source_files(wanted.source), *(Path(name) for name in GENERATED)}
    )
    size = sum(path.stat().st_size for path in content.rglob("*") if path.is_file())
    if size > LIMIT:
        raise NestctlError(
            "package-size",
            f"The backend's package is {size / 2**20:.0f} MiB unzipped; Lambda takes 250.",
            "The largest folders:\n" + _largest(content),
            "Move what the function does not need into a dependency group of its own.",
        )
    _zip(content, archive_file)
    shutil.rmtree(content)
    raw.unlink()
    return archive_file


def fill_settings(template: Path, to: Path, values: Mapping[str, Value]) -> None:
    """Write Zappa's settings from the template.

    A string that is nothing but a placeholder takes the value as it is, so a list stays one.

    Raises:
        NestctlError: ``zappa-template`` when it holds a placeholder that nothing fills, or is no JSON.
    """
    text = template.read_text(encoding="utf-8")
    if unknown := set(re.findall(r"\$\{(\w+)\}", text)) - set(values):
        raise NestctlError(
            "zappa-template",
            f"{template} has placeholders that nothing fills: {', '.join(sorted(unknown))}.",
            f"Known ones: {', '.join(sorted(values))}.",
            f"Edit {template}",
        )
    to.write_text(json.dumps(_filled(read_template(template), values), indent=2), encoding="utf-8")


def read_template(template: Path) -> Any:
    """Return the settings template as an object.

    Raises:
        NestctlError: ``zappa-template`` when it is no JSON.
    """
    try:
        return json.loads(template.read_text(encoding="utf-8"))
    except ValueError as error:
        raise NestctlError(
            "zappa-template", f"{template} is not valid JSON.", str(error), f"Edit {template}"
        ) from error


def lambda_environment(source: Path, stage: str) -> dict[str, str]:
    """Return the variables that the settings template wants in the function's own configuration.

    Zappa writes ``environment_variables`` into the archive and sets only these on the function.
    """
    settings = read_template(source / TEMPLATE)
    found: dict[str, str] = {}
    name: str | None = stage
    while name:
        values = settings.get(name, {})
        found = {**values.get("aws_environment_variables", {}), **found}
        name = values.get("extends")
    return found


def prune(content: Path, keep: set[str]) -> None:
    """Remove from an unpacked archive what the function never imports.

    Args:
        content: The unpacked archive.
        keep: Normalised names of the distributions that the application runs with.
    """
    needed = keep | ZAPPA_NEEDS
    for info in list(content.glob("*.dist-info")):
        if normalised(info.name.removesuffix(".dist-info").rsplit("-", 1)[0]) not in needed:
            _uninstall(content, info)
    for name in IN_LAMBDA:
        for path in [content / name, content / f"{name}.py", *content.glob(f"{name}-*.dist-info")]:
            _remove(path)
    for name in ZAPPA_AT_DEPLOY_TIME:
        _remove(content / "zappa" / name)
    for pattern in NEEDLESS:
        for path in list(content.glob(pattern)):
            _remove(path)
    _remove_empty_folders(content)


def quicken(handler: Path) -> None:
    """Let no garbage be looked for while the handler and the application load: all that is made stays.

    What is there then is left out of every later search, as `gc.freeze` is meant for.
    """
    text = handler.read_text(encoding="utf-8")
    handler.write_text(f"import gc\n\ngc.disable()\n{text}\ngc.freeze()\ngc.enable()\n", encoding="utf-8")


def precompile(content: Path, interpreter: Interpreter) -> None:
    """Put an unchecked-hash .pyc beside every module: in Lambda no file time matches."""
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH.name.lower().replace("_", "-")
    subprocess.run(
        [
            *(str(interpreter.path), "-m", "compileall", "-q", "-j", "0"),
            *("--invalidation-mode", mode, "-s", str(content), str(content)),
        ],
        check=False,
        capture_output=True,
    )


def drop_sources(content: Path, interpreter: Interpreter, keep: set[Path]) -> None:
    """Leave of every compiled library only what Python loads: half its size, and nothing is looked at twice.

    What could not be compiled stays as it is, and so does the application, whose lines errors are shown with.

    Args:
        content: The unpacked and compiled archive.
        interpreter: The Python that compiled it; no other can load what stays.
        keep: Modules below ``content`` whose source stays.
    """
    tag = f"cpython-{interpreter.version.replace('.', '')}"
    for source in list(content.rglob("*.py")):
        compiled = source.parent / "__pycache__" / f"{source.stem}.{tag}.pyc"
        if source.relative_to(content) not in keep and compiled.is_file():
            compiled.replace(source.with_suffix(".pyc"))
            source.unlink()
    _remove_empty_folders(content)


def _filled(node: Any, values: Mapping[str, Value]) -> Any:
    if isinstance(node, dict):
        return {key: _filled(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_filled(value, values) for value in node]
    if not isinstance(node, str):
        return node
    if whole := re.fullmatch(r"\$\{(\w+)\}", node):
        return values[whole[1]]
    return re.sub(r"\$\{(\w+)\}", lambda found: str(values[found[1]]), node)


def normalised(name: str) -> str:
    """Return a distribution's name as PEP 503 writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


# ---------------------------------------------------------------------- inside


def _uninstall(content: Path, info: Path) -> None:
    for line in (info / "RECORD").read_text(encoding="utf-8").splitlines():
        path = (content / line.split(",")[0]).resolve()
        if path.is_relative_to(content.resolve()):
            path.unlink(missing_ok=True)
    shutil.rmtree(info, ignore_errors=True)


def _export(wanted: BackendBuild, groups: list[str], log: Path) -> str:
    argv = [uv(), "export", "--frozen", "--no-default-groups", "--no-emit-project", "--no-header"]
    argv += ["--project", str(wanted.source), "--quiet", *(f"--group={group}" for group in groups)]
    return process.run(
        argv,
        cwd=wanted.source,
        env=base_environment(),
        log=log,
        code="dependencies",
        what="The backend's lock file could not be read.",
        next_=f"uv lock --project {wanted.source}",
    )


def _runtime_distributions(wanted: BackendBuild, log: Path) -> set[str]:
    text = _export(wanted, [], log)
    return {normalised(name) for name in re.findall(r"^([A-Za-z0-9_.-]+)==", text, re.MULTILINE)}


def _site_packages(wanted: BackendBuild, backend: Backend, log: Path) -> Path:
    requirements = _export(wanted, backend.image.groups, log)
    site = wanted.work / "site-packages"
    stamp = wanted.work / "site-packages.txt"
    described = f"{wanted.interpreter.version}\n{requirements}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == described:
        return site
    stamp.unlink(missing_ok=True)
    shutil.rmtree(site, ignore_errors=True)
    wanted.work.mkdir(parents=True, exist_ok=True)
    file = wanted.work / "requirements.txt"
    file.write_text(requirements, encoding="utf-8")
    argv = [uv(), "pip", "install", "--quiet", "--require-hashes", "--no-deps", "--target", str(site)]
    process.run(
        [*argv, "--python", str(wanted.interpreter.path), "--requirements", str(file)],
        cwd=wanted.work,
        env=base_environment(),
        log=log,
        code="dependencies",
        what="The backend's packages could not be installed.",
        next_="Check the network, then run the same command again.",
    )
    stamp.write_text(described, encoding="utf-8")
    return site


def _zip(content: Path, to: Path) -> None:
    partial = to.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(content.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(content).as_posix(), EPOCH)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = (path.stat().st_mode & 0o777 | 0o444) << 16
                archive.writestr(entry, path.read_bytes())
    partial.replace(to)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _remove_empty_folders(root: Path) -> None:
    for folder in sorted((p for p in root.rglob("*") if p.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()


def _largest(content: Path, count: int = 5) -> str:
    sizes = {
        path.name: sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())
        for path in content.iterdir()
        if path.is_dir()
    }
    largest = sorted(sizes, key=lambda name: -sizes[name])[:count]
    return "\n".join(f"  {name}: {sizes[name] / 2**20:.0f} MiB" for name in largest)
