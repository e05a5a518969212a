"""What is generated from the routes is up to date."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.server.api.app import bare
from fairlead.server.api.reference import generated

ROOT = Path(__file__).parents[3]


def test_the_generated_files_are_up_to_date() -> None:
    stale = [
        name for name, text in generated().items() if not (ROOT / name).is_file() or (ROOT / name).read_text() != text
    ]
    assert stale == [], "run: python -m fairlead.server.api.reference ."


def test_every_part_of_a_path_is_described() -> None:
    for path, operations in bare().openapi()["paths"].items():
        for operation in operations.values():
            described = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"]
            assert described == re.findall(r"{(\w+)}", path), path
