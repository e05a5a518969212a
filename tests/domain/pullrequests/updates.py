"""Updates as tests need them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairlead.domain.identity import ReleaseKey
from fairlead.domain.upgrades.updates import Holds, Standing, Update


def update(release: str = "web", *, environment: str = "test", to: str = "1.4.3", **more: Any) -> Update:
    """An update of one release's image from 1.4.2."""
    key = ReleaseKey(environment, "c", "shop", release)
    standing = Standing("image.tag", Holds.TAG, "1.4.2", file="apps.yaml")
    made = Update(
        key, standing, f"docker.io/acme/{release}", "1.4.2", to, "PatchLevel", "newest that PatchLevel allows"
    )
    return replace(made, **more)
