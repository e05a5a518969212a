"""Saved plans as files: written for their owner alone, and read with suspicion."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fairlead.cli.options import Force, Releases, Targets, Where
from fairlead.cli.run import Run
from fairlead.cli.wire.saved import check_shape
from fairlead.domain.changes import PlanOptions
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import canonical_json, sha256_json
from fairlead.domain.saved_plans import API_VERSION, FORMAT, KIND, SavedPlan
from fairlead.doors.private_files import read_private, write_private
from fairlead.pipeline.application import Application
from fairlead.pipeline.saving import Chosen, chosen


@dataclass(frozen=True, slots=True)
class Approved:
    """A saved plan that is to be applied. `file` is how the command line names it."""

    plan: SavedPlan
    file: str

    def allowing(self, wishes: PlanOptions) -> SavedPlan:
        """Return the plan with what is said only when it is applied: that a hold may end."""
        return replace(self.plan, options=replace(self.plan.options, release_hold=wishes.release_hold))

    def about(self, application: Application) -> Chosen:
        """Return what the plan is about, as it is declared now; raises Refused (`planOutdated`) when it is not."""
        return chosen(self.plan, application.declaration, self.file)


def approved_plan(file: Path | None, where: Where, force: Force, run: Run) -> Approved | None:
    """Return the plan that `--plan` names, None without it.

    Raises:
        InputError: as `read_plan`, or the command line chooses or allows what only the file may (`conflictingOptions`).
    """
    if file is None:
        return None
    if where.targets != Targets() or where.releases != Releases() or force != Force():
        message = "--plan says what is applied and how it was planned, but the command line says so too"
        remedy = "leave out environment, --cluster, --all, -r, -l, --recreate, --take-ownership and --prune-releases"
        raise InputError(Problem("conflictingOptions", message, remedy=remedy))
    return Approved(read_plan(run.surroundings.directory / file), str(file))


def write_plan(path: Path, saved: SavedPlan) -> None:
    """Write a plan, in one step and with mode 0600; raises InputError as `write_private`."""
    write_private(path, canonical_json(saved.to_json()) + b"\n")


def read_plan(path: Path) -> SavedPlan:
    """Return a plan that was saved, if it is whole and of a form that we know.

    Raises:
        InputError: the file cannot be read (`fileRefused`), is no saved plan or a damaged one (`planFileInvalid`), or
            one that another Fairlead wrote (`planFileVersion`).
    """
    content = read_private(path)
    try:
        document = json.loads(content)
        checksum = sha256_json({name: value for name, value in document.items() if name != "checksum"})
    except (AttributeError, ValueError, RecursionError):
        raise _invalid(path, "it is no JSON object, or only a part of one") from None
    if document.get("kind") != KIND:
        raise _invalid(path, f"it holds no document of kind {KIND}")
    _require_version(path, document)
    if document.get("checksum") != checksum:
        raise _invalid(path, "its content does not match its checksum: it was changed or damaged")
    try:
        check_shape(document)
        return SavedPlan.from_json(document)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _invalid(path, f"it has another shape: {error}") from None


def _require_version(path: Path, document: Mapping[str, Any]) -> None:
    found = (document.get("apiVersion"), document.get("format"))
    if found != (API_VERSION, FORMAT):
        by = document.get("toolVersion")
        message = (
            f"{path}: found a plan of {found[0]}, format {found[1]} (made by Fairlead {by}), "
            f"expected {API_VERSION}, format {FORMAT}"
        )
        remedy = "plan and apply with the same Fairlead"
        raise InputError(Problem("planFileVersion", message, file=str(path), remedy=remedy))


def _invalid(path: Path, why: str) -> InputError:
    remedy = "name a file that `fairlead plan --save` wrote, or save the plan again"
    return InputError(Problem("planFileInvalid", f"found no saved plan: {why}", file=str(path), remedy=remedy))
