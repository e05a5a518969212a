from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.errors import InputError
from fairlead.doors.paths import Paths, find_root
from tests.fakes.repository import write_files

FILES = {
    "environments.yaml": "",
    "apps/apps.yaml": "",
    "apps/m/b.yaml": "",
    "apps/m/a.yml": "",
    "apps/m/c.json": "",
    "apps/m/README.md": "",
    "apps/m/.hidden.yaml": "",
    "apps/m/deep/d.yaml": "",
    "apps/m/deep/er/e.yaml": "",
    "apps/empty/": "",
    "charts/shop/Chart.yaml": "",
}


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    write_files(tmp_path, FILES)
    return Paths(Path(os.path.realpath(tmp_path)))


@pytest.mark.parametrize("marker", ["dir", "file"])
def test_the_root_is_the_nearest_directory_with_git(tmp_path: Path, marker: str) -> None:
    write_files(tmp_path, {"repo/deploy/environments.yaml": ""})
    git = tmp_path / "repo" / ".git"
    git.mkdir() if marker == "dir" else git.write_text("gitdir: elsewhere")  # a worktree has a file
    assert find_root(tmp_path / "repo" / "deploy" / "environments.yaml") == Path(os.path.realpath(tmp_path)) / "repo"


def test_without_git_the_root_is_the_file_s_directory(tmp_path: Path) -> None:
    write_files(tmp_path, {"deploy/environments.yaml": ""})
    paths = Paths.of(tmp_path / "deploy" / "environments.yaml")
    assert paths.relative(tmp_path / "deploy" / "environments.yaml") == "environments.yaml"


def test_a_root_can_be_given(tmp_path: Path) -> None:
    write_files(tmp_path, {"deploy/environments.yaml": "", "other/": ""})
    file = tmp_path / "deploy" / "environments.yaml"
    assert Paths.of(file, root=tmp_path).relative(file) == "deploy/environments.yaml"
    with pytest.raises(InputError) as caught:
        Paths.of(file, root=tmp_path / "other")
    assert caught.value.code == "pathRefused"


@pytest.mark.parametrize(
    ("directory", "text", "found"),
    [
        ("apps", "apps.yaml", "apps/apps.yaml"),
        ("apps", "./m/../apps.yaml", "apps/apps.yaml"),
        ("apps", "../environments.yaml", "environments.yaml"),
        ("", "apps/m/a.yml", "apps/m/a.yml"),
    ],
)
def test_files_are_relative_to_the_declaring_directory(paths: Paths, directory: str, text: str, found: str) -> None:
    assert paths.file(directory, text) == found


def test_absolute_paths_may_lie_inside(paths: Paths) -> None:
    assert paths.file("apps", str(paths.root / "apps" / "apps.yaml")) == "apps/apps.yaml"


@pytest.mark.parametrize("text", ["gone.yaml", "m", "apps.yaml/x"])
def test_missing_files(paths: Paths, text: str) -> None:
    with pytest.raises(InputError) as caught:
        paths.file("apps", text)
    assert caught.value.code == "missingFile"


def test_directories(paths: Paths) -> None:
    assert paths.directory("apps", "../charts/shop") == "charts/shop"
    with pytest.raises(InputError) as caught:
        paths.directory("apps", "apps.yaml")
    assert caught.value.code == "missingFile"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("m/b.yaml", ["b.yaml"]),
        ("m/README.md", ["README.md"]),
        ("m", ["a.yml", "b.yaml", "c.json"]),
        ("m/", ["a.yml", "b.yaml", "c.json"]),
        ("m/*", ["a.yml", "b.yaml", "c.json"]),
        ("m/*.yaml", ["b.yaml"]),
        ("m/[ab].y*ml", ["a.yml", "b.yaml"]),
        ("m/**", ["a.yml", "b.yaml", "c.json", "deep/d.yaml", "deep/er/e.yaml"]),
        ("m/**/*.yaml", ["b.yaml", "deep/d.yaml", "deep/er/e.yaml"]),
        ("m/deep/**/e.yaml", ["deep/er/e.yaml"]),
        ("m/d*/d.yaml", ["deep/d.yaml"]),
        ("../apps/m/?.yaml", ["b.yaml"]),
    ],
)
def test_manifests_by_file_directory_and_glob(paths: Paths, text: str, found: list[str]) -> None:
    assert paths.manifests("apps", text) == tuple(f"apps/m/{name}" for name in found)


def test_a_root_that_looks_like_a_glob(tmp_path: Path) -> None:
    write_files(tmp_path, {"re[po]*/m/a.yaml": ""})
    paths = Paths((tmp_path / "re[po]*").resolve())
    assert paths.manifests("", "m/*") == ("m/a.yaml",)
    assert paths.manifests("", str(paths.root / "m" / "?.yaml")) == ("m/a.yaml",)


@pytest.mark.parametrize("text", ["empty", "m/*.txt", "nowhere/*.yaml", "m/**/x.yaml"])
def test_no_manifest_is_an_error(paths: Paths, text: str) -> None:
    with pytest.raises(InputError) as caught:
        paths.manifests("apps", text)
    assert caught.value.code == "noFilesMatch"


def test_reading(paths: Paths) -> None:
    (paths.root / "apps" / "x.yaml").write_bytes(b"abc")
    assert paths.read("apps/x.yaml", limit=3) == b"abc"
    with pytest.raises(InputError) as caught:
        paths.read("apps/x.yaml", limit=2)
    assert (caught.value.code, caught.value.problems[0].file) == ("fileTooLarge", "apps/x.yaml")


@pytest.mark.parametrize("name", ["gone", "apps", "pipe"])
def test_only_ordinary_files_are_read(paths: Paths, name: str) -> None:
    os.mkfifo(paths.root / "pipe")
    with pytest.raises(InputError):
        paths.read(name)


def test_an_unreadable_file_names_itself_only(paths: Paths) -> None:
    (paths.root / "loop").symlink_to("loop")
    with pytest.raises(InputError):
        paths.read("loop")


@given(st.text(max_size=40))
def test_no_text_resolves_outside(text: str) -> None:
    paths = Paths(Path("/nonexistent/root"))
    try:
        found = paths.resolve("sub", text)
    except InputError:
        return
    assert not found.startswith(("/", "../"))
    assert found != ".."


def test_a_new_file_is_made_but_never_over_another(paths: Paths) -> None:
    paths.write("apps/new.yaml", b"a", before=None)
    assert paths.read("apps/new.yaml") == b"a"
    with pytest.raises(InputError) as caught:
        paths.write("apps/new.yaml", b"b", before=None)
    assert caught.value.code == "changedMeanwhile"
    assert paths.read("apps/new.yaml") == b"a"


def test_what_shall_be_there_is_there(paths: Paths) -> None:
    assert (paths.has("apps/apps.yaml"), paths.has("apps/none.yaml")) == (True, False)
    assert Paths(paths.root, {"apps/none.yaml": b""}).has("apps/none.yaml")
