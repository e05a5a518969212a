from __future__ import annotations

import sys
from pathlib import Path

import pytest

from fairlead.adapters.helm.choosing import choose_helm, library_installed
from fairlead.adapters.helm.library import HelmLibrary
from fairlead.domain.errors import OperationFailed
from fairlead.doors.process import Program, run


def fake_helm(folder: Path, version: str) -> Path:
    folder.mkdir()
    helm = folder / "helm"
    helm.write_text(f"#!/bin/sh\necho {version}\n")
    helm.chmod(0o755)
    return helm


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    return fake_helm(tmp_path / "beside", "v4.0.2").parent


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(fake_helm(tmp_path / "path", "v4.0.3").parent)


def no_library() -> bool:
    return False


async def test_the_named_program_comes_first(tmp_path: Path, beside: Path, path: str) -> None:
    named = str(fake_helm(tmp_path / "named", "v4.0.1"))
    assert (await choose_helm(named, search_path=path, beside=beside)).version == "helm v4.0.1"


async def test_the_library_comes_before_programs_that_are_found(beside: Path, path: str) -> None:
    chosen = await choose_helm(None, search_path=path, beside=beside)
    assert isinstance(chosen, HelmLibrary)
    await chosen.close()


async def test_without_the_library_a_program_is_found(tmp_path: Path, beside: Path, path: str) -> None:
    chosen = await choose_helm(None, search_path=path, beside=beside, has_library=no_library)
    assert chosen.version == "helm v4.0.2"
    chosen = await choose_helm(None, search_path=path, beside=tmp_path / "nowhere", has_library=no_library)
    assert chosen.version == "helm v4.0.3"


async def test_without_any_helm_the_error_says_so(tmp_path: Path) -> None:
    with pytest.raises(OperationFailed) as caught:
        await choose_helm(None, search_path=str(tmp_path), beside=tmp_path, has_library=no_library)
    assert caught.value.code == "programMissing"


def test_the_library_is_found_where_it_is_installed() -> None:
    assert library_installed()


async def test_a_package_without_its_binary_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "helm_python").mkdir()
    (tmp_path / "helm_python" / "__init__.py").write_text("raise ImportError")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r});"
        "from fairlead.adapters.helm.choosing import library_installed; print(library_installed())"
    )
    assert (await run(Program((sys.executable, "-I", "-c", code)))).stdout.strip() == b"False"
