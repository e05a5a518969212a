"""Carries out what the machine asks for: each command in one place, on a fresh read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fairlead.domain.errors import Refused, RemoteRefused, Transient
from fairlead.domain.rollout import commands as wanted
from fairlead.domain.rollout.phases import Kind
from fairlead.domain.unit_news import DeploymentEnded, Notified
from fairlead.pipeline.units.adopting import pin_labels
from fairlead.pipeline.units.creating import create_version, set_autoscalers, set_preview, set_replicas
from fairlead.pipeline.units.gates import run_gates
from fairlead.pipeline.units.hosts import Hosts
from fairlead.pipeline.units.keeping import keep_evidence
from fairlead.pipeline.units.preflight import inspect
from fairlead.pipeline.units.removing import remove_routes, remove_unit, remove_version
from fairlead.pipeline.units.rewriting import apply_in_place
from fairlead.pipeline.units.switching import probe_routes, stage_route, switch_route
from fairlead.pipeline.units.touching import touch_unit
from fairlead.pipeline.units.turn import Contradicted, Turn
from fairlead.ports.events import UnitSink


@dataclass(frozen=True, slots=True)
class Met:
    """What commands met: a kind of event that the machine is to be told, and why. `stops`: nothing more is sent."""

    kind: Kind
    explanation: str


_BY_COMMAND: Final[dict[type[Any], Callable[[Turn, Any], Awaitable[None]]]] = {
    wanted.Touch: touch_unit,
    wanted.PinLabels: pin_labels,
    wanted.Inspect: inspect,
    wanted.ApplyInPlace: apply_in_place,
    wanted.CreateVersion: create_version,
    wanted.SetPreview: set_preview,
    wanted.RunGates: run_gates,
    wanted.StageRoute: stage_route,
    wanted.SwitchRoute: switch_route,
    wanted.ProbeRoutes: probe_routes,
    wanted.SetReplicas: set_replicas,
    wanted.SetAutoscalers: set_autoscalers,
    wanted.KeepEvidence: keep_evidence,
    wanted.RemoveVersion: remove_version,
    wanted.RemoveRoutes: remove_routes,
    wanted.RemoveUnit: remove_unit,
}

# There is nobody to act for: no later turn can help, and whoever drives has to know.
_NOBODY: Final = "accountMissing"


async def act(turn: Turn, commands: Sequence[wanted.Command], sink: UnitSink) -> Met | None:
    """Carry out commands in their order, up to one that a reading contradicts, or whose end is not known."""
    for command in commands:
        try:
            await _carry_out(turn, command, sink)
        except Contradicted:
            return Met(Kind.CONFLICT, f"{type(command).__name__}: not as it was when this was decided")
        except Transient as error:
            return Met(Kind.UNKNOWN_RESULT, str(error))
        except (RemoteRefused, Refused) as error:
            if error.code == _NOBODY:
                raise
            return Met(Kind.CONFLICT, str(error))
    return None


async def _carry_out(turn: Turn, command: wanted.Command, sink: UnitSink) -> None:
    match command:
        case wanted.ReadBack() | wanted.Stop():
            return  # the next look reads everything; who stops sends nothing
        case wanted.ReleaseHosts(keep=hosts):
            await Hosts(turn.cluster, turn.key).keep(hosts)
        case wanted.Notify(code=code, text=text, alarm=alarm):
            sink.announce(Notified(turn.key, turn.clock.now(), turn.deployment, code, text, alarm))
        case wanted.Record(ended=ended):
            sink.announce(
                DeploymentEnded(turn.key, ended.at, ended.deployment, ended.intent, ended.outcome, ended.explanation)
            )
        case _:
            await _BY_COMMAND[type(command)](turn, command)
