from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.identity import ObjectRef
from fairlead.domain.inventory import Inventory, InventoryEntry

SCALER = ObjectRef("autoscaling/v2", "HorizontalPodAutoscaler", "shop", "web")
OLDER = ObjectRef("autoscaling/v1", "HorizontalPodAutoscaler", "shop", "web")
OTHER = ObjectRef("v1", "ConfigMap", "shop", "web")
OWNED = Inventory((InventoryEntry(SCALER, "u-1"), InventoryEntry(OTHER, "u-2")))


def test_an_entry_survives_the_round_trip() -> None:
    assert [InventoryEntry.from_json(entry.to_json()) for entry in OWNED] == list(OWNED)


@pytest.mark.parametrize("broken", [{}, {"uid": None}, {"name": 3}])
def test_what_is_no_entry_is_refused(broken: dict[str, Any]) -> None:
    stored = {**OWNED.entries[0].to_json(), **broken} if broken else {}
    with pytest.raises(ValueError, match="inventory"):
        InventoryEntry.from_json(stored)


@pytest.mark.parametrize(
    ("ref", "uid", "owned"),
    [
        (SCALER, "u-1", True),
        (OLDER, "u-1", True),
        (SCALER, "u-9", False),
        (OTHER, "u-1", False),
        (ObjectRef("v1", "ConfigMap", "other", "web"), "u-2", False),
    ],
)
def test_ownership_is_identity_and_uid(ref: ObjectRef, uid: str, owned: bool) -> None:
    assert OWNED.owns(ref, uid) is owned


def test_what_is_still_wanted_is_not_left_over() -> None:
    assert [entry.ref for entry in OWNED.without({OLDER.identity})] == [OTHER]
    assert len(OWNED.without(set())) == 2
