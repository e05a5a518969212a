"""The grammar of lock files, and from what was found in them to what was chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from fairlead.domain.config import Release
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord
from fairlead.domain.declaring.shapes import Field, ListOf, Record
from fairlead.domain.declaring.texts import ANY_TEXT, RELEASE_NAME, WORD
from fairlead.domain.upgrades.chosen import Chosen, lock_file_of
from fairlead.domain.valuepaths import BadValuePath, parse_path

CHOSEN = Record(
    "chosen",
    "A value that was chosen for a release",
    (
        Field("environment", WORD, "The release's environment.", required=True),
        Field("release", RELEASE_NAME, "The release.", required=True),
        Field("key", ANY_TEXT, "Path of the value.", required=True),
        Field("declared", ANY_TEXT, "What was declared there. The entry counts while it still is.", default="nothing"),
        Field("value", ANY_TEXT, "What counts instead.", required=True),
    ),
)
LOCK_FILE = Record(
    "lockFile",
    "What was chosen for releases with `lockFile: true`; written by Fairlead",
    (Field("chosen", ListOf(CHOSEN), "The entries; of one value the last one counts."),),
)


@dataclass(frozen=True, slots=True)
class LockFiles:
    """Lock files by their path. Those that are not there yet are missing."""

    files: Mapping[str, FoundRecord] = field(default_factory=dict)

    def locked(self, environment: str, release: Release) -> Release:
        """Return a release with what was chosen for it."""
        if release.lock_file is None or release.lock_file not in self.files:
            return release
        entries = self.files[release.lock_file].records("chosen")
        mine = [
            each for each in entries if (each.text("environment"), each.text("release")) == (environment, release.name)
        ]
        return replace(release, chosen=tuple(_chosen(each) for each in mine if each.sound))


def check_keys(found: FoundRecord, findings: Findings) -> None:
    """Note every key of a lock file that is no path."""
    for each in found.records("chosen"):
        try:
            parse_path(each.text("key") or "missing")
        except BadValuePath as error:
            remedy = "delete the entry; Fairlead chooses again"
            findings.error(each.at("key"), "invalidValueKey", f"found the key {each.text('key')!r}: {error}", remedy)


def lock_files_of(file: str, found: FoundRecord) -> Iterator[str]:
    """Yield the lock file of a file with releases, if one of them wants it; also of an environments file."""
    within = [release for each in found.records("environments") for release in each.records("releases")]
    if any(release.flag("lockFile") for release in (*found.records("releases"), *within)):
        yield lock_file_of(file)


def _chosen(found: FoundRecord) -> Chosen:
    texts = (found.text("key") or "", found.text("declared"), found.text("value") or "")
    return Chosen(*texts, found.place.file, found.place.line)
