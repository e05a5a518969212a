"""Everything that a caller can ask for, each with one policy. Data only: `deciding` decides by it.

A route, a stream, a command or a webhook names the action that it performs and nothing else; so two ways to do the same
are allowed to the same callers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from fairlead.domain.authorising.callers import Role


class Action(StrEnum):
    """One thing that can be asked for."""

    PROBE = "server.probe"
    READ_API = "server.api"
    READ_METRICS = "server.metrics"
    READ_CLUSTERS = "clusters.read"
    READ_DESCRIPTORS = "descriptors.read"
    VALIDATE_DESCRIPTORS = "descriptors.validate"
    CREATE_DESCRIPTORS = "descriptors.create"
    REPLACE_DESCRIPTORS = "descriptors.replace"
    DELETE_DESCRIPTORS = "descriptors.delete"
    READ_UNITS = "units.read"
    READ_DEPLOYMENTS = "deployments.read"
    READ_LOGS = "deployments.logs"
    READ_HEALTH = "deployments.health"
    DEPLOY = "deployments.create"
    CANCEL = "deployments.cancel"
    DELETE_DEPLOYMENTS = "deployments.delete"
    PROMOTE = "units.promote"
    ABORT = "units.abort"
    ROLL_BACK = "units.rollback"
    SCALE = "units.scale"
    PAUSE = "units.pause"
    RESUME = "units.resume"
    UNDEPLOY = "units.undeploy"
    RESOLVE = "units.resolve"
    READ_VARIABLES = "variables.read"
    CHANGE_VARIABLES = "variables.change"
    RECEIVE = "webhooks.receive"
    READ_TOKENS = "tokens.read"
    CREATE_TOKENS = "tokens.create"
    REVOKE_TOKENS = "tokens.revoke"
    READ_AUDIT = "audit.read"


@dataclass(frozen=True, slots=True)
class Policy:
    """Who may: the least role, None for anybody, known or not. What of: what lies in the caller's scope.

    `hides`: what is out of scope is answered as if there were no such thing, for whoever asks names something that
    exists. `narrows`: a list is not refused, but holds only what is in scope. `changes`: it is written into the audit
    log even when it is allowed; refusals always are.
    """

    role: Role | None
    hides: bool = False
    narrows: bool = False
    changes: bool = False


_PUBLIC: Final = Policy(None)
_READ: Final = Policy(Role.VIEWER, hides=True, narrows=True)
_MAKE: Final = Policy(Role.DEPLOYER, changes=True)
_CHANGE: Final = Policy(Role.DEPLOYER, hides=True, changes=True)

POLICIES: Final[Mapping[Action, Policy]] = MappingProxyType(
    {
        Action.PROBE: _PUBLIC,
        Action.READ_API: _PUBLIC,
        Action.READ_METRICS: Policy(Role.VIEWER),  # they name every namespace and app
        Action.READ_CLUSTERS: _READ,
        Action.READ_DESCRIPTORS: _READ,
        Action.VALIDATE_DESCRIPTORS: Policy(Role.DEPLOYER),  # it asks the cluster, as whoever would deploy
        Action.CREATE_DESCRIPTORS: _MAKE,
        Action.REPLACE_DESCRIPTORS: _CHANGE,
        Action.DELETE_DESCRIPTORS: _CHANGE,
        Action.READ_UNITS: _READ,
        Action.READ_DEPLOYMENTS: _READ,
        Action.READ_LOGS: _READ,
        Action.READ_HEALTH: _READ,
        Action.DEPLOY: _CHANGE,
        Action.CANCEL: _CHANGE,
        Action.DELETE_DEPLOYMENTS: _CHANGE,
        Action.PROMOTE: _CHANGE,
        Action.ABORT: _CHANGE,
        Action.ROLL_BACK: _CHANGE,
        Action.SCALE: _CHANGE,
        Action.PAUSE: _CHANGE,
        Action.RESUME: _CHANGE,
        Action.UNDEPLOY: _CHANGE,
        # Overrules what the machine knows to be safe.
        Action.RESOLVE: Policy(Role.ADMIN, hides=True, changes=True),
        Action.READ_VARIABLES: _READ,
        Action.CHANGE_VARIABLES: _MAKE,
        Action.RECEIVE: _PUBLIC,  # who sends has the secret of a receiver, and no token
        Action.READ_TOKENS: Policy(Role.ADMIN, hides=True),
        Action.CREATE_TOKENS: Policy(Role.ADMIN, changes=True),
        Action.REVOKE_TOKENS: Policy(Role.ADMIN, hides=True, changes=True),
        Action.READ_AUDIT: Policy(Role.ADMIN),
    }
)
