"""Which forge an address leads to."""

from __future__ import annotations

import pytest

from fairlead.adapters.forges.choosing import USERS, FixedToken, Place, forge_at, place
from fairlead.domain.declaring.proposal_keys import FORGE_KINDS
from fairlead.domain.errors import InputError
from fairlead.domain.upgrades.proposals import ForgeChoice


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://github.com/acme/deploy.git", Place("github", "github.com", "acme/deploy")),
        ("git@github.com:acme/deploy.git", Place("github", "github.com", "acme/deploy")),
        ("https://user:pass@gitlab.com/group/sub/deploy", Place("gitlab", "gitlab.com", "group/sub/deploy")),
        ("ssh://git@codeberg.org/acme/deploy.git", Place("gitea", "codeberg.org", "acme/deploy")),
        ("https://bitbucket.org/acme/deploy.git", Place("bitbucket", "bitbucket.org", "acme/deploy")),
        ("https://dev.azure.com/acme/My%20Shop/_git/deploy", Place("azure", "dev.azure.com", "acme/My Shop/deploy")),
        ("git@ssh.dev.azure.com:v3/acme/shop/deploy", Place("azure", "ssh.dev.azure.com", "acme/shop/deploy")),
    ],
)
def test_well_known_hosts_tell_their_kind(remote: str, expected: Place) -> None:
    assert place(remote, ForgeChoice()) == expected


def test_the_declaration_comes_first() -> None:
    choice = ForgeChoice("gitea", "https://git.example.org/api/v1", "acme/other")

    assert place("https://github.com/acme/deploy.git", choice) == Place("gitea", "github.com", "acme/other")


@pytest.mark.parametrize("remote", ["https://git.example.org/acme/deploy.git", "/srv/git/deploy.git", ""])
def test_others_must_be_declared(remote: str) -> None:
    with pytest.raises(InputError) as caught:
        place(remote, ForgeChoice())

    assert caught.value.code == "forgeUnknown"


@pytest.mark.parametrize(
    ("remote", "kind", "api"),
    [
        ("https://github.com/acme/deploy", None, "https://api.github.com"),
        ("https://ghe.example.org/acme/deploy", "github", "https://ghe.example.org/api"),
        ("https://git.example.org/acme/deploy", "gitlab", "https://git.example.org/api/v4"),
        ("https://git.example.org/acme/deploy", "gitea", "https://git.example.org/api/v1"),
        ("https://bitbucket.org/acme/deploy", None, "https://api.bitbucket.org/2.0"),
        ("https://dev.azure.com/acme/shop/_git/deploy", None, "https://dev.azure.com"),
    ],
)
async def test_the_api_lies_where_the_forge_says(remote: str, kind: str | None, api: str) -> None:
    choice = ForgeChoice(kind)
    forge = forge_at(place(remote, choice), choice, FixedToken(kind or "github", "t"))

    assert forge.api == api
    await forge.close()


async def test_github_enterprise_serves_graphql_beside_rest() -> None:
    choice = ForgeChoice("github")
    forge = forge_at(place("https://ghe.example.org/acme/deploy", choice), choice, FixedToken("github", "t"))

    assert forge.dialect.listing().path.startswith("/v3/repos/")
    await forge.close()


def test_every_kind_has_a_user_for_git() -> None:
    assert USERS.keys() == set(FORGE_KINDS)
