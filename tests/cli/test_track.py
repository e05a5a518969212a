from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Golden
from tests.fakes.terminal import Terminal


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("minor", ("MinorVersion", "--current", "1.0.0", "0.9.0", "2.0.0", "1.0.1", "1.2.0", "latest")),
        ("newest", ("Newest", "--current", "foo@0", "c@0", "b@1970-01-01T00:00:01Z", "a@2")),
        ("range", ("-", "--range", "^1", "--current", "1.0", "2.0", "main")),
    ],
)
def test_choices(tmp_path: Path, golden: Golden, name: str, arguments: tuple[str, ...]) -> None:
    ended = Terminal(tmp_path).run("track", *arguments)
    assert (ended.code, ended.stderr) == (0, "")
    golden(f"cli/track-{name}.txt", ended.stdout)
    as_json = Terminal(tmp_path).run("track", *arguments, "--output", "json")
    assert as_json.code == 0
    golden(f"cli/track-{name}.json", as_json.stdout)


def test_every_option_narrows(tmp_path: Path) -> None:
    options = ("--match", "r(.+)", "--extract", "$1", "--range", "<3", "--prerelease", "--date-tags", "--min-age", "1d")
    tags = ("r1.1-rc.1@0", "r2.0-rc.1@9999999999", "r3@0", "1.2@0", "r1.1-rc.0@0")
    ended = Terminal(tmp_path).run("track", "MajorVersion", "--current", "r1", *options, *tags, "--output", "json")
    assert ended.document["choice"] == "r1.1-rc.1"
    codes = {each["tag"]: each["code"] for each in ended.document["rejected"]}
    assert codes == {
        "r2.0-rc.1": "tooYoung",
        "r3": "outsideRange",
        "1.2": "notMatched",
        "r1.1-rc.0": "surpassed",
    }


def test_an_order_needs_no_times(tmp_path: Path) -> None:
    arguments = ("track", "Newest", "--order", "numerical", "--current", "1", "2", "10", "--output", "json")
    assert Terminal(tmp_path).run(*arguments).document["choice"] == "10"


def test_a_tag_that_is_named_twice_counts_by_its_later_time(tmp_path: Path) -> None:
    arguments = ("track", "Newest", "--current", "0.9@0", "0.9@2", "1.0@1", "--output", "json")
    assert Terminal(tmp_path).run(*arguments).document["choice"] is None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("Weekly", "--current", "1", "2"), "invalidValue"),
        (("-", "--current", "1", "2"), "trackMissing"),
        (("PatchLevel", "--range", "x.y", "--current", "1", "2"), "invalidRange"),
        (("PatchLevel", "--current", "main", "2"), "currentNotVersion"),
        (("Newest", "--current", "1", "2@5"), "timeUnknown"),
        (("Newest", "--current", "1@soon", "2@5"), "invalidTag"),
        (("Newest", "--current", "1@1", "@5"), "invalidTag"),
        (("Newest", "--current", "1@1", "2@"), "invalidTag"),
        (("Newest", "2"), "usage"),
    ],
)
def test_mistakes(tmp_path: Path, arguments: tuple[str, ...], code: str) -> None:
    ended = Terminal(tmp_path).run("track", *arguments, "--output", "json")
    assert ended.code == 2
    assert ended.document["errors"][0]["code"] == code
