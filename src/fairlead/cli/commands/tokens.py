"""`fairlead tokens`: who may use the server, until when, and for what."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from fairlead.bootstrap.storing import open_administration, places, who_runs_this
from fairlead.cli.grouping import group
from fairlead.cli.options import Common
from fairlead.cli.run import Operation, Run
from fairlead.cli.text.tokens import secret_lines, token_lines
from fairlead.cli.wire.tokens import NewToken, TokenItem, Tokens
from fairlead.domain.accounts import Account
from fairlead.domain.authorising.callers import Caller, Role
from fairlead.domain.authorising.issuing import Wish
from fairlead.domain.authorising.tokens import Token
from fairlead.domain.durations import age_seconds
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.scopes import scope_of
from fairlead.pipeline.authorising.tokens import TokenDesk

Data = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where the server keeps it [default: ~/.local/state/fairlead/server]"),
]
Names = list[str] | None


@dataclass(frozen=True, slots=True)
class Powers:
    """What its owner may do, and until when."""

    role: Annotated[Role, typer.Option("--role", metavar="ROLE", help="viewer, deployer or admin")] = Role.VIEWER
    expires: Annotated[str, typer.Option("--expires", metavar="AGE", help="How long it lives, such as 12h")] = "90d"


@dataclass(frozen=True, slots=True)
class Reach:
    """What the token may touch; each may be repeated, and what is left out admits everything."""

    clusters: Annotated[Names, typer.Option("--cluster", metavar="NAME", help="Only this cluster")] = None
    namespaces: Annotated[Names, typer.Option("--namespace", metavar="NAME", help="Only this namespace")] = None
    apps: Annotated[Names, typer.Option("--app", metavar="NAME", help="Only this app")] = None


@dataclass(frozen=True, slots=True)
class ActsAs:
    """The account of Kubernetes that its owner acts as; without one, that of the namespace."""

    user: Annotated[str | None, typer.Option("--as", metavar="USER", help="Act as this user in clusters")] = None
    groups: Annotated[Names, typer.Option("--as-group", metavar="GROUP", help="... who is in this group")] = None


def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who will use it")],
    powers: Powers,
    reach: Reach,
    acts_as: ActsAs,
    data: Data = None,
    *,
    common: Common,
) -> Operation:
    """Make a token and print it, once."""
    if acts_as.groups and not acts_as.user:
        message = "found --as-group without --as: a group alone is nobody"
        raise InputError(Problem("conflictingOptions", message, remedy="name the user as well"))
    account = Account(acts_as.user, tuple(acts_as.groups or ())) if acts_as.user is not None else None
    scope = scope_of(clusters=reach.clusters or (), namespaces=reach.namespaces or (), apps=reach.apps or ())
    wish = Wish(name, powers.role, scope, _life(powers.expires), account)
    return Operation(common, partial(_create, wish, data))


def _list(data: Data = None, *, common: Common) -> Operation:
    """List tokens; what opens them is not kept."""
    return Operation(common, partial(_listed, data))


def revoke(
    token: Annotated[str, typer.Argument(metavar="ID", help="Its identifier, or its name if no other has it")],
    data: Data = None,
    *,
    common: Common,
) -> Operation:
    """End a token at once; open streams end within 5 seconds."""
    return Operation(common, partial(_revoke, token, data))


async def _create(wish: Wish, data: Path | None, run: Run) -> int:
    async with _desk(data, run) as (desk, caller):
        token, text = await desk.create(wish, caller)
    (item,) = _items([token], run)
    run.output.show(NewToken(token=item, secret=text), secret_lines)
    run.output.note([Text(f"{item.id} is valid until {item.expires_at}; it is not shown again")])
    return 0


async def _listed(data: Path | None, run: Run) -> int:
    async with _desk(data, run) as (desk, caller):
        tokens = await desk.list(caller)
    run.output.show(Tokens(tokens=_items(tokens, run)), token_lines)
    return 0


async def _revoke(name: str, data: Path | None, run: Run) -> int:
    async with _desk(data, run) as (desk, caller):
        token = await desk.revoke(name, caller)
    run.output.show(Tokens(tokens=_items([token], run)), token_lines)
    return 0


@asynccontextmanager
async def _desk(data: Path | None, run: Run) -> AsyncIterator[tuple[TokenDesk, Caller]]:
    """Open what the server has open too. Whoever may write that file may do everything, and is logged by name."""
    surroundings = run.surroundings
    place = places(surroundings.settings, None if data is None else surroundings.directory / data)
    me = who_runs_this()
    async with open_administration(place.administration, surroundings.clock, tidied=False) as administration:
        yield TokenDesk(administration, surroundings.clock, str(me)), Caller(me.who, Role.ADMIN)


def _items(tokens: Iterable[Token], run: Run) -> list[TokenItem]:
    now = run.surroundings.clock.now()
    return [msgspec.convert(token.to_json(now), TokenItem) for token in tokens]


def _life(text: str) -> timedelta:
    seconds = age_seconds(text)
    if seconds is None:
        message = f"found --expires {text!r}, expected a time such as 12h, 30d or 8w, up to 366d"
        raise InputError(Problem("invalidAge", message, remedy="write it as 90d"))
    return timedelta(seconds=seconds)


app = group("tokens", create, _list, revoke)
