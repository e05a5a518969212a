"""Units: how they stand, and what may be asked of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Query

from fairlead.domain.authorising.actions import Action
from fairlead.domain.errors import FairleadError, InputError, Problem
from fairlead.domain.keeping.answers import KeyReused
from fairlead.domain.keeping.deployments import DeploymentFilter, DeploymentStatus, StoredDeployment
from fairlead.domain.rollout.intents import Abort, Intent, Pause, Promote, Resolve, Resume, Rollback, Scale, Undeploy
from fairlead.domain.rollout.phases import Phase
from fairlead.domain.scopes import one_unit
from fairlead.domain.units import UnitKey
from fairlead.pipeline.engine import at_once
from fairlead.server.api.asking import Asked, Call, key_reused
from fairlead.server.api.descriptors import After, Limit
from fairlead.server.api.routing import Row, sent
from fairlead.server.api.subjects import scope_in_query, unit_in_path
from fairlead.server.api.submitting import submitted
from fairlead.server.api.unit_wire import (
    AcceptedIntent,
    PromoteWish,
    ResolveWish,
    RollbackWish,
    ScaleWish,
    UnitDetail,
    UnitItem,
    UnitList,
    unit_item,
)
from fairlead.server.api.wire import DeploymentList, deployment_item
from fairlead.server.deploying import who
from fairlead.server.problems import not_found

PATH: Final = "/api/v1/units"
_ONE: Final = f"{PATH}/{{cluster}}/{{namespace}}/{{app}}"


async def ask(call: Call, make: Callable[[str], Intent]) -> str:
    """Ask something of a unit that is there, once if the request says so. Return the intent's identifier."""
    if await call.api.rollouts.standing(call.unit) is None:
        raise not_found()
    return await submitted(call, call.unit, make)


async def live_deployment(call: Call) -> str | None:
    """Return the identifier of the deployment of a unit that is live, None when no record of it is left."""
    wanted = DeploymentFilter(one_unit(call.unit), frozenset({DeploymentStatus.DEPLOYED}))
    page = await call.api.store.deployments.page(wanted, limit=1)
    return page.items[0].identifier if page.items else None


async def listed(
    call: Asked,
    phase: Annotated[list[Phase] | None, Query(description="Only those in one of these phases")] = None,
    limit: Limit = 100,
    after: Annotated[str | None, Query(description="Go on after this: `next` of the page before")] = None,
) -> UnitList:
    """List units as they stand, by name: of the clusters, namespaces and apps that the query names, or of all."""
    start = None if after is None else _key(after)
    keys = [key for key in await call.api.rollouts.known(call.scope) if start is None or key > start]
    found: list[UnitItem] = []
    while keys:
        some, keys = keys[:limit], keys[limit:]
        for number, standing in enumerate(await at_once(map(call.api.rollouts.standing, some))):
            item = None if standing is None else unit_item(standing.document)
            if item is None or (phase and item.phase not in phase):
                continue
            found.append(item)
            if len(found) == limit:
                rest = [*some[number + 1 :], *keys]
                return UnitList(items=found, next=str(some[number]) if rest else None)
    return UnitList(items=found, next=None)


def _key(text: str) -> UnitKey:
    parts = text.split("/")
    if len(parts) != len(fields(UnitKey)):
        message = f"found {text[:200]!r}, expected CLUSTER/NAMESPACE/APP"
        raise InputError(Problem("invalidParameter", message, path="after", remedy="send `next` of the page before"))
    return UnitKey(*parts)


async def read(call: Asked) -> UnitDetail:
    """Read how a unit stands: its rollout, its versions, what was asked of it and how that ended."""
    standing = await call.api.rollouts.standing(call.unit)
    if standing is None:
        raise not_found()
    return UnitDetail.model_validate(standing.document)


async def history(call: Asked, limit: Limit = 100, after: After = None) -> DeploymentList:
    """List the deployments of a unit, the newest first."""
    wanted = DeploymentFilter(one_unit(call.unit))
    page = await call.api.store.deployments.page(wanted, after=after, limit=limit)
    return DeploymentList(items=[deployment_item(each) for each in page.items], next=page.after)


