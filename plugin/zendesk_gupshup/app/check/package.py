"""All rules over one package. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from .assets import check_assets
from .manifest import check_manifest
from .requirements import check_requirements
from .rules import PackageProblem
from .source import PackagedFile
from .translations import check_translations

MANIFEST = "manifest.json"


def check_package(files: Iterable[PackagedFile]) -> tuple[PackageProblem, ...]:
    """Every problem, errors first, otherwise in the order of the files."""
    files = tuple(files)
    contents = {file.name: file.content for file in files if not file.is_link}
    found = [*_paths(files), *_contents(contents)]
    return tuple(sorted(found, key=lambda one: not one.is_error))


def _contents(contents: dict[str, bytes]) -> Iterator[PackageProblem]:
    if MANIFEST not in contents:
        nested = next((name for name in sorted(contents) if name.count("/") == 1 and name.endswith(f"/{MANIFEST}")), "")
        if nested:
            yield PackageProblem("nested_manifest", nested, values={"folder": nested.partition("/")[0]})
        else:
            yield PackageProblem("missing_manifest", MANIFEST)
        return
    manifest, problems = check_manifest(contents)
    yield from problems
    yield from check_translations(contents, manifest)
    yield from check_assets(contents, manifest)
    yield from check_requirements(contents)


def _paths(files: tuple[PackagedFile, ...]) -> Iterator[PackageProblem]:
    times = Counter(file.name for file in files)
    for name, count in times.items():
        if count > 1:
            yield PackageProblem("duplicate_file", name)
        parts = name.split("/")
        if ".." in parts or name.startswith("/") or "\\" in name or ":" in parts[0]:
            yield PackageProblem("unsafe_path", name)
        if parts[0] == "tmp" and len(parts) > 1:
            yield PackageProblem("tmp_folder", name)
    yield from (PackageProblem("symlink", file.name) for file in files if file.is_link)
