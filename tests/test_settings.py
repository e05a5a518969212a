from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.settings import Settings


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, "environments.yaml"),
        ({"KUBECD_ENVIRONMENTS": "old.yaml"}, "old.yaml"),
        ({"FAIRLEAD_ENVIRONMENTS": "new.yaml", "KUBECD_ENVIRONMENTS": "old.yaml"}, "new.yaml"),
        ({"FAIRLEAD_ENVIRONMENTS": ""}, "environments.yaml"),
    ],
)
def test_the_environments_file(environ: dict[str, str], expected: str) -> None:
    assert Settings.from_environment(environ).environments_file == Path(expected)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"HOME": "/home/ada"}, "/home/ada/.cache/fairlead"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/cache"}, "/cache/fairlead"),
        ({"HOME": "/home/ada", "XDG_CACHE_HOME": "/cache", "FAIRLEAD_CACHE": "/mine"}, "/mine"),
    ],
)
def test_the_cache(environ: dict[str, str], expected: str) -> None:
    assert Settings.from_environment(environ).cache == Path(expected)


def test_a_kubeconfig_path_list() -> None:
    settings = Settings.from_environment({"HOME": "/home/ada", "KUBECONFIG": "/a::/b"})
    assert settings.kubeconfig == (Path("/a"), Path("/b"))
    assert Settings.from_environment({"HOME": "/home/ada"}).kubeconfig == (Path("/home/ada/.kube/config"),)


def test_a_cache_of_somebody_else_is_only_read(tmp_path: Path) -> None:
    theirs = tmp_path / "file"
    theirs.write_text("a file where a folder would have to be: not even root can write below it")
    home = {"HOME": str(tmp_path / "home")}
    assert Settings.from_environment({**home, "FAIRLEAD_CACHE": str(theirs / "cache")}).own_cache == (
        tmp_path / "home" / ".cache" / "fairlead"
    )
    mine = tmp_path / "not" / "made" / "yet"
    assert Settings.from_environment({**home, "FAIRLEAD_CACHE": str(mine)}).own_cache == mine


def test_secrets_of_the_environment_are_not_shown() -> None:
    assert "hunter2" not in repr(Settings.from_environment({"PASSWORD": "hunter2"}))
