"""How new versions are proposed: to which branch of which forge, in whose name, or straight to the branch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ForgeChoice:
    """What is declared of the forge; None leaves it to the address of the repository."""

    kind: str | None = None
    api: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """A GitHub App. `key_variable` names the variable that holds its private key in PEM form."""

    identifier: str
    installation: str
    key_variable: str


@dataclass(frozen=True, slots=True)
class Signing:
    """How commits are signed: `ssh` or `openpgp`, and with which key (a file, or an id in the keyring)."""

    form: str
    key: str


@dataclass(frozen=True, slots=True)
class Author:
    """Whose name commits bear."""

    name: str = "Fairlead"
    email: str = "fairlead@localhost"
    signing: Signing | None = None


@dataclass(frozen=True, slots=True)
class Proposals:
    """What the environments file says below `updates`.

    `base` None is the repository's default branch. `token_variable` names the variable with the forge's token, which
    also is Git's password for https addresses. `direct` commits to the base branch, without pull requests.
    """

    base: str | None = None
    forge: ForgeChoice = ForgeChoice()
    token_variable: str | None = None
    app: GitHubApp | None = None
    author: Author = Author()
    direct: bool = False
    auto_merge: bool = False
