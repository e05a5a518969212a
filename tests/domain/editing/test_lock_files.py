"""Entries of a lock file: one a line, each changed as a whole, all others kept byte for byte."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairlead.domain.editing.lock_files import in_lock_file
from fairlead.domain.editing.replacing import edited
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.targets import Target
from fairlead.domain.upgrades.chosen import HEADER, Chosen
from fairlead.domain.upgrades.updates import Holds, Standing, Update
from fairlead.domain.values import Layer
from fairlead.doors.yaml_spans import read_spans
from tests.fakes.declared import declare_releases

ENVIRONMENT = declare_releases("releases: [{name: web, chart: {dir: c}, lockFile: true}]\n").environment
API = "  - {environment: test, release: api, key: image.tag, value: v9} # theirs\n"
WEB = '  - {environment: test, release: web, key: image.tag, declared: "1.0", value: v7}\n'


def put(text: str, layer: Layer = Layer.VALUES, declared: str | None = "1.0", to: str = "1.1") -> str | None:
    standing = Standing("image.tag", Holds.TAG, "v7" if layer is Layer.LOCK_FILE else "1.0", layer, "apps.yaml")
    key = ReleaseKey("test", "local", "ns", "web")
    update = Update(key, standing, "docker.io/acme/web", "1.0", to, "Newest", "newer")
    release = replace(ENVIRONMENT.releases[0], chosen=(Chosen("image.tag", declared, "v7", "apps.lock.yaml", 3),))
    edit = in_lock_file(text, read_spans(text), update, Target(ENVIRONMENT, release))
    return None if edit is None else edited(text, [edit])


NEW = '  - {environment: test, release: web, key: image.tag, declared: "1.0", value: "1.1"}\n'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (HEADER, HEADER + NEW),
        (HEADER.rstrip(), HEADER + NEW),
        (HEADER + API, HEADER + API + NEW),
        (HEADER + WEB + API, HEADER + NEW + API),
        (HEADER + API + "  # mine\n" + WEB, HEADER + API + "  # mine\n" + NEW),
    ],
)
def test_a_line_is_added_or_replaced(before: str, after: str) -> None:
    assert put(before) == after


def test_a_next_choice_still_tells_what_was_declared() -> None:
    assert put(HEADER + WEB, Layer.LOCK_FILE) == HEADER + NEW


def test_what_only_the_chart_says_is_not_declared() -> None:
    entry = "  - {environment: test, release: web, key: image.tag, value: v2}\n"
    assert put(HEADER, Layer.CHART, to="v2") == HEADER + entry
    assert put(HEADER + entry, Layer.LOCK_FILE, declared=None, to="v2") == HEADER + entry


def test_an_entry_that_somebody_laid_out_anew_is_left_alone() -> None:
    text = "chosen:\n  - environment: test\n    release: web\n    key: image.tag\n    value: v7\n"
    assert put(text) is None
