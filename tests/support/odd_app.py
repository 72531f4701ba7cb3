"""A small Django application with every kind of source and dependency that packing has lost before."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pythons

from nestctl.build import application, backend
from nestctl.build.toolchain import base_environment, uv
from nestctl.settings.manifest import Backend

WSGI = "odd.wsgi.application"
VALUES: dict[str, str | list[str]] = {"lambda_runtime": "python3.12"}
LEFT_OUT = (
    *(
        "django/conf/locale/*/LC_MESSAGES",
        "django/contrib/*/locale",
        "django/contrib/admin",
        "django/contrib/admindocs",
    ),
    *("django/contrib/gis", "django/contrib/postgres", "django/contrib/auth", "django/db/backends/oracle"),
)
"""Parts of Django that the application does without, so that its tests take less time."""
OPTIONAL = {"ODD_REPORTS": "on"}
"""The setting that makes the application import by_path.integrations.boto3."""

PYPROJECT = """\
[project]
name = "odd"
version = "1"
requires-python = ">=3.11,<3.14"
dependencies = ["django>=5.2,<5.3", "by-path", "by-git", "by-index"]

[dependency-groups]
deploy = ["setuptools<81", "zappa==0.63.0"]
serve = ["gunicorn>=23"]

[tool.uv]
package = false
default-groups = []

[tool.uv.sources]
by-path = {{ path = "../libs/by path" }}
by-git = {{ git = "{git}" }}
by-index = {{ index = "flat" }}

