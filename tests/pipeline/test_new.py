from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.errors import InputError
from fairlead.pipeline.new import write_starter


def test_every_file_that_is_named_is_there(tmp_path: Path) -> None:
    written = write_starter(tmp_path / "shop")
    found = {str(path.relative_to(tmp_path / "shop")) for path in (tmp_path / "shop").rglob("*") if path.is_file()}
    assert set(written) == found
    assert {"environments.yaml", "web/releases.yaml", "charts/web/Chart.yaml", ".gitignore"} <= found


def test_an_empty_directory_will_do(tmp_path: Path) -> None:
    assert write_starter(tmp_path)


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_nothing_that_exists_is_overwritten(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "shop"
    kept = target / "environments.yaml" if kind == "directory" else target
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    with pytest.raises(InputError) as caught:
        write_starter(target)
    assert caught.value.code == "directoryNotEmpty"
    assert kept.read_text() == "mine"
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {kept.name}
