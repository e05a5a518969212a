"""Environment variables that every app of a place gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.errors import Problem

LARGEST: Final = 32_768  # bytes of a value; the kernel takes 128 KiB, and an object of Kubernetes 1 MiB in all
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,252}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SecretReference:
    """A key of a Secret in the app's own namespace. Its value is never kept."""

    secret: str
    key: str

    def to_json(self) -> dict[str, str]:
        """Return the wire form."""
        return {"name": self.secret, "key": self.key}


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a variable holds: everywhere, in one cluster, or in one namespace of it. Empty means every."""

    cluster: str = ""
    namespace: str = ""

    def holds(self, cluster: str, namespace: str) -> bool:
        """Return whether what is said of this place is said of that namespace."""
        return self.cluster in ("", cluster) and self.namespace in ("", namespace)

    @property
    def narrowness(self) -> int:
        """How much it leaves out: the narrower place wins."""
        return bool(self.cluster) + bool(self.namespace)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable in one place. `revision` counts its changes from 1."""

    name: str
    value: str | SecretReference
    place: Place = Place()
    revision: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return the wire form."""
        is_secret = isinstance(self.value, SecretReference)
        said = {"secretRef": self.value.to_json()} if isinstance(self.value, SecretReference) else {"value": self.value}
        where = {"cluster": self.place.cluster or None, "namespace": self.place.namespace or None}
        return {"name": self.name, **where, "secret": is_secret, **said}


def variable_name(text: str) -> str:
    """Return the name that a container sees: capitals, with underscores for dashes."""
    return text.upper().replace("-", "_")


def variable_problem(variable: Variable) -> Problem | None:
    """Return what is wrong with a variable, None when it can be kept."""
    if not _NAME.fullmatch(variable.name):
        message = (
            f"found the name {variable.name!r}, expected letters, digits and underscores, not beginning with a digit"
        )
        return Problem("invalidName", message, path="name", remedy="write it as KAFKA_URL")
    if variable.place.namespace and not variable.place.cluster:
        return Problem("invalidPlace", "a namespace is named, but not its cluster", path="cluster", remedy="name both")
    if isinstance(variable.value, str) and not _fits(variable.value):
        message = f"the value holds what is no character, or is larger than {LARGEST} bytes"
        return Problem("invalidValue", message, path="value", remedy="mount a file instead")
    return None


def _fits(value: str) -> bool:
    try:
        return "\0" not in value and len(value.encode()) <= LARGEST
    except UnicodeEncodeError:
        return False


def effective(variables: Iterable[Variable], cluster: str, namespace: str) -> Mapping[str, str | SecretReference]:
    """Return the variables of one namespace, by name; what is said of the narrower place wins."""
    held = [variable for variable in variables if variable.place.holds(cluster, namespace)]
    ordered = sorted(held, key=lambda variable: (variable.place.narrowness, variable.name))
    return {variable.name: variable.value for variable in ordered}
