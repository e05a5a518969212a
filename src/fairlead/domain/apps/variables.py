"""Environment variables that every container of every app gets (`fairlead env`), and those that tell it what it is.

They stand after the container's own. One that a container names itself keeps its place and takes the value given here,
so that references to it (`$(NAME)`) go on working; the API server takes no name twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.errors import Problem
from fairlead.domain.manifests import JsonObject

LARGEST: Final = 32_768  # bytes of a value; the kernel takes 128 KiB, and an object of Kubernetes 1 MiB in all
_NAME: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,252}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class SecretKey:
    """A key of a Secret in the namespace of the app."""

    secret: str
    key: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A name and its value: a text, or what stands in a Secret, which nothing here ever reads."""

    name: str
    value: str | SecretKey

    def to_json(self) -> dict[str, Any]:
        """Return the entry of a container's `env`."""
        if isinstance(self.value, SecretKey):
            reference = {"name": self.value.secret, "key": self.value.key}
            return {"name": self.name, "valueFrom": {"secretKeyRef": reference}}
        return {"name": self.name, "value": self.value}

    def to_stored(self) -> dict[str, Any]:
        """Return the form that is kept with what got it."""
        if isinstance(self.value, SecretKey):
            return {"name": self.name, "secret": self.value.secret, "key": self.value.key}
        return {"name": self.name, "value": self.value}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Variable:
        """Read that form; KeyError when it is none."""
        if "secret" in stored:
            return cls(stored["name"], SecretKey(stored["secret"], stored["key"]))
        return cls(stored["name"], stored["value"])


def variable_problem(variable: Variable) -> Problem | None:
    """Return what is wrong with a variable as containers would see it, None when they can have it."""
    if not _NAME.fullmatch(variable.name):
        message = f"found the name {variable.name!r}, expected letters, digits, underscores, not beginning with a digit"
        return Problem("invalidName", message, path="name", remedy="write it as KAFKA_URL")
    if isinstance(variable.value, str) and not _fits(variable.value):
        message = f"the value holds what is no character, or is larger than {LARGEST} bytes"
        return Problem("invalidValue", message, path="value", remedy="mount a file instead")
    return None


def _fits(value: str) -> bool:
    try:
        return "\0" not in value and len(value.encode()) <= LARGEST
    except UnicodeEncodeError:
        return False


def variable_name(key: str) -> str:
    """Return the name that a stored key has in containers: `my-example-key` becomes `MY_EXAMPLE_KEY`."""
    return key.upper().replace("-", "_")


def injected(app: str, version: str, variables: Iterable[Variable]) -> list[dict[str, Any]]:
    """Return what every container gets: who it is, then the stored variables by name."""
    stored = sorted(variables, key=lambda one: variable_name(one.name))
    return [
        {"name": "APP_NAME", "value": app},
        {"name": "POD_NAMESPACE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}},
        {"name": "APP_VERSION", "value": version},
        {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        *(Variable(variable_name(one.name), one.value).to_json() for one in stored),
    ]


def with_variables(container: JsonObject, given: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return a container with the given entries of `env`, which win over its own of the same name."""
    entries = {entry["name"]: entry for entry in container.get("env") or ()}
    entries |= {entry["name"]: dict(entry) for entry in given}
    return {**container, "env": list(entries.values())}
