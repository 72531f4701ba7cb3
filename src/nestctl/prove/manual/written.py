"""Names that lie in files: examples, templates, profiles, and what the manual's commands ask for."""

from __future__ import annotations

import itertools
import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase

from nestctl.prove.declarations import declarations
from nestctl.prove.manual.planned import Names, Roots, name_of
from nestctl.prove.manual.tree import Tree
from nestctl.prove.plan import Plan
from nestctl.prove.report import Finding

TEMPLATE = "backend/zappa_settings.template.json"


def files(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every file of the manual is in the checkout, or is made by hand and ignored by git."""
    del roots
    for name in names["files"]["there"]:
        if not tree.path(name).is_file():
            yield Finding(f"There is no {name}.", "Add it.", file=name)
    for name in names["files"]["ignored"]:
        if not tree.is_ignored(name):
            yield Finding(f"git does not ignore {name}.", "Name it in .gitignore.", file=".gitignore")


def backends(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Roots with a backend have an example with the manual's values."""
    del roots
    for root, values in names["backend"].items():
        file = f"infrastructure/{root}/terraform.tfbackend.example"
        given = dict(re.findall(r'^(\w+)\s*=\s*"([^"]*)"', tree.example(file), re.MULTILINE))
        for key, value in values.items():
            if not fnmatchcase(given.get(key, ""), value):
                yield Finding(f"{file} does not set {key} to {value}.", "Set it there.", file=file)


def profiles(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """The profiles stand in the environment's README, with the manual's keys."""
    del roots
    (environment,) = names["outputs"]
    file = f"infrastructure/{environment}/README.md"
    for profile, keys in names["profiles"].items():
        section = re.search(
            rf"^\[(?:profile )?{profile}\]\n((?:\w+ = .*\n)*)", tree.example(file), re.MULTILINE
        )
        if section is None:
            yield Finding(f"{file} does not show the profile {profile}.", "Show it there.", file=file)
            continue
        for key in keys:
            if f"{key} = " not in section[1]:
                yield Finding(f"The profile {profile} of {file} lacks {key}.", "Show it there.", file=file)


def builds(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """The template has the manual's placeholders, the frontend's build takes variables of its prefix."""
    del roots
    for name in names["zappa"]["placeholders"]:
        if "${" + name + "}" not in tree.text(TEMPLATE):
            yield Finding(f"{TEMPLATE} has no ${{{name}}}.", "Use it there.", file=TEMPLATE)
    file, prefix = "docker/frontend/Dockerfile", names["frontend"]["build_variables"]
    if not re.search(rf"^ARG {prefix}", tree.text(file), re.MULTILINE):
        yield Finding(f"{file} takes no variable {prefix}*.", "Declare it by ARG.", file=file)


def replaced(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """What goes by another name here is there by that name, and the manual's is used nowhere."""
    (environment,) = names["outputs"]
    for entry in names["replaced"]:
        name = entry["name"]
        if "file" in entry and not tree.path(entry["file"]).is_file():
            yield Finding(
                f"{name} is replaced by {entry['file']}, which is not there.", "Add it.", file=entry["file"]
            )
        if "variable" in entry:
            declared = {d.name for d in declarations(tree.path(f"infrastructure/{environment}"))}
            if entry["variable"] not in declared:
                file = f"infrastructure/{environment}/variables.tf"
                what = f"{name} is replaced by the variable {entry['variable']}, which is not there."
                yield Finding(what, "Declare it.", file=file)
        for block in roots[environment].blocks.values():
            if re.search(rf"\b{name}\b", block.text):
                yield Finding(
                    f"{name} is used although {entry['why']}.", "Take it out.", block.address, block.file
                )
        if f"[tool.{name}" in tree.text("backend/pyproject.toml"):
            file = "backend/pyproject.toml"
            yield Finding(f"{name} is used although {entry['why']}.", "Take it out.", file=file)


def commands(names: Names, roots: Roots, tree: Tree) -> Iterator[Finding]:
    """Every command of the manual finds what it names."""
    for group in names["commands"]:
        for line in group["run"]:
            words = shlex.split(line)
            check = PROGRAMS.get(words[0])
            if check is None:
                yield Finding(f"Nothing is known of the program {words[0]}.", "Write a check for it.")
                continue
            for missing, place in check(words[1:], group["folder"], Found(names, roots, tree)):
                yield Finding(f"`{line}` needs {missing}.", f"It belongs into {place}.", file=place)


class Found:
    """What commands may ask for."""

    def __init__(self, names: Names, roots: Roots, tree: Tree) -> None:
        (self.environment,) = names["outputs"]
        self.region: str = names["region"]
        self.roots, self.tree = roots, tree

    @property
    def plan(self) -> Plan:
        """Plan of the environment."""
        return self.roots[self.environment]

    def has(self, type_: str, pattern: str) -> bool:
        """Tell whether a resource of a type has a name."""
        return any(fnmatchcase(name_of(r), pattern) for r in self.plan.of(type_))


Missing = Iterator[tuple[str, str]]
"""What a command misses, and where it belongs."""


def _cp(words: list[str], folder: str, found: Found) -> Missing:
    source = f"{folder}/{words[0]}"
    if not found.tree.path(source).is_file():
        yield source, source


def _terraform(words: list[str], folder: str, found: Found) -> Missing:
    root = folder.rpartition("/")[2]
    place = f"{folder}/versions.tf"
    has_backend = 'backend "s3"' in found.tree.text(place)
    wants = any(word.startswith("-backend-config=") for word in words)
    if words[0] == "init" and has_backend != wants:
        yield ("a backend" if wants else "a root without a backend"), place
    if words[0] == "output" and set(words[1:]) - set(found.roots[root].outputs):
        yield f"the output {words[1]}", f"{folder}/outputs.tf"
    if root not in found.roots:
        yield f"the root {root}", folder


def _zappa(words: list[str], folder: str, found: Found) -> Missing:
    stages = json.loads(found.tree.text(f"{folder}/zappa_settings.template.json") or "{}")
    if words[1] not in stages:
        yield f"the stage {words[1]}", f"{folder}/zappa_settings.template.json"
    project = tomllib.loads(found.tree.text(f"{folder}/pyproject.toml"))
    needed = [item for group in project.get("dependency-groups", {}).values() for item in group]
    if not any(isinstance(item, str) and item.startswith("zappa") for item in needed):
        yield "Zappa", f"{folder}/pyproject.toml"


def _docker(words: list[str], folder: str, found: Found) -> Missing:
    del folder
    if words[0] == "build":
        dockerfile, context = words[words.index("-f") + 1], words[-1]
        for name in (dockerfile, context.rstrip("/")):
            if not found.tree.path(name).exists():
                yield name, name
    if words[0] == "login":
        return
    for word in words[1:]:
        image = re.fullmatch(r"(?:[\w.-]+/)?([a-z][a-z0-9-]*):latest", word)
        if image and not found.has("aws_ecr_repository", image[1]):
            yield f"the repository {image[1]}", "infrastructure/modules"


def _aws(words: list[str], folder: str, found: Found) -> Missing:
    del folder
    options = dict(itertools.pairwise(words))
    if options.get("--region", found.region) != found.plan.variables["aws_region"]:
        yield f"the region {found.region}", "nest.toml"
    if words[:2] == ["s3", "cp"]:
        _, _, source, target = words
        manifest = tomllib.loads(found.tree.text("nest.toml"))["backend"]
        if source != f"{manifest['root']}/{manifest.get('fixture')}":
            yield f"the fixture {source}", "nest.toml"
        bucket = target.removeprefix("s3://").split("/")[0].removesuffix("RANDOM_ID") + "*"
        if not found.has("aws_s3_bucket", bucket):
            yield f"the bucket {bucket}", "infrastructure/modules/storage"
    if words[:2] == ["ecs", "update-service"]:
        clusters = {str(r["id"]): name_of(r) for r in found.plan.of("aws_ecs_cluster")}
        pairs = {(clusters.get(str(r["cluster"])), name_of(r)) for r in found.plan.of("aws_ecs_service")}
        if (options["--cluster"], options["--service"]) not in pairs:
            yield f"the service {options['--service']} in its cluster", "infrastructure/modules/frontend"


PROGRAMS: dict[str, Callable[[list[str], str, Found], Missing]] = {
    "aws": _aws,
    "cp": _cp,
    "docker": _docker,
    "terraform": _terraform,
    "zappa": _zappa,
}

RULES = (files, backends, profiles, builds, replaced, commands)
