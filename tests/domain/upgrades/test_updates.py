from __future__ import annotations

import pytest

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.upgrades.updates import Holds, Standing, Update

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
