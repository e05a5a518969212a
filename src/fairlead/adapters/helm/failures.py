"""Helm's error messages, read: what went wrong, in which template, on which line.

Helm has no structured errors. The forms read here are those of Helm 4's engine (`pkg/engine/engine.go`) and of its
schema check; whatever has another form is passed on as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from fairlead.domain.errors import FairleadError, InputError, OperationFailed, Problem
from fairlead.domain.valuepaths import format_path


class FailureKind(StrEnum):
    """What a refusal of Helm is about."""

    CHART = "chart"
    VALUES = "values"
    RENDER = "render"
    CLUSTER = "cluster"
    KUBE_VERSION = "kubeVersion"
    LIMIT = "limit"


SCHEMA_INTRO = "values don't meet the specifications of the schema(s)"

# `execution error at (shop/templates/a.yaml:2:6): message`, from `fail`, `required` and unparsable templates
_SHORT = re.compile(
    r"(?:execution|parse) error (?:at|in) "
    r"\((?P<file>[^():]+)(?::(?P<line>\d+))?(?::(?P<column>\d+))?\): (?P<message>.*)",
    re.DOTALL,
)
# `shop/templates/a.yaml:2:6`, then indented where in the template, then more indented the reason; once per include
_FRAME = re.compile(r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d+):(?P<column>\d+)$", re.MULTILINE)
# `template: shop/templates/a.yaml:2:6: executing "..." at <...>: `, once per include, all in one line
_LINK = re.compile(
    r"template: (?P<file>[^:\s]+):(?P<line>\d+):(?P<column>\d+): "
    r'executing "[^"\n]*" at <[^\n]*?>: (?:error calling \w+: )?'
)
# what `helm` itself says of output that is no YAML; the library leaves that to us
_UNREADABLE = re.compile(r"YAML parse error on (?P<file>[^:\n]+): (?P<message>.*)", re.DOTALL)
_VIOLATION = re.compile(r"^- at '(?P<path>[^']*)': (?P<message>.*)$")
_CHART_LINE = re.compile(r"^(?P<chart>[A-Za-z0-9_.-]+):$")


def failure(kind: FailureKind, message: str, *, chart: str) -> FairleadError:
    """Return the error that a refusal of Helm means. `chart` is how people call the chart."""
    match kind:
        case FailureKind.CHART:
            remedy = "correct the chart, or name another chart or version"
            return InputError(Problem("chartInvalid", f"chart {chart}: {message.strip()}", remedy=remedy))
        case FailureKind.VALUES:
            return InputError(tuple(_values_problems(message, chart)))
        case FailureKind.CLUSTER:
            return OperationFailed(Problem("clusterUnreachable", f"chart {chart}: lookup: {message.strip()}"))
        case FailureKind.KUBE_VERSION:
            remedy = "deploy a version of the chart that supports this cluster, or upgrade the cluster"
            return OperationFailed(Problem("kubeVersionUnsupported", f"{chart}: {message.strip()}", remedy=remedy))
        case FailureKind.LIMIT:
            remedy = "look for a template that repeats without end"
            return OperationFailed(Problem("renderLimit", f"chart {chart}: {message}", remedy=remedy))
        case FailureKind.RENDER:
            return OperationFailed(_render_problem(message, chart))


def _render_problem(message: str, chart: str) -> Problem:
    code = "chartRenderFailed"
    if found := _SHORT.search(message):
        line, column = found["line"], found["column"]
        place = (found["file"], int(line) if line else None, int(column) if column else None)
        return Problem(code, f"chart {chart}: {found['message'].strip()}", *place)
    if found := _UNREADABLE.search(message):
        return Problem(code, f"chart {chart}: {found['message'].strip()}", found["file"])
    frames = [*_FRAME.finditer(message)] or [*_LINK.finditer(message)]
    if not frames:
        return Problem(code, f"chart {chart}: {message.strip()}")
    last = frames[-1]
    reason = " ".join(message[last.end() :].split())
    return Problem(code, f"chart {chart}: {reason}", last["file"], int(last["line"]), int(last["column"]))


def _values_problems(message: str, chart: str) -> Iterator[Problem]:
    if not message.startswith(SCHEMA_INTRO):
        yield Problem("valuesInvalid", f"chart {chart}: {message.strip()}", remedy="correct the values")
        return
    top = owner = chart.partition(" ")[0]
    for line in message.splitlines()[1:]:
        if found := _CHART_LINE.match(line):
            owner = found["chart"]
        elif found := _VIOLATION.match(line):
            # The values of a sub-chart stand under its name.
            steps = [] if owner == top else [owner]
            path = format_path((*steps, *_steps(found["path"])))
            yield _violation(f"{path or 'the values'}: {found['message']}", path, owner)
        elif line.strip():
            yield _violation(line.strip(), "", owner)


def _steps(pointer: str) -> Iterator[str | int]:
    for part in pointer.split("/")[1:]:
        yield int(part) if part.isdigit() else part.replace("~1", "/").replace("~0", "~")


def _violation(message: str, path: str, owner: str) -> Problem:
    remedy = "correct the value; the chart's values.schema.json says what it may be"
    return Problem("valuesSchema", f"chart {owner}: {message}", path=path or None, remedy=remedy)
