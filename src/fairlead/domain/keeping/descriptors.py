"""Descriptors as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairlead.domain.units import UnitKey


@dataclass(frozen=True, slots=True)
class StoredDescriptor:
    """One descriptor. `document` is its JSON, which the store does not read.

    `revision` counts its changes from 1. `number` orders all by their creation; the store gives it, 0 before.
    """

    identifier: str
    unit: UnitKey
    document: Mapping[str, Any]
    created: datetime
    modified: datetime
    revision: int = 1
    number: int = 0
