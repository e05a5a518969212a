"""Who may take a lock, and when its holder counts as gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.locking import (
    LEASE_SECONDS,
    RENEW_SECONDS,
    TRUSTED_SECONDS,
    Heard,
    Lock,
    Phase,
    Relation,
    Take,
    TooOld,
    Wait,
    may_take,
)
from tests.fakes.states import lock

WRITING, WAITING = lock(), lock(phase=Phase.WAITING)


@pytest.mark.parametrize(
    ("held", "alive", "relation", "verdict"),
    [
        (None, False, Relation.NONE, Take()),
        (WRITING, False, Relation.NONE, Take()),
        (WRITING, False, Relation.OLDER, Take()),
        (WRITING, True, Relation.NONE, Wait()),
        (WRITING, True, Relation.NEWER, Wait()),
        (WRITING, True, Relation.OLDER, TooOld()),
        (WAITING, True, Relation.NONE, Take()),
        (WAITING, True, Relation.NEWER, Take()),
        (WAITING, True, Relation.OLDER, TooOld()),
    ],
)
def test_a_lock_is_taken_from_whoever_is_gone_or_only_waits(
    held: Lock | None, alive: bool, relation: Relation, verdict: object
) -> None:
    assert may_take(held, alive=alive, relation=relation) == verdict


def test_a_lock_survives_being_stored() -> None:
    for one in (WRITING, WAITING, lock(commit="c0ffee")):
        assert Lock.from_json(one.to_json()) == one


def test_a_run_stops_writing_before_others_believe_that_it_is_gone() -> None:
    assert RENEW_SECONDS < TRUSTED_SECONDS < LEASE_SECONDS


@given(beats=st.lists(st.floats(0.1, RENEW_SECONDS * 2), min_size=1), step=st.floats(0.1, 3.0))
def test_whoever_beats_is_never_silent_and_whoever_stopped_is(beats: list[float], step: float) -> None:
    moments = [0.0]
    for pause in beats:
        moments.append(moments[-1] + pause)
    now, heard = 0.0, Heard("0", 0.0)
    while now <= moments[-1]:
        version = str(sum(at <= now for at in moments))
        heard = heard.then(version, now)
        assert not heard.is_silent(now)
        now += step
    late = heard.since + LEASE_SECONDS + 0.001
    assert heard.then(heard.version, late).is_silent(late)
