"""The machine of one version: what each event does to it. Data only.

A version is Starting or Ready while it is the candidate, Live while it has the traffic, Hot while one switch brings it
back, Warm while it only has to be scaled up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from fairlead.domain.rollout.phases import VersionKind, VersionState
from fairlead.domain.rollout.tables import Rule

_S = VersionState
_K = VersionKind


class VersionDo(StrEnum):
    """What a rule of this table asks for; each gives one command."""

    CREATE = "create"
    SCALE_UP = "scaleUp"
    SCALE_DOWN = "scaleDown"
    SCALE = "scale"
    GIVE_AUTOSCALERS = "giveAutoscalers"
    DROP_AUTOSCALERS = "dropAutoscalers"
    KEEP_EVIDENCE = "keepEvidence"
    SHRINK = "shrink"
    REMOVE = "remove"
    ALARM = "alarm"


class VersionGuard(StrEnum):
    """The one condition of this table."""

    EVIDENCE_KEPT = "evidenceKept"


_D = VersionDo
VersionRule = Rule[VersionState, VersionDo, VersionGuard]
VersionTable = Mapping[tuple[VersionState, VersionKind], VersionRule]
_HOT: Final = (_D.DROP_AUTOSCALERS, _D.SCALE_UP)  # in this order: an autoscaler would shrink an idle side at once
_WARM: Final = (_D.DROP_AUTOSCALERS, _D.SCALE_DOWN)
_FAILED: Final = (_D.KEEP_EVIDENCE,)
_SHRUNK: Final = (_D.DROP_AUTOSCALERS, _D.SHRINK)
_REMOVED: Final = (_D.REMOVE,)


def _to(state: VersionState, *do: VersionDo) -> VersionRule:
    return Rule(state, do)


VERSIONS: Final[VersionTable] = {
    (_S.ABSENT, _K.CREATE): _to(_S.STARTING, _D.CREATE),
    (_S.ABSENT, _K.SUPERSEDED): _to(_S.ABSENT),
    (_S.ABSENT, _K.ABORTED): _to(_S.ABSENT),
    (_S.ABSENT, _K.UNDEPLOY): _to(_S.ABSENT),
    (_S.ABSENT, _K.RETRY): _to(_S.ABSENT),
    (_S.STARTING, _K.CREATE): _to(_S.STARTING, _D.CREATE),
    (_S.STARTING, _K.FLOOR_HELD): _to(_S.READY),
    (_S.STARTING, _K.SUPERSEDED): _to(_S.REMOVING, *_REMOVED),
    (_S.STARTING, _K.ABORTED): _to(_S.FAILED, *_FAILED),
    (_S.STARTING, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.STARTING, _K.RETRY): _to(_S.STARTING, _D.SCALE_UP),
    (_S.READY, _K.FLOOR_HELD): _to(_S.READY),
    (_S.READY, _K.CONFIRMED): _to(_S.LIVE, _D.GIVE_AUTOSCALERS),
    (_S.READY, _K.SUPERSEDED): _to(_S.REMOVING, *_REMOVED),
    (_S.READY, _K.ABORTED): _to(_S.FAILED, *_FAILED),
    (_S.READY, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.READY, _K.RETRY): _to(_S.READY, _D.SCALE_UP),
    (_S.LIVE, _K.CONFIRMED): _to(_S.LIVE, _D.GIVE_AUTOSCALERS),
    (_S.LIVE, _K.OTHER_CONFIRMED): _to(_S.HOT, *_HOT),
    (_S.LIVE, _K.LEFT): _to(_S.READY, _D.DROP_AUTOSCALERS),
    (_S.LIVE, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.LIVE, _K.RETRY): _to(_S.LIVE, _D.GIVE_AUTOSCALERS, _D.SCALE),
    (_S.HOT, _K.CONFIRMED): _to(_S.LIVE, _D.GIVE_AUTOSCALERS),
    (_S.HOT, _K.RETURNED): _to(_S.LIVE, _D.GIVE_AUTOSCALERS),
    (_S.HOT, _K.ROLLBACK): _to(_S.HOT, *_HOT),
    (_S.HOT, _K.FLOOR_HELD): _to(_S.HOT),
    (_S.HOT, _K.SUPERSEDED): _to(_S.HOT),
    (_S.HOT, _K.ABORTED): _to(_S.HOT),
    (_S.HOT, _K.COOLED): _to(_S.WARM, *_WARM),
    (_S.HOT, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.HOT, _K.RETRY): _to(_S.HOT, *_HOT),
    (_S.WARM, _K.ROLLBACK): _to(_S.STARTING, _D.SCALE_UP),
    (_S.WARM, _K.EXPIRED): _to(_S.REMOVING, *_REMOVED),
    (_S.WARM, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.WARM, _K.OVERDUE): _to(_S.WARM, _D.ALARM, *_WARM),
    (_S.WARM, _K.RETRY): _to(_S.WARM, *_WARM),
    (_S.FAILED, _K.ABORTED): _to(_S.FAILED),
    (_S.FAILED, _K.KEPT): _to(_S.FAILED, *_SHRUNK),
    (_S.FAILED, _K.EXPIRED): _to(_S.REMOVING, *_REMOVED),
    (_S.FAILED, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.FAILED, _K.OVERDUE): _to(_S.FAILED, _D.ALARM),
    (_S.FAILED, _K.RETRY): Rule(_S.FAILED, _SHRUNK, VersionGuard.EVIDENCE_KEPT, _to(_S.FAILED, *_FAILED)),
    (_S.REMOVING, _K.SUPERSEDED): _to(_S.REMOVING),
    (_S.REMOVING, _K.ABORTED): _to(_S.REMOVING),
    (_S.REMOVING, _K.EXPIRED): _to(_S.REMOVING),
    (_S.REMOVING, _K.UNDEPLOY): _to(_S.REMOVING, *_REMOVED),
    (_S.REMOVING, _K.GONE): _to(_S.ABSENT),
    (_S.REMOVING, _K.OVERDUE): _to(_S.REMOVING, _D.ALARM, *_REMOVED),
    (_S.REMOVING, _K.RETRY): _to(_S.REMOVING, *_REMOVED),
}
