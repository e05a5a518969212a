"""What waits for what, over all releases of a run: a graph, and what of it is ready, waiting or blocked.

Nodes are the objects to write and, for each release, its start, its waves and its end. An edge says that one node needs
another to have succeeded. Releases wait for the releases they depend on (health included); objects wait for their
namespace, for the definition of their kind, and for the wave before theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from fairlead.domain.changes import Action, Change, ReleasePlan
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.ordering import LAST_WAVE, PREPARATION, defined_kinds, wave


class NodeKind(StrEnum):
    """What a node of the graph stands for."""

    START = "start"
    WAVE = "wave"
    OBJECT = "object"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that happens. `ref` is set for objects, `wave` for waves and objects."""

    kind: NodeKind
    key: ReleaseKey
    wave: int = 0
    ref: ObjectRef | None = None

    def __str__(self) -> str:
        return f"{self.ref} of release {self.key.release}" if self.ref else f"release {self.key.release}"


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything the node needs has succeeded."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The node needs something that is not finished."""

    on: Node


@dataclass(frozen=True, slots=True)
class Blocked:
    """The node needs something that failed, so it will never be ready."""

    by: Node

    @property
    def reason(self) -> str:
        """A plain sentence for people."""
        return f"it needs {self.by}, which did not succeed"


Verdict = Ready | Waiting | Blocked


@dataclass(frozen=True, slots=True)
class Graph:
    """Which nodes each node needs."""

    needs: Mapping[Node, tuple[Node, ...]] = field(default_factory=dict)

    def verdict(self, node: Node, finished: Mapping[Node, bool]) -> Verdict:
        """Return whether a node may go ahead; `finished` says of each ended node whether it succeeded."""
        failed = next((need for need in self.needs[node] if finished.get(need) is False), None)
        if failed is not None:
            return Blocked(self._root(failed, finished))
        waiting = next((need for need in self.needs[node] if need not in finished), None)
        return Ready() if waiting is None else Waiting(waiting)

    def _root(self, failed: Node, finished: Mapping[Node, bool]) -> Node:
        """A wave fails because of an object, which is what people want to hear of."""
        while failed.kind is NodeKind.WAVE:
            failed = next(need for need in self.needs[failed] if finished.get(need) is False)
        return failed

    def cycle(self) -> tuple[Node, ...]:
        """Return a circle of nodes that wait for each other, the first one repeated at the end; empty when none."""
        safe: set[Node] = set()
        for node in self.needs:
            found = self._walk(node, safe)
            if found:
                return found
        return ()

    def _walk(self, root: Node, safe: set[Node]) -> tuple[Node, ...]:
        """Depth first without recursion: chains of waves are longer than Python's stack."""
        path: list[Node] = []
        on_path: set[Node] = set()
        todo: list[tuple[Node, bool]] = [(root, False)]
        while todo:
            node, leaving = todo.pop()
            if leaving:
                on_path.remove(path.pop())
                safe.add(node)
            elif node in on_path:
                return (*path[path.index(node) :], node)
            elif node not in safe:
                path.append(node)
                on_path.add(node)
                todo.append((node, True))
                todo.extend((need, False) for need in self.needs[node])
        return ()


def start(key: ReleaseKey) -> Node:
    """Return the node at which a release begins."""
    return Node(NodeKind.START, key)


def done(key: ReleaseKey) -> Node:
    """Return the node at which a release has ended, health included."""
    return Node(NodeKind.DONE, key)


def object_node(key: ReleaseKey, change: Change) -> Node:
    """Return the node of one change."""
    return Node(NodeKind.OBJECT, key, change_wave(change), change.ref)


def change_wave(change: Change) -> int:
    """Return the wave of a change: what must be there before hooks first, deletions last and backwards."""
    if change.action is Action.DELETE:
        return 2 * LAST_WAVE + 1 - wave(change.ref)
    return PREPARATION if change.is_preparation else wave(change.ref)


def schedule(plans: Sequence[ReleasePlan], dependencies: Mapping[ReleaseKey, Iterable[ReleaseKey]]) -> Graph:
    """Return the graph of a run; raises InputError (`dependencyCycle`) with the path of a circle."""
    providers = _providers(plans)
    needs: dict[Node, tuple[Node, ...]] = {}
    planned = {plan.key for plan in plans}
    for plan in plans:
        before = [done(key) for key in dependencies.get(plan.key, ()) if key in planned]
        namespace = providers.get((plan.key.cluster, "", "Namespace", plan.key.namespace))
        if namespace is not None and namespace.key != plan.key:
            before.append(namespace)
        needs[start(plan.key)] = tuple(before)
        needs |= _release_nodes(plan, providers)
    graph = Graph(needs)
    _refuse_cycle(graph.cycle())
    return graph


_Providers = Mapping[tuple[str, str, str, str], Node]


def _providers(plans: Sequence[ReleasePlan]) -> _Providers:
    """Return the nodes that others need: namespaces by name, and definitions by the kind they add."""
    found: dict[tuple[str, str, str, str], Node] = {}
    for plan in plans:
        for change in _writing(plan):
            if change.action is Action.DELETE:
                continue
            node = object_node(plan.key, change)
            if change.ref.group_kind == ("", "Namespace"):
                found[plan.key.cluster, "", "Namespace", change.ref.name] = node
            for group, kind in defined_kinds(change.desired or {}):
                found[plan.key.cluster, group, kind, "*"] = node
    return found


def _release_nodes(plan: ReleasePlan, providers: _Providers) -> dict[Node, tuple[Node, ...]]:
    needs: dict[Node, tuple[Node, ...]] = {}
    waves: dict[int, list[Change]] = {}
    for change in _writing(plan):
        waves.setdefault(change_wave(change), []).append(change)
    previous = start(plan.key)
    for number, changes in sorted(waves.items()):
        nodes = []
        for change in changes:
            node = object_node(plan.key, change)
            needs[node] = (previous, *_required(plan.key, change, providers))
            nodes.append(node)
        previous = Node(NodeKind.WAVE, plan.key, number)
        needs[previous] = tuple(nodes)
    needs[done(plan.key)] = (previous,)
    return needs


def _required(key: ReleaseKey, change: Change, providers: _Providers) -> list[Node]:
    if change.action is Action.DELETE:
        return []
    wanted = [(key.cluster, *change.ref.group_kind, "*")]
    if change.ref.namespace:
        wanted.append((key.cluster, "", "Namespace", change.ref.namespace))
    return [providers[one] for one in wanted if one in providers]


def _writing(plan: ReleasePlan) -> Iterable[Change]:
    return (change for change in plan.changes if change.action.writes)


def _refuse_cycle(circle: tuple[Node, ...]) -> None:
    if not circle:
        return
    named = [str(node) for node in circle if node.kind is not NodeKind.WAVE]
    path = [name for index, name in enumerate(named) if index == 0 or named[index - 1] != name]
    path += path[:1] if path[0] != path[-1] else []
    raise InputError(
        Problem(
            "dependencyCycle",
            "releases wait for each other: " + " needs ".join(path),
            remedy="remove one of the dependencies, or move the object that the other release needs",
        )
    )
