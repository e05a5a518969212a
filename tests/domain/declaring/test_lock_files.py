from __future__ import annotations

import pytest

from fairlead.domain.config import Release
from fairlead.domain.declaring.assembling import read_lock_file, read_releases_file
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.lock_files import LockFiles, lock_files_of
from fairlead.domain.upgrades.chosen import Chosen
from fairlead.doors.yaml import read_document
from tests.fakes.declared import declare, declare_releases

WEB = "releases: [{{name: web, chart: {{dir: c}}, lockFile: {}}}]\n"
ENTRY = "chosen: [{environment: test, release: web, key: image.tag, declared: 1.10, value: 1.11}]\n"


def read(text: str) -> tuple[LockFiles, list[str]]:
    findings = Findings()
    found = read_lock_file(read_document(text.encode(), "apps/apps.lock.yaml").root, "apps/apps.lock.yaml", findings)
    return LockFiles({"apps/apps.lock.yaml": found}), [problem.code for problem in findings.problems]


def release(flag: str = "true") -> Release:
    return declare_releases(WEB.format(flag)).release


def test_texts_stay_as_written() -> None:
    files, codes = read(ENTRY)
    assert codes == []
    assert files.locked("test", release()).chosen == (Chosen("image.tag", "1.10", "1.11", "apps/apps.lock.yaml", 1),)


@pytest.mark.parametrize(("environment", "flag"), [("prod", "true"), ("test", "false")])
def test_what_was_chosen_for_others_or_is_not_wanted_is_left_out(environment: str, flag: str) -> None:
    assert read(ENTRY)[0].locked(environment, release(flag)).chosen == ()


def test_without_a_file_nothing_is_chosen() -> None:
    assert LockFiles().locked("test", release()) == release()


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("# nothing\n", []),
        ("chosen:\n", []),
        ("chosen: [{environment: test, release: web, key: image.tag}]\n", ["missingKey"]),
        ("chosen: [{environment: test, release: web, key: a..b, value: x}]\n", ["invalidValueKey"]),
        ("picked: []\n", ["unknownKey"]),
    ],
)
def test_its_rules(text: str, codes: list[str]) -> None:
    files, found = read(text)
    assert found == codes
    assert len(files.locked("test", release()).chosen) == codes.count("invalidValueKey")


@pytest.mark.parametrize(("flag", "files"), [("true", ["apps.lock.yaml"]), ("false", [])])
def test_who_has_one(flag: str, files: list[str]) -> None:
    found = read_releases_file(read_document(WEB.format(flag).encode(), "apps.yaml").root, "apps.yaml", Findings())
    assert list(lock_files_of("apps.yaml", found)) == files


def test_releases_of_the_environments_file_have_one_beside_that() -> None:
    declared = declare(
        "clusters: [{name: c, provider: {minikube: {}}}]\nenvironments: [{name: e, clusterName: c, kubeNamespace: n, "
        "releases: [{name: web, chart: {dir: c}, lockFile: true}]}]\n"
    )
    assert declared.release.lock_file == "environments.lock.yaml"


def test_only_charts_have_values_to_choose() -> None:
    assert declare_releases("releases: [{name: m, resourceFiles: [m.yaml], lockFile: true}]\n").codes == [
        "withoutEffect"
    ]
