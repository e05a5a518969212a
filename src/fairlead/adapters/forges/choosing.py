"""Which forge a repository lies on, and how to ask it: from its address, unless the declaration says otherwise."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from fairlead.adapters.forges.azure import AzureDevOps
from fairlead.adapters.forges.bitbucket import Bitbucket
from fairlead.adapters.forges.calls import Dialect
from fairlead.adapters.forges.gitea import Gitea
from fairlead.adapters.forges.github import GitHub
from fairlead.adapters.forges.gitlab import GitLab
from fairlead.adapters.forges.rest import Authorize, RestForge
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.suggesting import near
from fairlead.domain.upgrades.proposals import ForgeChoice

_HOSTS = {
    "github.com": "github",
    "gitlab.com": "gitlab",
    "codeberg.org": "gitea",
    "bitbucket.org": "bitbucket",
    "dev.azure.com": "azure",
    "ssh.dev.azure.com": "azure",
}
_SCP = re.compile(r"(?:[^@/]+@)?([^:/]+):(.*)")
# The user name that goes with a token when Git asks for a password.
USERS = {
    "github": "x-access-token",
    "gitlab": "oauth2",
    "gitea": "x-access-token",
    "bitbucket": "x-token-auth",
    "azure": "pat",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository lies: the kind of its forge, the host, and its name there."""

    kind: str
    host: str
    repository: str


def place(remote: str, choice: ForgeChoice) -> Place:
    """Return where a repository lies.

    Raises:
        InputError: neither its address nor the declaration says which kind of forge that is (`forgeUnknown`).
    """
    host, path = _split(remote)
    if choice.api is not None:
        host = host or urlsplit(choice.api).hostname or ""
    kind = choice.kind or _HOSTS.get(host)
    if kind is None or (not choice.repository and not path):
        message = f"{host or 'the address of the repository'} does not tell which forge it is"
        remedy = near(kind or "", tuple(USERS), otherwise="write `updates: {forge: {kind: ...}}` with one of")
        raise InputError(Problem("forgeUnknown", message, remedy=remedy))
    return Place(kind, host, choice.repository or _named(kind, path))


def forge_at(found: Place, choice: ForgeChoice, authorize: Authorize) -> RestForge:
    """Return the forge, ready to ask."""
    api = api_of(found, choice)
    rest = "/v3" if found.kind == "github" and api.endswith("/api/v3") else ""  # GitHub Enterprise
    api = api.removesuffix(rest)
    return RestForge(api, _dialect(found, api, rest), authorize)


def api_of(found: Place, choice: ForgeChoice) -> str:
    """Return the address of the forge's API."""
    return (choice.api or _api(found)).rstrip("/")


def proof(kind: str, token: str) -> Mapping[str, str]:
    """Return the headers that prove with a token who asks."""
    match kind:
        case "gitlab":
            return {"PRIVATE-TOKEN": token}
        case "gitea":
            return {"Authorization": f"token {token}"}
        case "azure":
            return {"Authorization": f"Basic {base64.b64encode(f':{token}'.encode()).decode()}"}
        case _:
            return {"Authorization": f"Bearer {token}"}


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A token that is given once."""

    kind: str
    text: str = field(repr=False)

    async def __call__(self) -> Mapping[str, str]:
        """Return the headers."""
        return proof(self.kind, self.text)

    async def token(self) -> str:
        """Return the token itself, which is Git's password, too."""
        return self.text


def _split(remote: str) -> tuple[str, str]:
    if "://" in remote:
        parts = urlsplit(remote)
        return parts.hostname or "", unquote(parts.path).strip("/")
    scp = _SCP.fullmatch(remote)
    return (scp[1], scp[2].strip("/")) if scp else ("", "")


def _named(kind: str, path: str) -> str:
    name = path.removesuffix(".git")
    if kind == "azure":
        # https://dev.azure.com/ORG/PROJECT/_git/NAME and git@ssh.dev.azure.com:v3/ORG/PROJECT/NAME
        return name.removeprefix("v3/").replace("/_git/", "/")
    return name


def _api(found: Place) -> str:
    match found.kind:
        case "github" if found.host == "github.com":
            return "https://api.github.com"
        case "github":
            return f"https://{found.host}/api/v3"
        case "gitlab":
            return f"https://{found.host}/api/v4"
        case "gitea":
            return f"https://{found.host}/api/v1"
        case "bitbucket":
            return "https://api.bitbucket.org/2.0"
        case _:
            return "https://dev.azure.com"


def _dialect(found: Place, api: str, rest: str) -> Dialect:
    match found.kind:
        case "github":
            return GitHub(found.repository, rest)
        case "gitlab":
            return GitLab(found.repository)
        case "gitea":
            return Gitea(found.repository)
        case "bitbucket":
            return Bitbucket(found.repository)
        case _:
            return AzureDevOps(found.repository, api)
