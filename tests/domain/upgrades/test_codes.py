"""Every reason for which a release can be skipped is explained to its owner."""

from __future__ import annotations

import re
from pathlib import Path

from fairlead.domain.upgrades.candidates import Objection

ROOT = Path(__file__).parents[3]


def test_every_code_has_its_row() -> None:
    domain, pipeline = ROOT / "src/fairlead/domain/upgrades", ROOT / "src/fairlead/pipeline"
    files = [domain / "contest.py", domain / "deciding.py", domain / "watching.py", domain / "watching_apps.py"]
    files += [pipeline / "upgrades" / name for name in ("upgrading.py", "watching.py", "weighing.py")]
    text = "".join(path.read_text() for path in files)
    codes = set(re.findall(r'(?:Undecidable|_Unclear|Unwatched|Skipped)\([^"]*?"([a-z][A-Za-z]+)"', text))
    assert len(codes) > 12
    page = (ROOT / "docs/how-to/find-updates.md").read_text()
    assert codes - set(re.findall(r"`([a-z][A-Za-z]+)`", page)) == set()
    reference = (ROOT / "docs/reference/triggers.md").read_text()
    assert {each.value for each in Objection} - set(re.findall(r"`([a-z][A-Za-z]+)`", reference)) == set()
