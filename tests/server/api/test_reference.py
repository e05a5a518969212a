"""What is generated from the routes is up to date."""

from __future__ import annotations

from pathlib import Path

from fairlead.server.api.reference import generated

ROOT = Path(__file__).parents[3]


def test_the_generated_files_are_up_to_date() -> None:
    stale = [
        name for name, text in generated().items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text
    ]
    assert stale == [], "run: python -m fairlead.server.api.reference ."
