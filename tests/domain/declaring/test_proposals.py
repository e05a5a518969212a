"""What `updates` in the environments file means."""

from __future__ import annotations

import pytest

from fairlead.domain.declaring.proposal_keys import UPDATES
from fairlead.domain.errors import InputError
from fairlead.domain.upgrades.proposals import Author, ForgeChoice, GitHubApp, Proposals, Signing
from tests.fakes.declared import declare

CLUSTERS = "environments: [{name: e, kubeNamespace: ns, provider: {minikube: {}}}]\n"


def declared(updates: str) -> Proposals:
    found = declare(f"{CLUSTERS}updates: {updates}\n")
    if found.codes:
        raise InputError(found.problems)
    return found.declaration.proposals


def test_without_it_pull_requests_go_to_the_default_branch() -> None:
    assert declare(CLUSTERS).declaration.proposals == Proposals()


def test_everything_can_be_said() -> None:
    found = declared(
        "{base: release/1, forge: {kind: gitlab, api: 'https://git.acme.test/api/v4', repository: acme/deploy}, "
        "tokenFrom: {env: TOKEN}, direct: true, "
        "author: {name: Bot, email: bot@acme.test, sign: {format: ssh, key: /key}}}"
    )

    assert found == Proposals(
        "release/1",
        ForgeChoice("gitlab", "https://git.acme.test/api/v4", "acme/deploy"),
        "TOKEN",
        author=Author("Bot", "bot@acme.test", Signing("ssh", "/key")),
        direct=True,
    )


def test_an_app_takes_the_place_of_a_token() -> None:
    found = declared("{app: {id: 12, installation: 34, keyFrom: {env: KEY}}, autoMerge: true}")

    assert (found.app, found.auto_merge) == (GitHubApp("12", "34", "KEY"), True)


@pytest.mark.parametrize(
    ("updates", "code"),
    [
        ("{tokenFrom: {env: A}, app: {id: 12, installation: 34, keyFrom: {env: KEY}}}", "exclusiveKeys"),
        ("{direct: true, autoMerge: true}", "exclusiveKeys"),
        ("{forge: {kind: svn}}", "invalidValue"),
        ("{forge: {api: 'https://user:pass@git.acme.test'}}", "invalidValue"),
        ("{base: -x}", "invalidValue"),
        ("{base: a..b}", "invalidValue"),
        ("{base: a/}", "invalidValue"),
        ("{author: {name: Bot, email: nobody}}", "invalidValue"),
        ("{author: {name: 'a<b', email: a@b}}", "invalidValue"),
        ("{app: {id: 12}}", "missingKey"),
        ("{tokenFrom: {}}", "missingKey"),
        ("{bases: main}", "unknownKey"),
    ],
)
def test_mistakes_are_found(updates: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        declared(updates)

    assert code in [problem.code for problem in caught.value.problems]


def test_every_key_says_what_it_is_for() -> None:
    assert all(field.description for field in UPDATES.fields)
