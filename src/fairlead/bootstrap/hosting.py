"""Builds what proposing needs: a working copy of the repository that a checkout was cloned from, and its forge."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from fairlead.adapters.forges.choosing import USERS, FixedToken, Place, api_of, forge_at, place
from fairlead.adapters.forges.githubapp import App, AppToken
from fairlead.adapters.git.checkout import GitCheckout
from fairlead.adapters.git.remotes import Remote
from fairlead.adapters.git.workingcopy import GitWorkingCopy
from fairlead.domain.errors import InputError, Problem
from fairlead.domain.upgrades.proposals import Proposals
from fairlead.doors.dial import Dialer
from fairlead.doors.process import locate
from fairlead.doors.redaction import Redactor
from fairlead.ports.clock import Clock
from fairlead.ports.hosting import Hosted
from fairlead.settings import Settings

# What of the operator's environment Git and SSH may see: identities, proxies, where certificates lie.
_FOR_GIT: Final = (
    *("PATH", "HOME", "XDG_CONFIG_HOME", "SSH_AUTH_SOCK", "GNUPGHOME", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    *("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy", "GIT_SSL_CAINFO"),
)


class _Proof(Protocol):
    """Who asks: headers for the forge, and the same token as Git's password."""

    async def __call__(self) -> Mapping[str, str]: ...

    async def token(self) -> str: ...


@dataclass(frozen=True, slots=True)
class GitHosting:
    """The repository of a checkout. `root` is where its declared files begin."""

    settings: Settings
    root: Path
    clock: Clock
    redactor: Redactor

    async def open(self, proposals: Proposals) -> Hosted:
        """Return a working copy in the cache, and the forge unless changes are committed directly."""
        top, url = await GitCheckout(self.settings).origin(str(self.root))
        is_known = not proposals.direct or proposals.forge.kind is not None
        where = place(url, proposals.forge) if is_known else None
        proof = self._proof(proposals, where)
        token = "" if proof is None else await proof.token()
        self.redactor.register([token] if token else [])
        remote = Remote(url, token, USERS[where.kind] if where is not None else "git")
        copy = self._copy(remote, proposals)
        prefix = self.root.relative_to(top.resolve()).as_posix()
        if proposals.direct or where is None:
            return Hosted(copy, None, prefix)
        if proof is None:
            message = "`updates` names no token, and without one no pull request can be opened"
            raise InputError(Problem("tokenMissing", message, remedy="write `updates: {tokenFrom: {env: NAME}}`"))
        return Hosted(copy, forge_at(where, proposals.forge, proof), prefix)

    def _copy(self, remote: Remote, proposals: Proposals) -> GitWorkingCopy:
        git = locate("git", search_path=self.settings.search_path)
        if git is None:
            raise InputError(Problem("programMissing", "the program git is not installed", remedy="install git"))
        name = hashlib.sha256(f"{remote.shown}\0{proposals.base}".encode()).hexdigest()[:32]
        directory = self.settings.own_cache / "working-copies" / name
        environ = {key: self.settings.environ[key] for key in _FOR_GIT if key in self.settings.environ}
        return GitWorkingCopy(git, directory, remote, author=proposals.author, environ=environ)

    def _proof(self, proposals: Proposals, where: Place | None) -> _Proof | None:
        if proposals.app is not None and where is not None:
            app = proposals.app
            key = self._variable(app.key_variable)
            return AppToken(
                App(app.identifier, app.installation, key), api_of(where, proposals.forge), self.clock, Dialer()
            )
        if proposals.token_variable is None:
            return None
        return FixedToken(where.kind if where is not None else "github", self._variable(proposals.token_variable))

    def _variable(self, name: str) -> str:
        found = self.settings.environ.get(name, "").strip()
        if not found:
            remedy = "set it for this run, or correct its name in `updates`"
            raise InputError(Problem("variableNotSet", f"the environment variable {name} is not set", remedy=remedy))
        self.redactor.register([found])
        return found
