"""The file of receivers, from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.errors import InputError
from fairlead.server.receiving import receivers_in

GOOD = "receivers:\n  - {name: ci, provider: generic, secretFrom: {env: CI}}\n"
ENVIRON = {"CI": "0123456789abcdef"}


def test_receivers_by_name(tmp_path: Path) -> None:
    (tmp_path / "hooks.yaml").write_text(GOOD)

    found = receivers_in(tmp_path / "hooks.yaml", ENVIRON)

    assert found["ci"].secret == ENVIRON["CI"]


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        (None, "missingFile", None),
        (GOOD.replace("generic", "generik"), "invalidValue", 2),
        (GOOD + "receivers: []\n", "duplicateKey", 3),
        (GOOD + "---\n", "severalDocuments", 4),
        (GOOD.replace("CI}", "NONE}"), "secretMissing", 2),
    ],
    ids=["missing", "provider", "twice", "documents", "secret"],
)
def test_mistakes_have_a_place(tmp_path: Path, text: str | None, code: str, line: int | None) -> None:
    file = tmp_path / "hooks.yaml"
    if text is not None:
        file.write_text(text)

    with pytest.raises(InputError) as caught:
        receivers_in(file, ENVIRON)

    (problem,) = caught.value.problems
    assert (problem.code, problem.line) == (code, line)