async def promote(call: Asked) -> AcceptedIntent:
    """Let the candidate go live."""
    wish = await sent(call, PromoteWish, is_optional=True)
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Promote(name, by, at, wish.digest, wish.force)))


async def abort(call: Asked) -> AcceptedIntent:
    """Give the candidate up; traffic goes back to what was live."""
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Abort(name, by, at)))


async def roll_back(call: Asked) -> AcceptedIntent:
    """Make an earlier version live again. It has a record and a stream like any other deployment."""
    wish = await sent(call, RollbackWish, is_optional=True)
    api, now = call.api, call.api.clock.now()
    if await api.rollouts.standing(call.unit) is None:
        raise not_found()
    # What it goes back to is known when it begins; the record then gets the descriptor of that version.
    document = {"descriptor": {}, **who(call.caller), "rollbackTo": wish.to, "reason": wish.reason}
    new = StoredDeployment(api.identifier(), call.unit, "", DeploymentStatus.QUEUED, document, now, now)
    record = await api.deployer.record(new, call.once)
    if isinstance(record, KeyReused):
        raise key_reused()
    if record.status is DeploymentStatus.QUEUED:
        identifier = record.identifier
        intent = Rollback(identifier, call.caller.name, record.created, identifier, wish.to, wish.reason)
        try:
            await api.rollouts.submit(call.unit, intent)
        except FairleadError as error:
            await api.deployer.give_up(record, error)
            raise
    api.busy(call.unit)
    return AcceptedIntent(id=record.identifier, deployment=record.identifier)


async def scale(call: Asked) -> AcceptedIntent:
    """Change the declared number of pods."""
    wish = await sent(call, ScaleWish)
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Scale(name, by, at, wish.replicas, wish.workload)))


async def pause(call: Asked) -> AcceptedIntent:
    """Do not go forward before the switch."""
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Pause(name, by, at)))


async def resume(call: Asked) -> AcceptedIntent:
    """End a pause."""
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Resume(name, by, at)))


async def undeploy(call: Asked) -> AcceptedIntent:
    """Remove the unit with all its versions. The deployment that is live tells how that goes."""
    deployment = await live_deployment(call)
    by, at = call.caller.name, call.api.clock.now()
    identifier = await ask(call, lambda name: Undeploy(name, by, at, deployment or name))
    return AcceptedIntent(id=identifier, deployment=deployment)


async def resolve(call: Asked) -> AcceptedIntent:
    """End a block: keep what was live, take what was found as what is wanted, or go on over it."""
    wish = await sent(call, ResolveWish)
    by, at = call.caller.name, call.api.clock.now()
    return AcceptedIntent(id=await ask(call, lambda name: Resolve(name, by, at, wish.resolution)))


ROWS: Final = (
    Row("GET", PATH, Action.READ_UNITS, listed, scope_in_query, query=("cluster", "namespace", "app")),
    Row("GET", _ONE, Action.READ_UNITS, read, unit_in_path),
    Row("GET", f"{_ONE}/history", Action.READ_DEPLOYMENTS, history, unit_in_path),
    Row("POST", f"{_ONE}/promote", Action.PROMOTE, promote, unit_in_path, HTTPStatus.ACCEPTED, PromoteWish),
    Row("POST", f"{_ONE}/abort", Action.ABORT, abort, unit_in_path, HTTPStatus.ACCEPTED),
    Row("POST", f"{_ONE}/rollback", Action.ROLL_BACK, roll_back, unit_in_path, HTTPStatus.ACCEPTED, RollbackWish),
    Row("POST", f"{_ONE}/scale", Action.SCALE, scale, unit_in_path, HTTPStatus.ACCEPTED, ScaleWish),
    Row("POST", f"{_ONE}/pause", Action.PAUSE, pause, unit_in_path, HTTPStatus.ACCEPTED),
    Row("POST", f"{_ONE}/resume", Action.RESUME, resume, unit_in_path, HTTPStatus.ACCEPTED),
    Row("POST", f"{_ONE}/undeploy", Action.UNDEPLOY, undeploy, unit_in_path, HTTPStatus.ACCEPTED),
    Row("POST", f"{_ONE}/resolve", Action.RESOLVE, resolve, unit_in_path, HTTPStatus.ACCEPTED, ResolveWish),
)
