from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from fairlead.domain.helm_release import (
    HelmContent,
    HelmRelease,
    HelmStatus,
    abandoned,
    begun,
    failed,
    succeeded,
    timestamp,
)
from fairlead.domain.identity import ReleaseKey

KEY = ReleaseKey("test", "c", "shop", "web")
AT = datetime(2026, 11, 21, 3, 0, 0, 123456, tzinfo=UTC)
CONTENT = HelmContent(
    {"metadata": {"name": "web", "version": "1.0.0"}, "templates": [{"name": "a"}]}, {"a": 1}, "---\n"
)


def test_a_first_revision_is_an_install() -> None:
    release = begun(CONTENT, KEY, revision=1, first_deployed=None, at=AT)
    assert (release.name, release.namespace, release.revision) == ("web", "shop", 1)
    assert (release.status, release.first_deployed, release.last_deployed) == (
        HelmStatus.PENDING_INSTALL,
        "2026-11-21T03:00:00.123456Z",
        "2026-11-21T03:00:00.123456Z",
    )
    assert (release.chart_name, release.body["apply_method"]) == ("web", "ssa")


def test_a_later_revision_is_an_upgrade_of_what_was_installed_long_ago() -> None:
    release = begun(CONTENT, KEY, revision=7, first_deployed="2020-01-01T00:00:00Z", at=AT)
    assert (release.status, release.first_deployed) == (HelmStatus.PENDING_UPGRADE, "2020-01-01T00:00:00Z")


def test_a_revision_that_goes_back_says_to_which() -> None:
    content = replace(CONTENT, returns_to=4)
    release = begun(content, KEY, revision=7, first_deployed="2020-01-01T00:00:00Z", at=AT)
    done = succeeded(release)
    assert release.status is HelmStatus.PENDING_ROLLBACK
    assert (done.status, done.description) == (HelmStatus.DEPLOYED, release.description)
    assert done.description.startswith("Rollback to 4")
    assert done.by_fairlead
    assert failed(release, "why").description.startswith("Rollback")


@pytest.mark.parametrize("first", [None, "2020-01-01T00:00:00Z"])
def test_how_a_revision_ends(first: str | None) -> None:
    release = begun(CONTENT, KEY, revision=2, first_deployed=first, at=AT)
    assert succeeded(release).status is HelmStatus.DEPLOYED
    assert failed(release, "pod web crashed").status is HelmStatus.FAILED
    assert "pod web crashed" in failed(release, "pod web crashed").description
    assert abandoned(release).status is HelmStatus.FAILED


def test_a_revision_tells_that_we_made_it_whatever_becomes_of_it() -> None:
    release = begun(CONTENT, KEY, revision=1, first_deployed=None, at=AT)
    ended = [release, succeeded(release), failed(release, "x"), succeeded(release).ended(HelmStatus.SUPERSEDED)]
    assert all(one.by_fairlead for one in ended)
    assert not HelmRelease({"info": {"description": "Rollback to 2"}}).by_fairlead


def test_what_we_do_not_know_stays() -> None:
    release = HelmRelease({"new": 1, "info": {"status": "deployed", "extra": 2}, "version": 1})
    assert release.ended(HelmStatus.SUPERSEDED).body == {
        "new": 1,
        "info": {"status": "superseded", "extra": 2},
        "version": 1,
    }


def test_a_record_with_nothing_in_it_can_be_read() -> None:
    empty = HelmRelease({})
    assert (empty.name, empty.namespace, empty.revision, empty.chart_name) == ("", "", 0, "")
    assert (empty.status, empty.manifest, empty.description) == (HelmStatus.UNKNOWN, "", "")
    assert (empty.first_deployed, empty.last_deployed) == ("", "")


@pytest.mark.parametrize(
    ("word", "status"),
    [("deployed", HelmStatus.DEPLOYED), ("pending-rollback", HelmStatus.PENDING_ROLLBACK), ("new", HelmStatus.UNKNOWN)],
)
def test_words_of_status(word: str, status: HelmStatus) -> None:
    assert HelmStatus.read(word) is status
    assert HelmStatus.read(None) is HelmStatus.UNKNOWN


def test_only_what_is_begun_is_pending() -> None:
    assert {status for status in HelmStatus if status.is_pending} == {
        HelmStatus.PENDING_INSTALL,
        HelmStatus.PENDING_UPGRADE,
        HelmStatus.PENDING_ROLLBACK,
    }


def test_times_are_utc() -> None:
    assert timestamp(AT.astimezone(timezone(timedelta(hours=2)))) == "2026-11-21T03:00:00.123456Z"
