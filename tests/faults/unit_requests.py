"""What recorded requests of drivers tell: when traffic was led where, what was deleted unread, what came too late."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from bench.answers import Answer, too_early, too_late
from fairlead.domain.packing import unpack
from fairlead.domain.reading import branch, text
from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.phases import Phase
from tests.faults.proxy import Done
from tests.faults.rules import Call
from tests.faults.unit_anchors import ANCHOR_TYPE
from tests.faults.unit_history import Change

FOLLOWED_WITHIN = 2.0
"""So many seconds after a switch was confirmed every kube-proxy follows it, on a busy machine too."""

_ANCHORS = "fairlead.unit.v1."


def is_of_route(call: Call, app: str) -> bool:
    """Whether a request is about the route of an app."""
    return (call.resource, call.name, call.subresource) == ("services", app, "")


def is_switch(call: Call, app: str) -> bool:
    """Whether a request leads the traffic of an app elsewhere."""
    return call.is_write and is_of_route(call, app) and b'"/spec/selector' in call.body


def unread(calls: Iterable[Call]) -> list[str]:
    """Return what was deleted without a look at it since the anchor was swapped last (R7)."""
    read, found = set[tuple[str, str]](), []
    for call in calls:
        if call.method == "GET":
            read.add((call.resource, call.name))
        elif call.is_write and call.resource == "secrets" and call.name.startswith(_ANCHORS):
            read.clear()
        elif call.method == "DELETE" and call.resource != "leases":
            found += [] if read & {(call.resource, call.name), (call.resource, "")} else [f"R7: {call} was unread"]
    return found


def stale(accepted: Iterable[Call], later: Iterable[Call]) -> list[str]:
    """Return which writes of a driver that was overtaken were carried out on what the later one had touched."""
    touched = {(call.resource, call.name) for call in later}
    return [f"stale: {call}" for call in accepted if (call.resource, call.name) in touched]


def misled(answers: Sequence[Answer], changes: Sequence[Change], done: Sequence[Done], app: str) -> Iterator[str]:
    """Return which answers came from the wrong side: of a version before its switch (R9), or after it had left (R10).

    A switch is sent not before its request arrived at the proxy, and confirmed when the anchor says so.
    """
    by_version = {one.version: one for one in done if one.version}
    route, left, began = "", "", min(by_version, default=math.inf)
    since = dict[str, float]()
    for one in changes:
        if one.kind == "Service" and text(one.obj, "metadata", "name") == app and not one.gone:
            to = text(branch(one.obj, "spec", "selector"), "version")
            if to != route and one.at >= began:
                sent, left = by_version.get(one.at), route
                if sent is None:
                    yield f"the route went to {to} at {one.at} by no recorded request"
                else:
                    since.setdefault(to, sent.arrived)
            route = to
        elif left and _phase(one) is Phase.SOAKING and one.at in by_version:
            late = too_late(answers, left, by_version[one.at].answered + FOLLOWED_WITHIN)
            yield from (f"R10: {each.version} answered {each.sent}" for each in late)
            left = ""
    for version, at in since.items():
        yield from (f"R9: {version} answered {each.answered} before {at}" for each in too_early(answers, version, at))


def _phase(one: Change) -> Phase | None:
    if one.kind != "Secret" or one.obj.get("type") != ANCHOR_TYPE or one.gone:
        return None
    return Anchor.from_json(unpack([str((one.obj.get("data") or {}).get("document", ""))])).phase
