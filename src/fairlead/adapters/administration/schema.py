"""The tables of what people decide, version by version. What was released is never changed: a later version is added.

Times are microseconds since 1970.
"""

from __future__ import annotations

from typing import Final

from fairlead.doors.databases.opening import Form, Migration

_FIRST: Final[Migration] = (
    """CREATE TABLE tokens (number INTEGER PRIMARY KEY, identifier TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
       role TEXT NOT NULL, scope TEXT NOT NULL, digest BLOB NOT NULL, created INTEGER NOT NULL,
       created_by TEXT NOT NULL, expires INTEGER NOT NULL, account TEXT, revoked INTEGER, revoked_by TEXT NOT NULL,
       used INTEGER) STRICT""",
    """CREATE TABLE audit (number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, caller TEXT NOT NULL,
       action TEXT NOT NULL, resource TEXT NOT NULL, result TEXT NOT NULL, source TEXT NOT NULL,
       detail TEXT NOT NULL) STRICT""",
)

FORM: Final = Form((_FIRST,), mark=0x464C_0002, is_shared=True)
