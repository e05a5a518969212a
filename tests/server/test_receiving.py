"""The file of receivers, from the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.errors import InputError
from fairlead.domain.webhooks.providers import PROVIDERS
from fairlead.server.receiving import receivers_in

GOOD = "receivers:\n  - {name: ci, provider: generic, secretFrom: {env: CI}}\n"
ENVIRON = {"CI": "0123456789abcdef"}
HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "receive-webhooks.md"


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


def test_the_how_to_says_how_to_set_up_every_provider() -> None:
    text = HOW_TO.read_text()

    assert [name for name in PROVIDERS if f"`{name}`" not in text] == []


def test_the_example_of_the_how_to_is_sound(tmp_path: Path) -> None:
    example = HOW_TO.read_text().partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "hooks.yaml").write_text(example)

    found = receivers_in(tmp_path / "hooks.yaml", {"HUB_SECRET": ENVIRON["CI"], "CI_SECRET": ENVIRON["CI"]})

    assert list(found) == ["hub", "ci"]
