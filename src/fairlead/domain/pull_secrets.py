"""Secrets of a namespace that hold logins to registries, as pods pull with them (`imagePullSecrets`).

type: kubernetes.io/dockerconfigjson   .dockerconfigjson: what docker writes
type: kubernetes.io/dockercfg          .dockercfg: only its `auths`, the older form
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.domain.docker_config import DockerConfig, read_docker_config
from fairlead.domain.errors import InputError, Problem

_NEW, _OLD = ".dockerconfigjson", ".dockercfg"


@dataclass(frozen=True, slots=True)
class PullSecrets:
    """Which Secrets of an environment's namespace may be read: by name, and those that service accounts name."""

    names: tuple[str, ...] = ()
    service_accounts: tuple[str, ...] = ()

    @property
    def are_declared(self) -> bool:
        """Whether there are any."""
        return bool(self.names or self.service_accounts)


def names_in(service_account: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the pull secrets of a service account."""
    found = service_account.get("imagePullSecrets") or ()
    return tuple(each["name"] for each in found if each.get("name"))


def logins_in(secret: Mapping[str, Any], shown: str) -> DockerConfig:
    """Return the logins in a Secret, named `shown` in errors.

    A Secret may hold logins, but name no program that would be run here.

    Raises:
        InputError: `pullSecretInvalid`.
    """
    data = secret.get("data") or {}
    try:
        if _NEW in data:
            text = base64.b64decode(data[_NEW], validate=True)
        else:
            text = json.dumps({"auths": json.loads(base64.b64decode(data[_OLD], validate=True))}).encode()
        return DockerConfig(read_docker_config(text, shown).accounts)
    except (InputError, KeyError, binascii.Error, ValueError, RecursionError):
        message = f"{shown} holds no logins to registries"
        remedy = "name a Secret that `kubectl create secret docker-registry` made"
        raise InputError(Problem("pullSecretInvalid", message, remedy=remedy)) from None
