"""Compared with npm's own answers: tests/goldens/upgrades/npm-ranges.json was printed by its `semver` package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.upgrades.ranges import BadRange, parse_range
from fairlead.domain.upgrades.versions import parse_version

NPM: dict[str, Any] = json.loads((Path(__file__).parents[2] / "goldens" / "upgrades" / "npm-ranges.json").read_text())
VERSIONS = [version for version in map(parse_version, NPM["versions"]) if version is not None]
# npm takes pre-releases of the lower end of a hyphen range too, and only there. A pre-release comes before its version.
BELOW_A_HYPHEN = {"1.2.3 - 2.3.4", "1.2.3 - 2.3", "1.2.3+b - 2"}


@pytest.mark.parametrize("text", NPM["ranges"])
def test_as_npm(text: str) -> None:
    wanted, found = NPM["ranges"][text], parse_range(text)
    assert [version.text for version in VERSIONS if found.holds(version)] == wanted["in"]
    with_prereleases = [version.text for version in VERSIONS if found.holds(version, prereleases=True)]
    if text in BELOW_A_HYPHEN:
        wanted["withPrereleases"] = [one for one in wanted["withPrereleases"] if not one.startswith("1.2.3-")]
    assert with_prereleases == wanted["withPrereleases"]


@pytest.mark.parametrize(
    "text",
    ["latest", "1.2.3.4", ">", "^", "1 -", "- 2", "1 - 2 3", ">=1,<2", "1.2.3-", "x.y.z", "1 | 2", "9" * 17, "1" * 600],
)
def test_no_ranges(text: str) -> None:
    with pytest.raises(BadRange):
        parse_range(text)
