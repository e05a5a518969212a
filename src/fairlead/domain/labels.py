"""Label selectors, as objects have them and in kubectl's syntax.

That is: `a=b`, `a!=b`, `a in (b, c)`, `a notin (b)`, `a`, `!a`, joined by commas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fairlead.domain.errors import InputError, Problem
from fairlead.domain.reading import ObjectBody, branch, entries, text

_KEY = r"(?:[A-Za-z0-9.-]+/)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?"
_TEXT = r"[A-Za-z0-9._-]*"
_REQUIREMENT = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<gone>{_KEY})"
    rf"|(?P<key>{_KEY})(?:\s*(?P<equality>==|=|!=)\s*(?P<value>{_TEXT})"
    rf"|\s+(?P<set>in|notin)\s*\(\s*(?P<values>{_TEXT}(?:\s*,\s*{_TEXT})*)\s*\))?)\s*(?:,|$)"
)


class Operator(StrEnum):
    """How a requirement judges a label."""

    IN = "in"
    NOT_IN = "notin"
    EXISTS = "exists"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition on one label. `NOT_IN` holds for a missing label too, as in Kubernetes."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet the condition."""
        match self.operator:
            case Operator.IN:
                return labels.get(self.key) in self.values
            case Operator.NOT_IN:
                return labels.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.key in labels
            case Operator.ABSENT:
                return self.key not in labels


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions that must all hold; none of them selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether labels meet every condition."""
        return all(requirement.holds(labels) for requirement in self.requirements)


_WRITTEN: Final = {
    "In": Operator.IN,
    "NotIn": Operator.NOT_IN,
    "Exists": Operator.EXISTS,
    "DoesNotExist": Operator.ABSENT,
}


def selector_of(written: ObjectBody) -> Selector:
    """Return the selector that an object has (meta/v1 LabelSelector); what is none of its operators is left out."""
    labels = branch(written, "matchLabels").items()
    expressions = [one for one in entries(written, "matchExpressions") if text(one, "operator") in _WRITTEN]
    return Selector(
        (
            *(Requirement(key, Operator.IN, frozenset({str(value)})) for key, value in labels),
            *(
                Requirement(text(one, "key"), _WRITTEN[text(one, "operator")], frozenset(one.get("values") or ()))
                for one in expressions
            ),
        )
    )


def parse_selector(text: str) -> Selector:
    """Return the selector that a text means.

    Raises:
        InputError: it is not in the syntax.
    """
    requirements: list[Requirement] = []
    position = 0
    while position < len(text):
        found = _REQUIREMENT.match(text, position)
        if found is None:
            message = f"found the label selector {text!r}, expected conditions joined by commas"
            remedy = "write conditions such as `team=web`, `tier!=test`, `team in (web, api)` or `!canary`"
            raise InputError(Problem("invalidSelector", message, remedy=remedy))
        requirements.append(_requirement(found))
        position = found.end()
    return Selector(tuple(requirements))


def _requirement(found: re.Match[str]) -> Requirement:
    if found["absent"]:
        return Requirement(found["gone"], Operator.ABSENT)
    if found["equality"]:
        operator = Operator.NOT_IN if found["equality"] == "!=" else Operator.IN
        return Requirement(found["key"], operator, frozenset({found["value"]}))
    if found["set"]:
        values = frozenset(value.strip() for value in found["values"].split(","))
        return Requirement(found["key"], Operator(found["set"]), values)
    return Requirement(found["key"], Operator.EXISTS)
