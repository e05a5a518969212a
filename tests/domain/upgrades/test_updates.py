from __future__ import annotations

import pytest

from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem
from fairlead.domain.identity import ReleaseKey
from fairlead.domain.upgrades.updates import Holds, Skipped, Standing, Update, Upgrades

KEY = ReleaseKey("test", "eu", "shop-test", "web")
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


@pytest.mark.parametrize(
    ("holds", "standing", "old_digest", "digest", "text"),
    [
        (Holds.TAG, "1.0", None, None, "1.1"),
        (Holds.TAG, "1.0", None, NEW, f"1.1@{NEW}"),
        (Holds.TAG, f"1.0@{OLD}", OLD, NEW, f"1.1@{NEW}"),
        (Holds.TAG, f"1.0@{OLD}", OLD, None, "1.1"),
        (Holds.REFERENCE, "web:1.0", None, None, "web:1.1"),
        (Holds.REFERENCE, "1.0:5000/web:1.0", None, NEW, f"1.0:5000/web:1.1@{NEW}"),
        (Holds.REFERENCE, f"acme/web:1.0@{OLD}", OLD, NEW, f"acme/web:1.1@{NEW}"),
        (Holds.CHART_VERSION, "1.0", None, None, "1.1"),
    ],
)
def test_only_the_version_of_the_standing_text_changes(
    holds: Holds, standing: str, old_digest: str | None, digest: str | None, text: str
) -> None:
    place = Standing("image.tag", holds, standing)
    update = Update(KEY, place, "web", "1.0", "1.1", "PatchLevel", "newer", digest=digest, from_digest=old_digest)
    assert update.text == text


NO_ANSWER, NO_TRACK = Skipped(KEY, "registryBusy", "later", is_failure=True), Skipped(KEY, "noTrack", "no track")
UPDATE = Update(KEY, Standing("image.tag", Holds.TAG, "1.0"), "web", "1.0", "1.1", "PatchLevel", "newer")


@pytest.mark.parametrize(
    ("upgrades", "is_failure"),
    [
        (Upgrades(), False),
        (Upgrades(skipped=(NO_ANSWER,)), True),
        (Upgrades(skipped=(NO_ANSWER, NO_TRACK)), False),
        (Upgrades(skipped=(NO_ANSWER,), settled=1), False),
        (Upgrades((UPDATE,), (NO_ANSWER,)), False),
    ],
)
def test_it_failed_when_nothing_was_learned(upgrades: Upgrades, is_failure: bool) -> None:
    assert upgrades.is_failure is is_failure


@pytest.mark.parametrize(("kind", "is_failure"), [(OperationFailed, True), (InputError, False)])
def test_a_failure_says_what_to_do(kind: type[FairleadError], is_failure: bool) -> None:
    found = Skipped.because(KEY, kind([Problem("broken", "it broke", remedy="mend it"), Problem("other", "this too")]))
    assert found == Skipped(KEY, "broken", "it broke; mend it; this too", is_failure=is_failure)
