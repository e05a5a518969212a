"""What `env` prints."""

from __future__ import annotations

from collections.abc import Iterable

from fairlead.cli.wire.documents import Document, Item
from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.pipeline.units.variables import Outdated


class SecretKeyItem(Item, frozen=True, kw_only=True):
    """A key of a Secret in the namespace."""

    name: str
    key: str


class VariableItem(Item, frozen=True, kw_only=True):
    """A variable: its value, or where the value is."""

    name: str
    value: str | None
    secret_ref: SecretKeyItem | None


class RestartItem(Item, frozen=True, kw_only=True):
    """An app whose live version has other variables: its next deployment starts new pods. `names` differ."""

    app: str
    version: str
    names: list[str]


class Variables(Document, frozen=True, kw_only=True, tag="Variables"):
    """The variables of a namespace as they are now, or would be, and what they would restart."""

    cluster: str
    namespace: str
    variables: list[VariableItem]
    restarts: list[RestartItem]


def variables_document(
    cluster: str, namespace: str, *, variables: Iterable[Variable], restarts: Iterable[Outdated]
) -> Variables:
    """Return the document of a namespace's variables."""
    return Variables(
        cluster=cluster,
        namespace=namespace,
        variables=[_variable(one) for one in variables],
        restarts=[RestartItem(app=one.status.key.name, version=one.version, names=list(one.names)) for one in restarts],
    )


def _variable(variable: Variable) -> VariableItem:
    match variable.value:
        case SecretKey(secret=secret, key=key):
            return VariableItem(name=variable.name, value=None, secret_ref=SecretKeyItem(name=secret, key=key))
        case str() as value:
            return VariableItem(name=variable.name, value=value, secret_ref=None)
