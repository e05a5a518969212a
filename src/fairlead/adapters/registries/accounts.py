"""Who we are at a registry: what docker, podman and helm know on this machine, and the tools of the clouds.

Every file is read once, and only when a registry wants a login. Each registry is asked about once; a program that has
no login, or fails, leaves us nobody, and the registry then says whether that will do. Where no file knows a login,
pull secrets of clusters come next, and then the tools of the clouds. Whatever is learned is told to `learned`, so that
it is shown nowhere.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from fairlead.adapters.registries.credential_helpers import ask_helper, cloud_login
from fairlead.adapters.registries.once import Once
from fairlead.domain.docker_config import Account, DockerConfig, Helper, read_docker_config
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.images import ImageName
from fairlead.settings import Settings

_MAX_FILE_BYTES = 4 * 1024 * 1024


class Accounts(Protocol):
    """Where logins come from."""

    async def account(self, image: ImageName) -> Account | None:
        """Return the login for an image; None where there is none."""
        ...

    async def close(self) -> None:
        """End what is under way."""
        ...


LoginOf = Callable[[ImageName], Awaitable[Account | None]]


async def nowhere(_image: ImageName) -> Account | None:
    """Know no login."""
    return None


@dataclass(slots=True)
class MachineAccounts:
    """The logins of whoever runs us. `in_clusters` knows those of pull secrets."""

    settings: Settings
    learned: Callable[[Sequence[str]], None]
    in_clusters: LoginOf = nowhere
    _configs: list[DockerConfig] | None = field(default=None, init=False)
    _asked: Once[str, Account | None] = field(default_factory=Once, init=False)

    async def account(self, image: ImageName) -> Account | None:
        """Return the login for an image.

        Raises:
            InputError: `dockerConfigInvalid`, `dockerConfigUnreadable`, `credentialHelperMissing`.
            FairleadError: pull secrets that are declared cannot be read, and no other has the login.
        """
        if self._configs is None:
            self._configs = [read for file in login_files(self.settings) if (read := _read(file)) is not None]
        logins = (config.login(image) for config in self._configs)
        login = next((one for one in logins if one is not None), None)
        match login:
            case Account():
                found: Account | None = login
            case Helper():
                found = await self._asked.get(str(login), lambda: ask_helper(login, self.settings))
            case None:
                found = await self.in_clusters(image)
                found = found or await self._asked.get(
                    image.registry, lambda: cloud_login(image.registry, self.settings)
                )
        if found is not None:
            # A registry that echoes what it was sent shows both in one piece of base64.
            self.learned([found.password, _in_base64(f"{found.username}:{found.password}")])
        return found

    async def close(self) -> None:
        """End programs under way."""
        await self._asked.close()


def _in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def login_files(settings: Settings) -> tuple[Path, ...]:
    """Return the files that may hold logins, the most special one first, as their own programs look for them."""
    env: Mapping[str, str] = settings.environ
    home = settings.home
    configs = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    candidates = (
        env.get("REGISTRY_AUTH_FILE"),
        Path(env.get("DOCKER_CONFIG") or home / ".docker") / "config.json",
        Path(env["XDG_RUNTIME_DIR"]) / "containers" / "auth.json" if env.get("XDG_RUNTIME_DIR") else None,
        configs / "containers" / "auth.json",
        env.get("HELM_REGISTRY_CONFIG") or configs / "helm" / "registry" / "config.json",
    )
    return tuple(Path(one) for one in candidates if one)


def _read(file: Path) -> DockerConfig | None:
    try:
        with file.open("rb") as opened:
            text = opened.read(_MAX_FILE_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        message = f"cannot read the logins to registries in {file}: {error.strerror}"
        remedy = "make the file readable for you, or name another folder in DOCKER_CONFIG"
        raise InputError(Problem("dockerConfigUnreadable", message, str(file), remedy=remedy)) from None
    return read_docker_config(text, str(file))
