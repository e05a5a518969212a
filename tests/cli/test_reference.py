"""What is generated from the commands is up to date."""

from __future__ import annotations

from pathlib import Path

from fairlead.cli.reference import generated

ROOT = Path(__file__).parents[2]


def test_the_generated_files_are_up_to_date() -> None:
    stale = [
        name for name, text in generated().items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text
    ]
    assert stale == [], "run: python -m fairlead.cli.reference"
