"""The committed Go modules."""

from __future__ import annotations

import re

import pytest

from fairlead.sandbox import modules
from fairlead.sandbox.modules import GoModule, version_numbers

ALL = (
    modules.COREDNS,
    modules.ETCD,
    modules.HELM,
    modules.KUBERNETES,
    modules.KUSTOMIZE,
    modules.KWOK,
    modules.PROGRAMS,
    modules.REGISTRY,
)
PINNED = [module for module in ALL if module.source]


@pytest.mark.parametrize("module", PINNED, ids=lambda module: module.name)
def test_every_source_is_pinned_and_its_contents_are_too(module: GoModule) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", module.version)
    sums = (module.folder / "go.sum").read_text()
    assert f"{module.source} v{module.version} h1:" in sums


@pytest.mark.parametrize("module", ALL, ids=lambda module: module.name)
def test_every_file_of_a_module_decides_its_place_in_the_cache(module: GoModule) -> None:
    assert module.folder / "go.mod" in module.files
    assert module.folder_name("linux/amd64") != module.folder_name("linux/arm64")
    assert module.folder_name("linux/amd64").startswith(f"{module.name}-{module.version}-")


def test_no_module_needs_a_newer_go_than_the_package_has() -> None:
    assert max(module.go for module in ALL) <= (1, 26, 6)


def test_kubernetes_is_told_its_version() -> None:
    assert f"gitVersion=v{modules.KUBERNETES.version}" in modules.KUBERNETES.linker_flags
    assert "gitMajor=1 " in modules.KUBERNETES.linker_flags


def test_a_module_that_pins_nothing_is_a_mistake() -> None:
    with pytest.raises(LookupError):
        _ = GoModule("etcd", "example.org/other", {}).version


@pytest.mark.parametrize(
    ("text", "expected"), [("go1.26.8", (1, 26, 8)), ("1.26.0", (1, 26, 0)), ("go1.27-rc1", (1, 27)), ("", ())]
)
def test_versions_are_numbers(text: str, expected: tuple[int, ...]) -> None:
    assert version_numbers(text) == expected
