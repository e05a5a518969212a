"""Carries out exactly the changes of a plan by server-side apply, each as soon as what it needs is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Final

from fairlead.domain.causes import Patience
from fairlead.domain.changes import Action, Change, Unverified
from fairlead.domain.comparing import refreshed
from fairlead.domain.errors import FairleadError, OperationFailed, Problem, RemoteRefused
from fairlead.domain.events import Applied, ApplyFailed
from fairlead.domain.identity import ObjectRef, ReleaseKey
from fairlead.domain.joining import joined
from fairlead.domain.ordering import defined_kinds
from fairlead.domain.scheduling import Blocked, Ready, object_node
from fairlead.doors.redaction import Redactor
from fairlead.pipeline.adopting import migrate
from fairlead.pipeline.board import WRITES_WITHIN, Board, Stopped
from fairlead.pipeline.engine import Engine, at_once
from fairlead.pipeline.establishing import wait_established, wait_served
from fairlead.pipeline.removing import GONE_WITHIN_SECONDS, delete_planned, wait_gone
from fairlead.ports.cluster import Cluster, LiveObject

CONFLICTS_AT_MOST: Final = 30
SERVED_WITHIN_SECONDS: Final = 60.0
_PATIENCE_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class ChangeReport:
    """What became of changes: objects as they are now, those that are gone, and those never begun with the reason.

    `codes` are those of the failures.
    """

    applied: tuple[LiveObject, ...] = ()
    removed: tuple[ObjectRef, ...] = ()
    failures: tuple[tuple[ObjectRef, str], ...] = ()
    skipped: tuple[tuple[ObjectRef, str], ...] = ()
    interrupted: bool = False
    codes: frozenset[str] = frozenset()

    def followed_by(self, later: ChangeReport) -> ChangeReport:
        """Return what became of these and later changes."""
        return ChangeReport(
            self.applied + later.applied,
            self.removed + later.removed,
            self.failures + later.failures,
            self.skipped + later.skipped,
            interrupted=self.interrupted or later.interrupted,
            codes=self.codes | later.codes,
        )

    @property
    def code(self) -> str:
        """The code of what went wrong, empty where several things did, or nothing."""
        return next(iter(self.codes)) if len(self.codes) == 1 else ""

    @property
    def explanation(self) -> str:
        """What went wrong, as lines for people; empty when nothing did."""
        lines = _by_message(self.failures)
        reasons = dict.fromkeys(reason for _, reason in self.skipped)
        lines += [f"{_count(self.skipped, reason)} not begun: {reason}" for reason in reasons]
        return "\n".join(lines)


async def apply_changes(
    key: ReleaseKey,
    changes: Iterable[Change],
    board: Board,
    engine: Engine,
    *,
    redactor: Redactor,
    timeout_seconds: float = GONE_WITHIN_SECONDS,
) -> ChangeReport:
    """Write the changes of a release, side by side as far as their order allows. One that fails stops later waves.

    What is deleted must be gone within `timeout_seconds`.
    """
    stage = _Stage(key, board, engine, engine.cluster(key), redactor, timeout_seconds)
    ends = await at_once(stage.carry_out(change) for change in changes if change.action.writes)
    return ChangeReport(
        tuple(end.live for end in ends if end.live is not None),
        tuple(end.ref for end in ends if end.removed),
        tuple((end.ref, end.failure) for end in ends if end.failure),
        tuple((end.ref, end.skipped) for end in ends if end.skipped),
        interrupted=any(end.interrupted for end in ends),
        codes=frozenset(end.code for end in ends if end.code),
    )


@dataclass(frozen=True, slots=True)
class _End:
    ref: ObjectRef
    live: LiveObject | None = None
    removed: bool = False
    failure: str = ""
    code: str = ""
    skipped: str = ""
    interrupted: bool = False


@dataclass(frozen=True, slots=True)
class _Stage:
    key: ReleaseKey
    board: Board
    engine: Engine
    cluster: Cluster
    redactor: Redactor
    timeout_seconds: float

    async def carry_out(self, change: Change) -> _End:
        node = object_node(self.key, change)
        match await self.board.turn(node):
            case Stopped():
                return _End(change.ref, interrupted=True)
            case Blocked() as blocked:
                self.board.finish(node, ok=False)
                return _End(change.ref, skipped=blocked.reason)
            case Ready():
                pass
        try:
            end = _End(change.ref)
            if change.action in (Action.DELETE, Action.RECREATE):
                end = await self._remove(change)
                change = replace(change, uid=None, resource_version=None)
            if change.action is not Action.DELETE and not end.interrupted:
                end = await self._make(change)
        except OperationFailed as error:
            message = self.redactor.text(said(error))
            self.engine.events.emit(ApplyFailed(self.key, change.ref, message))
            self.board.finish(node, ok=False)
            return _End(change.ref, failure=message, code=error.code)
        if not end.interrupted:
            self.engine.events.emit(Applied(self.key, change.ref, change.action))
            self.board.finish(node, ok=True)
        return end

    async def _remove(self, change: Change) -> _End:
        """Delete one object and wait until it is gone. A stop ends the waiting, not the deletion."""
        deleting = delete_planned(self.cluster, change, self.key)
        if isinstance(await self.board.unless_stopped(deleting, within=WRITES_WITHIN), Stopped):
            return _End(change.ref, interrupted=True)
        waiting = wait_gone(self.cluster, change, self.engine.clock, timeout_seconds=self.timeout_seconds)
        stopped = isinstance(await self.board.unless_stopped(waiting), Stopped)
        return _End(change.ref, removed=not stopped, interrupted=stopped)

    async def _make(self, change: Change) -> _End:
        if change.unverified_reason is Unverified.CRD_NOT_YET and change.problem:
            waiting = wait_served(self.cluster, change.ref, self.engine.clock, seconds=self._kind_within)
            if isinstance(await self.board.unless_stopped(waiting), Stopped):
                return _End(change.ref, interrupted=True)
        live = await self.board.unless_stopped(self._write(change), within=WRITES_WITHIN)
        if isinstance(live, Stopped):
            return _End(change.ref, interrupted=True)
        await self._served(change)
        return _End(change.ref, live)

    @property
    def _kind_within(self) -> float:
        """For so many seconds a kind that nothing in the run defines is waited for: an operator may bring it."""
        return min(SERVED_WITHIN_SECONDS, self.timeout_seconds)

    async def _write(self, change: Change) -> LiveObject:
        """Write one change, bound to the object it was planned for. On a conflict the object is read again."""
        conflicts, until = 0, self.engine.clock.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                if change.is_adoption:
                    change = await migrate(self.cluster, change)
                return await self.cluster.apply(_bound(change), manager=change.manager)
            except RemoteRefused as error:
                conflicts += 1
                if error.status == 409 and change.uid is not None and conflicts <= CONFLICTS_AT_MOST:
                    change = refreshed(change, await self.cluster.get(change.ref))
                elif error.code == "notFound" and self.engine.clock.monotonic() < until:
                    # A kind that was just defined is announced a moment before it is served.
                    await self.engine.clock.sleep(_PAUSE_SECONDS)
                else:
                    raise

    async def _served(self, change: Change) -> None:
        """Wait until the kinds that a definition adds can be used: objects of them may stand in the next wave."""
        if not defined_kinds(change.desired or {}):
            return
        report = await wait_established(
            self.cluster,
            self.key,
            [change.ref],
            patience=Patience(timeout_seconds=SERVED_WITHIN_SECONDS),
            clock=self.engine.clock,
            events=self.engine.events,
        )
        if report.explanation is not None:
            problem = Problem(report.explanation.code, report.explanation.sentence, remedy=report.explanation.remedy)
            raise OperationFailed(problem)


def said(error: FairleadError) -> str:
    """Return what an error says, with the way out."""
    lines = (" - ".join(part for part in (one.message, one.remedy) if part) for one in error.problems)
    return joined(lines)


def _bound(change: Change) -> dict[str, Any]:
    """Return what is sent: for an object that exists, only valid for exactly what the plan has seen."""
    sent = dict(change.desired or {})
    if change.uid is not None:
        sent["metadata"] = {**sent["metadata"], "uid": change.uid, "resourceVersion": change.resource_version}
    return sent


def _by_message(failures: Iterable[tuple[ObjectRef, str]]) -> list[str]:
    """Return one line for all objects of which the same is said, with the name of each."""
    found: dict[str, list[tuple[ObjectRef, str]]] = {}
    for ref, message in failures:
        found.setdefault(message.replace(str(ref), "it"), []).append((ref, message))
    return [
        f"{', '.join(str(ref) for ref, _ in members)}: {members[0][1] if len(members) == 1 else message}"
        for message, members in found.items()
    ]


def _count(skipped: Iterable[tuple[ObjectRef, str]], reason: str) -> str:
    refs = [ref for ref, why in skipped if why == reason]
    return str(refs[0]) if len(refs) == 1 else f"{refs[0]} and {len(refs) - 1} more"
