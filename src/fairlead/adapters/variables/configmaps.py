"""The `VariableStore` port on one ConfigMap a namespace, through the cluster's own door.

`data` has a key for each variable. Names hold no dot, so `secret.TOKEN: login/token` can be no variable: it says that
TOKEN is the key `token` of the Secret `login`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.errors import OperationFailed, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.doors.swapping import swapped
from fairlead.ports.cluster import Cluster, LiveObject
from fairlead.ports.variables import Stored

NAME: Final = "fairlead.variables.v1"
_SECRET: Final = "secret."  # noqa: S105 - the beginning of a key


@dataclass(frozen=True, slots=True)
class ConfigMapVariables:
    """The variables of one cluster."""

    cluster: Cluster

    async def read(self, namespace: str) -> Stored:
        """Return the variables of a namespace."""
        live = await self.cluster.get(ObjectRef("v1", "ConfigMap", namespace, NAME))
        return Stored() if live is None else _stored(live)

    async def swap(self, namespace: str, old: Stored, new: Iterable[Variable]) -> Stored | None:
        """Store variables in place of those that were read; None when somebody else was faster."""
        wanted = tuple(sorted(new, key=_by_name))
        live = await swapped(self.cluster, _object(namespace, wanted), old.version, old.uid)
        if live is None:
            now = await self.read(namespace)  # an answer that was lost: it may be our own
            return now if now.version and now.variables == wanted else None
        return _stored(live)


def _by_name(variable: Variable) -> str:
    return variable.name


def _object(namespace: str, variables: Iterable[Variable]) -> dict[str, Any]:
    data = dict(_entry(one) for one in variables)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME, "namespace": namespace}, "data": data}


def _entry(variable: Variable) -> tuple[str, str]:
    if isinstance(variable.value, SecretKey):
        return f"{_SECRET}{variable.name}", f"{variable.value.secret}/{variable.value.key}"
    return variable.name, variable.value


def _stored(live: LiveObject) -> Stored:
    meta = live["metadata"]
    found = sorted((_variable(live, key, value) for key, value in (live.get("data") or {}).items()), key=_by_name)
    return Stored(tuple(found), meta["resourceVersion"], meta["uid"])


def _variable(live: LiveObject, key: str, value: str) -> Variable:
    if not key.startswith(_SECRET):
        return Variable(key, value)
    secret, slash, name = value.partition("/")
    if not (secret and slash and name):
        message = f"cannot read {key} in ConfigMap {live['metadata']['namespace']}/{NAME}: expected SECRET/KEY"
        raise OperationFailed(Problem("variablesInvalid", message, remedy="set the variable again, or remove the key"))
    return Variable(key.removeprefix(_SECRET), SecretKey(secret, name))
