"""From `{key, value | valueFrom}` items to value entries."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from fairlead.domain.config import (
    Cluster,
    EnvRef,
    GceAddress,
    Literal,
    Place,
    SecretRef,
    ValueEntry,
    ValueSource,
    ValueType,
)
from fairlead.domain.declaring.findings import Findings
from fairlead.domain.declaring.found import FoundRecord, FoundStructure
from fairlead.domain.declaring.quoting import quoted
from fairlead.domain.declaring.reading import describe
from fairlead.domain.documents import Node, ScalarNode
from fairlead.domain.errors import InputError
from fairlead.domain.providers import Gke
from fairlead.domain.resolving import is_null, to_object
from fairlead.domain.scalars import NotFinite, Scalar, resolve_plain
from fairlead.domain.suggesting import near
from fairlead.domain.valuepaths import BadValuePath, parse_path


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads the values of one environment. `cluster` is None when the environment names none that exists."""

    findings: Findings
    cluster: Cluster | None

    def entries(self, owner: FoundRecord, key: str) -> tuple[ValueEntry, ...]:
        """Return the entries of a list of values."""
        found = (self._entry(item) for item in owner.records(key) if item.sound)
        entries = tuple(entry for entry in found if entry is not None)
        seen: dict[str, ValueEntry] = {}
        for entry in entries:
            if entry.key in seen:
                message = (
                    f"the value {entry.key!r} stands here a second time, first in line {seen[entry.key].place.line}"
                )
                self.findings.warning(entry.place, "duplicateValue", message, "keep one of them; the last one counts")
            seen[entry.key] = entry
        return entries

    def _entry(self, item: FoundRecord) -> ValueEntry | None:
        key = item.text("key") or ""
        try:
            parse_path(key)
        except BadValuePath as error:
            message = f"found the key {quoted(key)}: {error}"
            self.findings.error(
                item.at("key"), "invalidValueKey", message, r"write names joined by dots; \. is a dot in a name"
            )
            return None
        source = self._source(item)
        return None if source is None else ValueEntry(key, source, item.place)

    def _source(self, item: FoundRecord) -> ValueSource | None:
        written = item.structure("value")
        if written is not None:
            return self._literal(written, ValueType(item.text("type") or "string"))
        if item.text("type") is not None:
            self.findings.error(item.at("type"), "typeWithoutValue", "found `type` beside `valueFrom`", "remove `type`")
        value_from = item.record("valueFrom")
        assert value_from is not None  # a sound item has one of the two
        if (env := value_from.text("env")) is not None:
            return EnvRef(env)
        if (secret := value_from.record("secretRef")) is not None:
            return SecretRef(secret.text("name") or "", secret.text("key") or "")
        return self._address(value_from)

    def _address(self, value_from: FoundRecord) -> GceAddress | None:
        resource = value_from.record("gceResource")
        address = resource.record("address") if resource else None
        if address is None:
            return None
        if self.cluster is not None and not isinstance(self.cluster.provider, Gke):
            self.findings.error(
                value_from.place,
                "gceNeedsGke",
                f"gceResource needs a cluster with the provider gke, which {self.cluster.name!r} does not have",
                "write the address as `value`, or use the value in environments on GKE only",
            )
        name = address.text("name") or self._parameter(address)
        return None if name is None else GceAddress(name, address.flag("isGlobal"))

    def _parameter(self, address: FoundRecord) -> str | None:
        name_from = address.record("nameFrom")
        wanted = name_from.text("clusterParam") if name_from else None
        if name_from is None or wanted is None or self.cluster is None:
            return None
        if wanted not in self.cluster.parameters:
            self.findings.error(
                name_from.at("clusterParam"),
                "undefinedParameter",
                f"the cluster {self.cluster.name!r} has no parameter {wanted!r}",
                near(wanted, self.cluster.parameters, otherwise="add it to the cluster's `parameters`"),
            )
            return None
        return self.cluster.parameters[wanted]

    def _literal(self, written: FoundStructure, kind: ValueType) -> Literal | None:
        try:
            return Literal(_converted(written.node, kind, written.place))
        except InputError as error:
            self.findings.add_at(written.place, error.problems)
        except _Unfit as unfit:
            self.findings.error(written.place, "wrongType", unfit.message, unfit.remedy)
        return None


class _Unfit(Exception):
    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


def _converted(node: Node, kind: ValueType, place: Place) -> Any:
    if kind is ValueType.JSON:
        return _json(node, place)
    if not isinstance(node, ScalarNode):
        raise _Unfit(f"found {describe(node)}, expected a text", "add `type: json` beside `value`")
    if is_null(node):
        remedy = "write `value: ''` for an empty text, or add `type: json` to take away a chart's default with null"
        raise _Unfit("found nothing, expected a text", remedy)
    if kind is ValueType.STRING:
        return node.text
    try:
        value = resolve_plain(node.text)
    except NotFinite:
        value = None
    if _fits(value, kind):
        return value
    raise _Unfit(f"found {quoted(node.text)}, expected a value of type {kind.value}", "correct the value or its `type`")


def _fits(value: Scalar, kind: ValueType) -> bool:
    match kind:
        case ValueType.BOOLEAN:
            return isinstance(value, bool)
        case ValueType.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool)
        case _:
            return isinstance(value, (int, float)) and not isinstance(value, bool)


def _json(node: Node, place: Place) -> Any:
    """A list or mapping counts as it stands; a scalar is JSON text, so that `null`, `5` and `'{"a": 1}'` all work."""
    if not isinstance(node, ScalarNode):
        return to_object(node, place.file)
    if is_null(node):
        return None
    try:
        return json.loads(node.text, parse_constant=_no_constant, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        raise _Unfit(
            f"found {describe(node)}, which is not JSON", "write JSON; a text in it needs its own quotes: '\"text\"'"
        ) from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice")
    return result
