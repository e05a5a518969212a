"""What a cluster in memory was asked, and which of it fails."""

from __future__ import annotations

from dataclasses import dataclass

from fairlead.domain.errors import FairleadError
from fairlead.domain.identity import ObjectRef

WRITES = frozenset({"apply", "create", "replace", "patch", "delete"})


@dataclass(frozen=True, slots=True)
class Call:
    """One request as the server saw it: `verb` is the name of the port's method, `fields` a list's field selector.

    `fresh` is said of lists.
    """

    verb: str
    kind: str
    ref: ObjectRef | None = None
    dry_run: bool = False
    manager: str = ""
    fields: str = ""
    fresh: bool = True


@dataclass(slots=True)
class Fault:
    """Lets `left` matching calls fail, after `skip` that succeed."""

    error: FairleadError
    verb: str
    kind: str | None
    name: str | None
    left: int
    skip: int

    def strikes(self, call: Call) -> bool:
        """Whether a call fails; every matching call counts."""
        if self.verb != call.verb or self.kind not in (None, call.kind):
            return False
        if self.name not in (None, call.ref and call.ref.name) or not (self.skip or self.left):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.left -= 1
        return True


def is_bookkeeping(call: Call) -> bool:
    """Whether a call was about a state, a record or a Lease of ours."""
    ref = call.ref
    prefixes = ("fairlead.v1.", "sh.helm.release.v1.")
    return ref is not None and (ref.kind == "Lease" or (ref.kind == "Secret" and ref.name.startswith(prefixes)))
