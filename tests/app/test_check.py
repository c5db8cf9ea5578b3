"""`app check` tells what Zendesk would refuse or warn about: every rule by a case, and the good by silence."""

from __future__ import annotations

import stat
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from support.app_packages import CASES, Files, good
from zendesk_gupshup.app.check import PackagedFile, PackageUnreadable, check_package, read_package
from zendesk_gupshup.app.check.rules import rules
from zendesk_gupshup.app.check.source import MOST_BYTES, MOST_FILES, read_zip


def found(files: Files) -> set[tuple[str, str, str]]:
    problems = check_package(PackagedFile(name, content) for name, content in files.items())
    assert all(str(problem) for problem in problems), "each can be worded"
    return {(problem.rule, problem.file, problem.key) for problem in problems}


def zipped(files: Files, *, links: tuple[str, ...] = ()) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
        for name in links:
            row = zipfile.ZipInfo(name)
            row.external_attr = (stat.S_IFLNK | 0o777) << 16
            archive.writestr(row, "/etc/passwd")
    return out.getvalue()


def written(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


@pytest.mark.parametrize("name", CASES)
def test_a_package_has_these_problems_and_no_other(name: str) -> None:
    files = good()
    CASES[name].change(files)
    assert found(files) == set(CASES[name].problems)


def test_a_good_package_has_none() -> None:
    assert found(good()) == set()


def test_every_rule_has_a_case() -> None:
    shown = {rule for case in CASES.values() for rule, _, _ in case.problems}
    assert set(rules()) - shown == {"symlink", "duplicate_file"}, "these two are in no dictionary of files; see below"


def test_errors_come_first() -> None:
    files = good()
    del files["assets/logo.png"]
    files["tmp/x"] = b""
    levels = [one.is_error for one in check_package(PackagedFile(*item) for item in files.items())]
    assert levels == [True, False]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        (
            "manifest: a typo in signedUrls",
            "manifest.json: signedUrl: unknown key, which Zendesk passes over in silence; write signedUrls",
        ),
        (
            "location: flexible in quotation marks",
            "manifest.json: location.support.ticket_sidebar.flexible: write true or false, without quotation marks",
        ),
        (
            "manifest: without frameworkVersion",
            'manifest.json: frameworkVersion: is missing; write "2.0"',
        ),
        (
            "translation: no name",
            "translations/en.json: app.name: is missing; Zendesk shows it in the list of apps",
        ),
        ("translation: a list", 'translations/en.json: holds no JSON object; write {"app": {"name": "..."}}'),
    ],
)
def test_a_problem_names_file_key_and_what_to_write(name: str, says: str) -> None:
    files = good()
    CASES[name].change(files)
    assert [str(one) for one in check_package(PackagedFile(*item) for item in files.items())] == [says]


# --- Folders and zips


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_folder_and_zip_are_read_alike(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "app"
    if kind == "zip":
        path.write_bytes(zipped(good()))
    else:
        written(good(), path)
    assert {file.name: file.content for file in read_package(path)} == good()


def test_a_link_in_a_folder_is_told_and_not_followed(tmp_path: Path) -> None:
    folder = written(good(), tmp_path / "app")
    (folder / "assets" / "a.js").symlink_to("/etc/passwd")
    (folder / "more").symlink_to(tmp_path)
    files = read_package(folder)
    assert {file.name: file.content for file in files if file.is_link} == {"assets/a.js": b"", "more": b""}
    assert {(one.rule, one.file) for one in check_package(files)} == {("symlink", "assets/a.js"), ("symlink", "more")}


def test_a_link_in_a_zip_is_told() -> None:
    problems = check_package(read_zip(zipped(good(), links=("assets/a.js",))))
    assert [(one.rule, one.file) for one in problems] == [("symlink", "assets/a.js")]


def test_a_file_that_stands_twice_in_a_zip_is_told() -> None:
    out = BytesIO(zipped(good()))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr("manifest.json", good()["manifest.json"])
    problems = check_package(read_zip(out.getvalue()))
    assert [(one.rule, one.file) for one in problems] == [("duplicate_file", "manifest.json")]


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"not a zip", zipped(good())[:-30], zipped(good())[:200] + b"\x00" * 400],
    ids=["empty", "a beginning", "text", "cut off", "spoilt"],
)
def test_what_is_no_zip_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "app.zip"
    path.write_bytes(content)
    with pytest.raises(PackageUnreadable, match=r"app\.zip: not a zip that can be read"):
        read_package(path)


def test_a_zip_that_unfolds_without_end_is_not_read_to_its_end() -> None:
    bomb = zipped({"assets/a.js": b"\x00" * (MOST_BYTES + 1)})
    assert len(bomb) < MOST_BYTES / 500
    with pytest.raises(PackageUnreadable, match="more than 2,000 files or 64 MB"):
        list(read_zip(bomb))


def test_a_folder_of_too_many_files_is_not_read_to_its_end(tmp_path: Path) -> None:
    for number in range(MOST_FILES + 1):
        (tmp_path / str(number)).touch()
    with pytest.raises(PackageUnreadable, match="is this the app's folder"):
        read_package(tmp_path)


def test_a_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageUnreadable, match="No such file"):
        read_package(tmp_path / "nowhere")
