"""The tables of the store, version by version. What was released is never changed: a later version is added.

Documents lie apart from what is looked for, so that a list reads small rows. Times are microseconds since 1970.
"""

from __future__ import annotations

from typing import Final

from fairlead.doors.databases.opening import Form, Migration

_FIRST: Final[Migration] = (
    """CREATE TABLE descriptors (number INTEGER PRIMARY KEY AUTOINCREMENT, identifier TEXT NOT NULL UNIQUE,
       cluster TEXT NOT NULL, namespace TEXT NOT NULL, app TEXT NOT NULL,
       created INTEGER NOT NULL, modified INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT""",
    "CREATE INDEX descriptors_of_units ON descriptors (cluster, namespace, app)",
    """CREATE TABLE descriptor_documents (number INTEGER PRIMARY KEY REFERENCES descriptors ON DELETE CASCADE,
       document TEXT NOT NULL) STRICT""",
    """CREATE TABLE deployments (number INTEGER PRIMARY KEY AUTOINCREMENT, identifier TEXT NOT NULL UNIQUE,
       cluster TEXT NOT NULL, namespace TEXT NOT NULL, app TEXT NOT NULL, descriptor TEXT NOT NULL,
       status TEXT NOT NULL, version TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
       revision INTEGER NOT NULL) STRICT""",
    "CREATE INDEX deployments_of_units ON deployments (cluster, namespace, app)",
    """CREATE TABLE deployment_documents (number INTEGER PRIMARY KEY REFERENCES deployments ON DELETE CASCADE,
       document TEXT NOT NULL) STRICT""",
    """CREATE TABLE journals (number INTEGER PRIMARY KEY REFERENCES deployments ON DELETE CASCADE,
       last INTEGER NOT NULL, size INTEGER NOT NULL, is_cut INTEGER NOT NULL) STRICT""",
    """CREATE TABLE chunks (number INTEGER NOT NULL REFERENCES deployments ON DELETE CASCADE,
       last INTEGER NOT NULL, entries TEXT NOT NULL) STRICT""",
    "CREATE UNIQUE INDEX chunks_of_journals ON chunks (number, last)",
    """CREATE TABLE health (number INTEGER NOT NULL REFERENCES deployments ON DELETE CASCADE,
       pod TEXT NOT NULL, value TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (number, pod)) STRICT""",
    """CREATE TABLE requests (caller TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, identifier TEXT NOT NULL,
       at INTEGER NOT NULL, PRIMARY KEY (caller, key)) STRICT""",
    "CREATE INDEX requests_by_time ON requests (at)",
)
# What was used before there were marks needs no filling.
_SECOND: Final[Migration] = (
    "CREATE TABLE marks (name TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT",
    "INSERT INTO marks SELECT 'filled', max(created) FROM deployments HAVING count(*) > 0",
)
_THIRD: Final[Migration] = ("ALTER TABLE requests ADD COLUMN answer BLOB",)

FORM: Final = Form((_FIRST, _SECOND, _THIRD), mark=0x464C_0001)
