"""What counts as silence, and from when on another attempt would tell nothing new."""

from __future__ import annotations

import pytest

from fairlead.adapters.kubernetes.silence import Silence
from fairlead.domain.errors import Problem
from fairlead.doors.dial import Response
from fairlead.doors.dial_failures import Unreachable

REFUSED = Unreachable(Problem("unreachable", "no"), sent=False, reason="connection refused")
PAGE = Response(503, {}, b"<html>no backend</html>")
FAILED = Response(503, {}, b'{"kind": "Status", "code": 503}')
GOOD = Response(200, {}, b"{}")


@pytest.mark.parametrize(("reply", "is_silent"), [(REFUSED, True), (PAGE, True), (FAILED, False), (GOOD, False)])
def test_what_counts_is_whether_the_server_itself_speaks(reply: Response | Unreachable, is_silent: bool) -> None:
    silence = Silence()
    silence.note(reply, 10.0)
    assert silence.lasted(12.0) == (2.0 if is_silent else 0.0)


def test_silence_lasts_from_the_first_failure_until_anything_is_heard() -> None:
    silence = Silence()
    silence.note(REFUSED, 10.0)
    silence.note(PAGE, 35.0)
    assert silence.lasted(40.0) == 30.0
    silence.broken()
    assert (silence.lasted(40.0), silence.foregone(40.0)) == (0.0, None)


def test_a_server_that_is_lost_for_a_while_is_asked_only_now_and_then() -> None:
    silence = Silence()
    assert silence.foregone(10.0) is None
    silence.note(PAGE, 10.0)
    assert [silence.foregone(now) for now in (10.5, 10.5, 10.75)] == [None, None, None]
    asked = [now for half in range(22, 30) if silence.foregone(now := half / 2) is None]
    assert asked == [12.0, 13.0, 14.0]
    assert silence.foregone(14.5) is PAGE
    silence.broken()
    assert silence.foregone(14.5) is None
