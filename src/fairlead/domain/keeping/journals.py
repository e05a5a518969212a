"""The journal of a deployment: its log lines and events in one order, so that a reader can go on where they were.

An entry that was written never changes. A journal is bounded: when its log lines have used up the room, one entry says
so and further lines are dropped; events, of which there are few, may still use as much again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

LOG, LOG_CUT = "log", "logCut"
# What an entry costs beside its document: time, kind, and its part of a row.
_OVERHEAD: Final = 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `kind` is `log` for a line of text. `sequence` counts from 1; 0 before it is kept."""

    at: datetime
    kind: str
    document: Mapping[str, Any]
    sequence: int = 0

    @property
    def size(self) -> int:
        """How many bytes it counts for."""
        return _OVERHEAD + len(self.kind) + len(json.dumps(self.document))


@dataclass(frozen=True, slots=True)
class Journal:
    """How full a journal is: the sequence of its last entry, the bytes so far, and whether log lines were dropped."""

    last: int = 0
    size: int = 0
    is_cut: bool = False

    def admit(self, entries: Sequence[Entry], room: int) -> tuple[Journal, tuple[Entry, ...]]:
        """Return the journal with more entries, and those of them that are kept, numbered. `room` is in bytes."""
        journal, kept = self, list[Entry]()
        for entry in entries:
            is_log = entry.kind == LOG
            if is_log and journal.is_cut:
                continue
            if is_log and journal.size + entry.size > room:
                cut = Entry(entry.at, LOG_CUT, {"room": room}, journal.last + 1)
                journal = Journal(cut.sequence, journal.size + cut.size, is_cut=True)
                kept.append(cut)
            elif journal.size + entry.size <= 2 * room:
                numbered = replace(entry, sequence=journal.last + 1)
                journal = replace(journal, last=numbered.sequence, size=journal.size + numbered.size)
                kept.append(numbered)
        return journal, tuple(kept)