[[tool.uv.index]]
name = "flat"
url = "{wheels}"
format = "flat"
explicit = true
"""

LIBRARY = """\
[build-system]
requires = ["hatchling>=1.27"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "1"
"""

SETTINGS = """\
import os

SECRET_KEY = "of-a-test"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "odd.urls"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2**20
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
USE_TZ = True
if os.environ.get("ODD_REPORTS"):
    import by_path.integrations.boto3
if words := os.environ.get("ODD_LOGS"):
    import logging

    LOGGING_CONFIG = None
    for name in ("botocore.parsers", "botocore.endpoint", "botocore.hooks", "urllib3.connectionpool"):
        logging.getLogger(name).debug("Response body: %s", words)
    logging.getLogger("odd").debug("at debug: %s", words)
    logging.getLogger("odd").info("the application may speak")
"""

VIEWS = '''\
import base64
import json

from django.http import HttpResponse, StreamingHttpResponse

HIDDEN = ("HTTP_X_", "HTTP_CONNECTION", "HTTP_ACCEPT_ENCODING", "HTTP_HOST", "HTTP_COOKIE")


def echo(request):
    """Answer what Django understood."""
    meta = {k: v for k, v in request.META.items() if k.startswith("HTTP_") and not k.startswith(HIDDEN)}
    files = {
        name: [(file.name, base64.b64encode(file.read()).decode()) for file in request.FILES.getlist(name)]
        for name in request.FILES
    }
    posted = {name: request.POST.getlist(name) for name in request.POST}
    try:
        body = base64.b64encode(request.body).decode()
    except Exception as error:
        body = type(error).__name__
    found = {
        "method": request.method,
        "path": request.path,
        "path_info": request.path_info,
        "get": {name: request.GET.getlist(name) for name in request.GET},
        "cookies": request.COOKIES,
        "post": posted,
        "files": files,
        "body": body,
        "type": request.META.get("CONTENT_TYPE", ""),
        "length": request.META.get("CONTENT_LENGTH", ""),
        "meta": meta,
        "secure": request.is_secure(),
        "uri": request.build_absolute_uri(request.path),
    }
    return HttpResponse(json.dumps(found), content_type="application/json")


def answer(request, kind):
    """Answer in one of several ways."""
    if kind == "cookies":
        response = HttpResponse("ok")
        for number in range(3):
            response.set_cookie(f"c{number}", f"v{number}", path="/")
        response.delete_cookie("old")
        return response
    if kind == "binary":
        return HttpResponse(bytes(range(256)), content_type="application/octet-stream")
    if kind == "latin":
        return HttpResponse("Käse".encode("latin-1"), content_type="text/plain; charset=iso-8859-1")
    if kind == "unicode":
        return HttpResponse("Grüße, 世界", content_type="text/plain; charset=utf-8")
    if kind == "json":
        return HttpResponse('{"a": "ü"}', content_type="application/json")
    if kind == "packed":
        return HttpResponse(b"\\x1f\\x8b not really", headers={"Content-Encoding": "gzip"})
    if kind == "stream":
        return StreamingHttpResponse(iter([b"one ", b"two"]))
    if kind == "empty":
        return HttpResponse(status=204)
    if kind == "moved":
        return HttpResponse(status=302, headers={"Location": "/a%20b?x=%26"})
    if kind == "teapot":
        return HttpResponse("short", status=418, reason="Odd")
    if kind == "several":
        response = HttpResponse("ok")
        response["Vary"] = "Cookie, Accept"
        response["X-Number"] = "1"
        return response
    raise RuntimeError(kind)
'''

URLS = """\
from django.urls import path, re_path

from odd.views import answer, echo

urlpatterns = [path("answer/<kind>", answer), re_path(r"^.*$", echo)]
"""

WSGI_FILE = """\
import os

import by_git
import by_index
import by_path
from django.core.wsgi import get_wsgi_application

from odd import shared
from odd.linked import deep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "odd.settings")
application = get_wsgi_application()
import odd.urls
"""


def make(folder: Path) -> Path:
    """Write the application and what it depends on, lock it, and return the folder of its backend."""
    root = folder / "app" / "backend"
    libs = folder / "app" / "libs"
    _write(
        libs / "by path",
        {
            "pyproject.toml": LIBRARY.format(name="by-path"),
            "by_path/__init__.py": "from by_path.tests import HELP\nfrom by_path.concurrent import pools\n",
            "by_path/tests/__init__.py": "HELP = 1\n",
            "by_path/concurrent/__init__.py": "",
            "by_path/concurrent/pools.py": "",
            "by_path/integrations/__init__.py": "",
            "by_path/integrations/boto3.py": "",
            "by_path/data/words.txt": "words",
            "by_path/data/packed.zip": "a zip",
            "by_path/data/native.h": "int x;",
            "by_path/locale/de/LC_MESSAGES/django.mo": "x",
            "by_path/py.typed": "",
        },
    )
    git = folder / "git"
    _write(
        git,
        {
            "pyproject.toml": LIBRARY.format(name="by-git"),
            "by_git/__init__.py": "",
            "by_git/bin/__init__.py": "",
        },
    )
    for words in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "x"],
    ):
        subprocess.run(["git", *words], cwd=git, check=True, capture_output=True)
    wheel(folder / "app" / "wheels", "by_index", {"by_index/__init__.py": "", "by_index/table.csv": "1,2"})
    _write(libs / "linked", {"__init__.py": "", "deep.py": "", "note.txt": "by a link"})
    _write(libs, {"shared.py": "WORD = 1\n"})
    _write(
        root,
        {
            "pyproject.toml": PYPROJECT.format(git=git.as_uri(), wheels=(folder / "app" / "wheels")),
            "manage.py": "",
            "odd/__init__.py": "",
            "odd/settings.py": SETTINGS,
            "odd/views.py": VIEWS,
            "odd/urls.py": URLS,
            "odd/wsgi.py": WSGI_FILE,
            "odd/bin/__init__.py": "",
            "odd/tests/__init__.py": "",
            "odd/templates/a page.html": "<p>",
            "package_info.json": "{}",
            "zappa_settings.template.json": json.dumps(poorest()),
        },
    )
    (root / "odd" / "shared.py").symlink_to("../../libs/shared.py")
    (root / "odd" / "linked").symlink_to(libs / "linked")
    subprocess.run([uv(), "lock", "-q", "--project", str(root)], check=True, env=base_environment())
    return root


def poorest() -> dict[str, dict[str, object]]:
    """Return the settings with which Zappa does its worst: names anywhere left out, and the level DEBUG."""
    return {
        "staging": {
            "project_name": "odd",
            "app_function": WSGI,
            "django_settings": "odd.settings",
            "runtime": "${lambda_runtime}",
            "aws_region": "us-east-1",
            "s3_bucket": "odd",
            "exclude": ["boto3", "tests", "data", "bin"],
            "exclude_glob": list(LEFT_OUT),
        }
    }


def wheel(folder: Path, name: str, files: dict[str, str], tag: str = "py3-none-any") -> Path:
    """Write a wheel by hand, as an index without hashes serves one."""
    info = f"{name}-1.dist-info"
    content = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    rows = [
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')},"
        f"{len(text.encode())}\n"
        for path, text in content.items()
    ]
    content[f"{info}/RECORD"] = "".join([*rows, f"{info}/RECORD,,\n"])
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"{name}-1-{tag}.whl"
    with zipfile.ZipFile(made, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return made


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Packed:
    root: Path
    build: backend.BackendBuild
    archive: Path
    image: dict[str, bytes]
    listed: application.Application

    def unpack(self, to: Path) -> Path:
        with zipfile.ZipFile(self.archive) as packed:
            packed.extractall(to)  # noqa: S202 - our own archive
        return to


def manifest(root: Path) -> Backend:
    found = {
        "root": root.name,
        "wsgi": WSGI,
        "paths": ["/*"],
        "image": {"dockerfile": "Dockerfile"},
        "python": pythons.for_the_odd_application(),
    }
    return Backend.model_validate(found)


def package(build: backend.BackendBuild, log: Path, settings: dict[str, str] | None = None) -> Path:
    wanted = OPTIONAL if settings is None else settings
    return backend.package(build, "staging", VALUES, log, lambda _: None, wsgi=WSGI, settings=wanted)


def pack(folder: Path) -> Packed:
    """Make the application, its archive and its image."""
    root = make(folder)
    build = backend.describe(root.parent, manifest(root), folder / "cache")
    log = folder / "build.log"
    made = package(build, log)
    image = backend.image(build, manifest(root), log, lambda _: None)
    files: dict[str, bytes] = {}
    for blob in image.blobs[1:]:
        with tarfile.open(fileobj=io.BytesIO(gzip.decompress(blob))) as layer:
            for member in layer.getmembers():
                content = layer.extractfile(member)
                assert content is not None, f"{member.name} is no file"
                files[member.name] = content.read()
    return Packed(root, build, made, files, backend.contents(build, "runtime", [], log))
