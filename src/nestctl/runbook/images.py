"""Chapter 4: build both images and the static files, and put them where AWS finds them."""

from __future__ import annotations

from dataclasses import dataclass

from nestctl.aws import registry, s3
from nestctl.build import backend as backend_build
from nestctl.build import frontend as frontend_build
from nestctl.report import NestctlError
from nestctl.runbook import stack
from nestctl.runbook.context import Context
from nestctl.runbook.step import Check, Tell, done, needed


@dataclass(frozen=True)
class Images:
    """Both repositories hold the present release; tags are made of the releases' names and never move."""

    name: str = "images"
    title: str = "images of backend and frontend, static files"
    needs: tuple[str, ...] = ("certificate",)

    def check(self, context: Context, tell: Tell) -> Check:
        """Done when the registry has both tags; the frontend's is pushed after its static files."""
        tell("asking the registry")
        backend, frontend = _releases(context)
        absent = [
            f"{repository}:{tag}"
            for repository, tag in ((_backend(context), backend), (_frontend(context), frontend))
            if not registry.has_tag(context.deployer, repository, tag)
        ]
        if absent:
            return needed("not pushed yet: " + ", ".join(absent), *(f"build and push {a}" for a in absent))
        return done(f"backend {backend}, frontend {frontend}", backend=backend, frontend=frontend)

    def apply(self, context: Context, tell: Tell) -> str:
        """Build and push what is absent."""
        if context.target.image_kind != "process":
            raise NestctlError(
                "images-container",
                "Building container images is not part of nestctl yet.",
                "This target runs real containers; nestctl can build images for the local cloud only.",
                "nestctl up --target local",
            )
        with context.building():
            return self._push(context, tell)

    def _push(self, context: Context, tell: Tell) -> str:
        pushed = []
        backend, frontend = _releases(context)
        if not registry.has_tag(context.deployer, _frontend(context), frontend):
            self._push_frontend(context, tell)
            pushed.append(f"frontend {frontend}")
        if not registry.has_tag(context.deployer, _backend(context), backend):
            build = context.built.backend
            image = backend_build.image(
                build,
                context.settings.manifest.backend,
                context.log("build"),
                tell,
                architecture=context.built.architecture,
            )
            _push(context, _backend(context), backend, image, tell)
            pushed.append(f"backend {backend}")
        return "pushed " + " and ".join(pushed)

    def verify(self, context: Context, tell: Tell) -> None:
        """Ask the registry again."""
        if self.check(context, tell).verdict != "done":
            raise NestctlError(
                "images-missing",
                "The registry does not list what was just pushed.",
                "The push ended well.",
                "Run the same command again.",
            )

    def _push_frontend(self, context: Context, tell: Tell) -> None:
        manifest = context.settings.manifest
        build = context.built.frontend(stack.asset_prefix(context))
        frontend_build.build(build, context.log("build"), tell)
        bucket = stack.outputs(context)["static_bucket_name"]
        there = s3.keys(context.deployer, bucket, "_next/static/")
        files = list(frontend_build.static_files(build))
        for number, (file, key, kind) in enumerate(files, 1):
            if key not in there:
                tell(f"uploading static file {number} of {len(files)}")
                s3.put(
                    context.deployer,
                    bucket,
                    key,
                    file,
                    content_type=kind,
                    cache_control=frontend_build.IMMUTABLE,
                )
        image = frontend_build.image(build, manifest.frontend, context.built.architecture)
        _push(context, _frontend(context), stack.frontend_image(context), image, tell)


def _releases(context: Context) -> tuple[str, str]:
    return context.built.backend_tag, stack.frontend_image(context)


def _backend(context: Context) -> str:
    return f"{context.stack}-backend"


def _frontend(context: Context) -> str:
    return f"{context.stack}-frontend"


def _push(context: Context, repository: str, tag: str, image: registry.Image, tell: Tell) -> None:
    registry.push(context.deployer, repository, tag, image, reach=context.target.reach, progress=tell)
