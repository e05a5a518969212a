"""Logins to registries that clusters keep: read through the door to the cluster, when a registry first wants one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from fairlead.domain.config import Declaration, Environment
from fairlead.domain.docker_config import Account, DockerConfig
from fairlead.domain.errors import FairleadError, InputError, Problem
from fairlead.domain.identity import ObjectRef
from fairlead.domain.images import ImageName
from fairlead.domain.pull_secrets import logins_in, names_in
from fairlead.domain.targets import Target
from fairlead.pipeline.engine import at_once
from fairlead.pipeline.wanting import Clusters
from fairlead.ports.cluster import Cluster


@dataclass(slots=True)
class PullSecretLogins:
    """The logins of the environments that are looked at. Each cluster is asked once in a run, or never."""

    declaration: Declaration
    clusters: Clusters
    _names: dict[str, None] = field(default_factory=dict, init=False)
    _found: dict[str, DockerConfig | FairleadError] = field(default_factory=dict, init=False)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    def look_at(self, targets: Sequence[Target]) -> None:
        """Say which releases are looked at. What another checkout declares of clusters does not count."""
        self._names |= dict.fromkeys(target.environment.name for target in targets)

    async def account(self, image: ImageName) -> Account | None:
        """Return the login for an image, from the first environment that has one.

        Raises:
            FairleadError: none has one, and of some that could not be told.
        """
        environments = [one for one in self.declaration.environments if one.name in self._names]
        wanted = [one for one in environments if one.pull_secrets.are_declared]
        async with self._lock:
            new = [one for one in wanted if one.name not in self._found]
            self._found |= zip((one.name for one in new), await at_once(self._read(one) for one in new), strict=True)
        found = [self._found[one.name] for one in wanted]
        logins = [each.login(image) for each in found if isinstance(each, DockerConfig)]
        login = next((each for each in logins if isinstance(each, Account)), None)
        failure = next((each for each in found if isinstance(each, FairleadError)), None)
        if login is None and failure is not None:
            raise failure
        return login

    async def _read(self, environment: Environment) -> DockerConfig | FairleadError:
        """Return all logins of an environment; of one registry, those of the Secret that is named first."""
        try:
            cluster = await self.clusters.open(environment)
            configs = await _configs(cluster, environment)
        except FairleadError as error:
            return error
        return DockerConfig({key: one for each in reversed(configs) for key, one in each.accounts.items()})


async def _configs(cluster: Cluster, environment: Environment) -> list[DockerConfig]:
    namespace, wanted = environment.namespace, environment.pull_secrets
    accounts = await at_once(
        cluster.get(ObjectRef("v1", "ServiceAccount", namespace, name)) for name in wanted.service_accounts
    )
    for name, account in zip(wanted.service_accounts, accounts, strict=True):
        if account is None:
            raise _missing(f"service account {namespace}/{name}", environment)
    named = dict.fromkeys(name for account in accounts if account is not None for name in names_in(account))
    names = tuple(dict.fromkeys((*wanted.names, *named)))
    secrets = await at_once(cluster.get(ObjectRef("v1", "Secret", namespace, name)) for name in names)
    found = []
    for name, secret in zip(names, secrets, strict=True):
        if secret is not None:
            found.append(logins_in(secret, f"the Secret {namespace}/{name}"))
        elif name in wanted.names:  # one that only a service account names may be missing, as pods may start without
            raise _missing(f"Secret {namespace}/{name}", environment)
    return found


def _missing(what: str, environment: Environment) -> InputError:
    message = f"there is no {what}, which `pullSecrets` of {environment.name} names"
    return InputError(Problem("secretNotFound", message, remedy="create it, or correct `pullSecrets`"))
