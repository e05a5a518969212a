"""The `AddressSource` port on the `gcloud` program."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from dataclasses import replace

from fairlead.domain.config import GceAddress
from fairlead.domain.errors import InputError, OperationFailed, Problem
from fairlead.domain.providers import Gke
from fairlead.doors.process import Program, run
from fairlead.settings import Settings

# Google's own rule for names, and for project ids with their optional domain. Nothing that gcloud reads as an option.
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9.:-]*[a-z0-9])?")


class GcloudAddresses:
    """Looks reserved addresses up, each once per run, different ones at the same time."""

    def __init__(self, settings: Settings) -> None:
        self._env = {**settings.environ, "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
        self._found: dict[tuple[str, ...], str] = {}
        self._asking: dict[tuple[str, ...], asyncio.Lock] = {}

    async def address(self, address: GceAddress, cluster: Gke) -> str:
        """Return the IP address that a reservation holds, asking Google once for each.

        Raises:
            InputError: `addressName` for a name, project or region that Google cannot have given.
            OperationFailed: `addressLookupFailed`.
        """
        argv = command(address, cluster)
        async with self._asking.setdefault(argv, asyncio.Lock()):
            if argv not in self._found:
                self._found[argv] = await self._look_up(address.name, argv)
        return self._found[argv]

    async def _look_up(self, name: str, argv: tuple[str, ...]) -> str:
        try:
            finished = await run(Program(argv, env=self._env))
        except OperationFailed as error:
            problem = error.problems[0]
            message = f"the address {name!r} could not be looked up: {problem.message}"
            raise OperationFailed(replace(problem, code="addressLookupFailed", message=message)) from None
        found = finished.stdout.decode(errors="replace").strip()
        try:
            ipaddress.ip_address(found)
        except ValueError:
            message = (
                f"the address {name!r} could not be looked up: gcloud answered {found[:80]!r}, expected an address"
            )
            raise OperationFailed(Problem("addressLookupFailed", message, remedy="reserve the address first")) from None
        return found


def command(address: GceAddress, cluster: Gke) -> tuple[str, ...]:
    """Return the lookup's argument list. The region of a zone is the zone without its last part."""
    name = _checked(address.name, "the address name")
    project = _checked(cluster.project, "the project")
    region = cluster.region or (cluster.zone or "").rpartition("-")[0]
    where = ("--global",) if address.is_global else ("--region", _checked(region, "the region"))
    describe = ("gcloud", "compute", "addresses", "describe", name)
    return (*describe, "--format", "value(address)", "--project", project, *where)


def _checked(value: str, what: str) -> str:
    if _NAME.fullmatch(value):
        return value
    remedy = "write it as the Google console shows it: lower-case letters, digits and hyphens"
    raise InputError(Problem("addressName", f"{what} is {value!r}, which Google does not allow", remedy=remedy))
