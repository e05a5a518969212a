"""Where the declared files are hosted: a working copy of our own of their repository, and its forge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from fairlead.domain.upgrades.proposals import Proposals
from fairlead.ports.forge import Forge
from fairlead.ports.workingcopy import WorkingCopy


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository. `prefix` leads to the root of the declared files in it; `forge` is None where nobody needs one."""

    copy: WorkingCopy
    forge: Forge | None
    prefix: str


class Hosting(Protocol):
    """Finds out where the declared files come from."""

    async def open(self, proposals: Proposals) -> Hosted:
        """Return the repository that the declared files were cloned from.

        Errors: `InputError` (`noRemote`, `remoteRefused`, `forgeUnknown`, `variableNotSet`,
        `tokenMissing`), `OperationFailed`.
        """
        ...
