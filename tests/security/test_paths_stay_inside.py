"""S1 and S3: declared paths and links never lead out of the repository, and errors give nothing away."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.errors import InputError, Problem
from fairlead.doors.paths import Paths
from tests.fakes.repository import CLUSTERS, load_files, problems_of, write_files

SECRET = "hunter2-token"

ESCAPES = [
    "../../other/values.yaml",
    "../outside.yaml",
    "/etc/passwd",
    "file:///etc/passwd",
    "http:///etc/passwd",
    "https://example.test/values.yaml",
    "oci://example.test/x",
    "git::https://example.test/x",
    "sub/../../outside.yaml",
    "\\0",
    "x\\n../outside.yaml",
    "",
    " ",
]

PLACES = {
    "releasesFiles": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, releasesFiles: [%s]}\n",
    "defaultValuesFile": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, defaultValuesFile: %s}\n",
    "valuesFile": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, "
    "releases: [{name: a, chart: {dir: chart}, valuesFile: %s}]}\n",
    "chart.dir": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, "
    "releases: [{name: a, chart: {dir: %s}}]}\n",
    "kustomize.dir": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, "
    "releases: [{name: a, kustomize: {dir: %s}}]}\n",
    "resourceFiles": "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, "
    "releases: [{name: a, resourceFiles: [%s]}]}\n",
}


def complaints(tmp_path: Path, place: str, path: str) -> tuple[Problem, ...]:
    quoted = '"' + path + '"'
    repository = tmp_path / "repository"
    repository.mkdir()
    (tmp_path / "outside.yaml").write_text(SECRET)
    return problems_of(
        repository,
        {"environments.yaml": CLUSTERS + PLACES[place] % quoted, "chart/": "", "sub/": ""},
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ESCAPES)
def test_s1_paths_that_leave_are_refused(tmp_path: Path, place: str, path: str) -> None:
    problems = complaints(tmp_path, place, path)
    assert [problem.code for problem in problems] == ["pathRefused"]
    assert problems[0].line == 5
    assert SECRET not in str(problems)


@pytest.mark.parametrize("pattern", ["../*.yaml", "/etc/*.yaml", "sub/../../*.yaml", "../**", "*/../../*.yaml"])
def test_s1_globs_that_leave_are_refused(tmp_path: Path, pattern: str) -> None:
    problems = complaints(tmp_path, "resourceFiles", pattern)
    assert [problem.code for problem in problems] == ["pathRefused"]


LINKS = {
    "v.yaml": ("v.yaml", "{out}/token"),
    "d/token": ("d", "/"),
    "a/outside.yaml": ("a", "b"),
    "deep/link/token": ("deep/link", "{out}"),
}


@pytest.mark.parametrize("place", ["valuesFile", "resourceFiles", "releasesFiles", "defaultValuesFile"])
@pytest.mark.parametrize("path", LINKS)
def test_s3_links_that_leave_are_refused_naming_the_link_only(tmp_path: Path, place: str, path: str) -> None:
    repository, outside = tmp_path / "repository", tmp_path / "serviceaccount"
    write_files(tmp_path, {"serviceaccount/token": SECRET, "outside.yaml": SECRET, "repository/deep/": ""})
    link, target = LINKS[path]
    (repository / link).symlink_to(target.format(out=outside))
    (repository / "b").symlink_to("..")
    problems = problems_of(repository, {"environments.yaml": CLUSTERS + PLACES[place] % path, "chart/": ""})
    assert [problem.code for problem in problems] == ["linkOutside"]
    said = f"{problems[0].message} {problems[0].remedy}"
    assert link in said
    assert SECRET not in said
    assert "serviceaccount" not in said
    assert str(tmp_path) not in said


@pytest.mark.parametrize("place", ["chart.dir", "kustomize.dir"])
def test_s3_directories_behind_links_are_refused(tmp_path: Path, place: str) -> None:
    repository = tmp_path / "repository"
    write_files(tmp_path, {"elsewhere/Chart.yaml": "", "repository/": ""})
    (repository / "c").symlink_to("../elsewhere")
    problems = problems_of(repository, {"environments.yaml": CLUSTERS + PLACES[place] % "c"})
    assert [problem.code for problem in problems] == ["linkOutside"]


@pytest.mark.parametrize("pattern", ["m", "m/*", "m/**", "l/*", "l/**/*.yaml", "*/token.yaml"])
def test_s3_directories_and_globs_do_not_follow_links_out(tmp_path: Path, pattern: str) -> None:
    repository = tmp_path / "repository"
    write_files(tmp_path, {"elsewhere/token.yaml": SECRET, "repository/m/ok.yaml": ""})
    (repository / "m" / "x.yaml").symlink_to("../../elsewhere/token.yaml")
    (repository / "l").symlink_to("../elsewhere")
    with pytest.raises(InputError) as caught:
        Paths(repository.resolve()).manifests("", pattern)
    assert caught.value.code == "linkOutside"
    assert "elsewhere" not in str(caught.value)


def test_s3_a_link_that_appears_after_loading_is_refused_when_read(tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    write_files(tmp_path, {"token": SECRET, "repository/v.yaml": "a: 1"})
    paths = Paths(repository.resolve())
    file = paths.file("", "v.yaml")
    (repository / "v.yaml").unlink()
    (repository / "v.yaml").symlink_to("../token")
    with pytest.raises(InputError) as caught:
        paths.read(file)
    assert caught.value.code == "linkOutside"


def test_s3_links_inside_the_repository_work(tmp_path: Path) -> None:
    write_files(tmp_path, {"charts/shop-v2/Chart.yaml": "", "real.yaml": "", "m/one.yaml": ""})
    (tmp_path / "charts" / "current").symlink_to("shop-v2")
    (tmp_path / "v.yaml").symlink_to("real.yaml")
    (tmp_path / "n").symlink_to("m")
    loaded = load_files(
        tmp_path,
        {
            "environments.yaml": CLUSTERS
            + "environments:\n  - {name: e, clusterName: local, kubeNamespace: n, releases: ["
            "{name: a, chart: {dir: charts/current}, valuesFile: v.yaml}, {name: b, resourceFiles: [n]}]}\n"
        },
    )
    first, second = loaded.declaration.environments[0].releases
    assert first.values_file == "real.yaml"
    assert getattr(first.source, "path", None) == "charts/shop-v2"
    assert getattr(second.source, "files", None) == ("m/one.yaml",)


def test_s3_the_environments_file_itself_may_be_a_link_only_inside(tmp_path: Path) -> None:
    write_files(tmp_path, {"outside.yaml": SECRET, "repository/.git/": ""})
    (tmp_path / "repository" / "environments.yaml").symlink_to("../outside.yaml")
    with pytest.raises(InputError) as caught:
        load_files(tmp_path / "repository", {})
    assert SECRET not in str(caught.value)
