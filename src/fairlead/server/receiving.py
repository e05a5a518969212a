"""Reads the file that declares who may send webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.webhooks.receivers import Receiver, read_receivers
from fairlead.doors.paths import Paths
from fairlead.doors.yaml import DECLARED_LIMITS, read_document


def receivers_in(file: Path, environ: Mapping[str, str]) -> dict[str, Receiver]:
    """Return the receivers that a file declares, by name; their secrets come from `environ`.

    Raises:
        InputError: with every mistake, a missing or short secret among them.
    """
    if not file.is_file():
        remedy = "name the file that declares the receivers with --config"
        raise InputError(Problem("missingFile", f"there is no file {str(file)!r}", remedy=remedy))
    content = Paths(file.parent.resolve()).read(file.name, limit=DECLARED_LIMITS.size)
    document = read_document(content, str(file))
    if document.problems:
        raise InputError(document.problems)
    return {receiver.name: receiver for receiver in read_receivers(document.root, str(file), environ)}
