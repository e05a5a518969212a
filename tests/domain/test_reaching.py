"""Which context is used, and which is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.access import Access, Anonymous
from fairlead.domain.errors import InputError, Refused
from fairlead.domain.kubeconfig import Kubeconfig, KubeconfigDocument, merge
from fairlead.domain.pinning import EXTENSION
from fairlead.domain.reaching import Choice, Reach, check_fingerprint, choose, target

GKE = Reach(programs=(("gcloud",),), entries=("gke_p_z_c", "gke_p_z_c"))
OWN = Reach(contexts=("own",))
CURRENT = Reach(contexts=(None,))
DOCKER = Reach(contexts=("docker-desktop", "docker-for-desktop"))


def context(
    name: str, cluster: str, user: str = "", *, repository: str = "", fingerprint: str = "sha256:aa"
) -> dict[str, Any]:
    record = {"cluster": "eu", "fingerprint": fingerprint, "repository": repository}
    extensions = [{"name": EXTENSION, "extension": record}] if repository else []
    return {"name": name, "context": {"cluster": cluster, "user": user or cluster, "extensions": extensions}}


def config(*contexts: dict[str, Any], current: str = "", entries: tuple[str, ...] | None = None) -> Kubeconfig:
    names = entries or ("own", "other", "gke_p_z_c", "gitlab-deploy")
    content = {
        "current-context": current,
        "clusters": [{"name": name, "cluster": {"server": f"https://{name}.test"}} for name in names],
        "users": [{"name": name, "user": {}} for name in names],
        "contexts": list(contexts),
    }
    return merge([KubeconfigDocument("/config", content)])


OURS, THEIRS = "/repo", "/elsewhere"
PLAIN_OWN = context("own", "own")


@pytest.mark.parametrize(
    ("reach", "found", "chosen", "pinned"),
    [
        # The provider's own context, no init needed.
        (OWN, config(PLAIN_OWN), "own", False),
        (CURRENT, config(PLAIN_OWN, current="own"), "own", False),
        (DOCKER, config(context("docker-for-desktop", "own")), "docker-for-desktop", False),
        (
            DOCKER,
            config(context("docker-for-desktop", "own"), context("docker-desktop", "other")),
            "docker-desktop",
            False,
        ),
        # Ours by init.
        (OWN, config(PLAIN_OWN, context("env:test", "own", repository=OURS)), "env:test", True),
        (GKE, config(context("env:test", "gke_p_z_c", repository=OURS)), "env:test", True),
        # Somebody else's context of that name does not matter where there is an own one.
        (OWN, config(PLAIN_OWN, context("env:test", "own", repository=THEIRS)), "own", False),
        (OWN, config(PLAIN_OWN, context("env:test", "other", repository=THEIRS)), "own", False),
        (OWN, config(PLAIN_OWN, context("env:test", "other")), "own", False),
        # Where there is none, one that names the very same entries serves, under its fingerprint.
        (GKE, config(context("env:test", "gke_p_z_c", repository=THEIRS)), "env:test", True),
        # init --gitlab replaced the provider.
        (OWN, config(PLAIN_OWN, context("env:test", "gitlab-deploy", repository=OURS)), "env:test", True),
        (GKE, config(context("env:test", "gitlab-deploy", repository=OURS)), "env:test", True),
    ],
)
def test_the_context_chosen(reach: Reach, found: Kubeconfig, chosen: str, pinned: bool) -> None:
    choice = choose(found, reach, environment="test", repository="/repo")
    assert (choice.context.name, choice.pin is not None) == (chosen, pinned)


@pytest.mark.parametrize(
    ("reach", "found"),
    [
        # The declaration names another cluster than it did at init.
        (GKE, config(context("env:test", "other", repository=OURS))),
        (GKE, config(context("env:test", "gke_p_z_c", "other", repository=OURS))),
        # The own context was repointed since.
        (OWN, config(context("own", "other"), context("env:test", "own", repository=OURS))),
    ],
)
def test_our_context_that_leads_elsewhere_is_refused(reach: Reach, found: Kubeconfig) -> None:
    with pytest.raises(Refused) as caught:
        choose(found, reach, environment="test", repository="/repo")
    assert caught.value.code == "contextMismatch"


@pytest.mark.parametrize(
    ("reach", "found"),
    [
        (GKE, config()),
        (GKE, config(context("env:test", "gke_p_z_c"))),
        (GKE, config(context("env:test", "other", repository=THEIRS))),
        (GKE, config(context("env:test", "gitlab-deploy", repository=THEIRS))),
        (GKE, config(context("gke_p_z_c", "gke_p_z_c"))),
        (OWN, config()),
        (OWN, config(context("Own", "own"), context("own2", "own"))),
        (OWN, config(context("env:test", "own", repository=THEIRS))),
        # The own context is gone, and what init made cannot be compared any more.
        (OWN, config(context("env:test", "own", repository=OURS))),
        (CURRENT, config(PLAIN_OWN)),
        (DOCKER, config(PLAIN_OWN)),
    ],
)
def test_no_context_is_made_up(reach: Reach, found: Kubeconfig) -> None:
    with pytest.raises(InputError) as caught:
        choose(found, reach, environment="test", repository="/repo")
    assert caught.value.code == "contextMissing"
    assert caught.value.problems[0].remedy


def test_a_remedy_fits_the_provider() -> None:
    with pytest.raises(InputError) as caught:
        choose(
            config(), Reach(contexts=("minikube",), hint="run `minikube start`"), environment="test", repository="/repo"
        )
    assert caught.value.problems[0].remedy == "run `minikube start`"


def access_with(fingerprint: str) -> Access:
    return Access("env:test", "https://x", "shop", None, False, None, None, Anonymous(), fingerprint)


def test_where_no_file_exists_none_is_blamed() -> None:
    with pytest.raises(InputError) as caught:
        choose(merge([]), Reach(contexts=("office",)), environment="test", repository="/repo")
    assert caught.value.code == "contextMissing"
    assert "in no " not in caught.value.problems[0].message


def test_a_changed_fingerprint_is_refused() -> None:
    choice = choose(
        config(context("env:test", "gke_p_z_c", repository=OURS)), GKE, environment="test", repository="/repo"
    )
    check_fingerprint(access_with("sha256:aa"), choice, "test")
    with pytest.raises(Refused) as caught:
        check_fingerprint(access_with("sha256:bb"), choice, "test")
    assert caught.value.code == "contextMismatch"


def test_without_a_pin_any_fingerprint_will_do() -> None:
    choice = choose(config(PLAIN_OWN), OWN, environment="test", repository="/repo")
    check_fingerprint(access_with("sha256:bb"), choice, "test")
    assert choice == Choice(choice.context, None)


@pytest.mark.parametrize(
    ("reach", "found", "entries"),
    [
        (GKE, config(), ("gke_p_z_c", "gke_p_z_c")),
        (GKE, config(entries=("own",)), None),
        (Reach(entries=("own", "nobody")), config(), None),
        (OWN, config(PLAIN_OWN), ("own", "own")),
        (OWN, config(), None),
        (CURRENT, config(PLAIN_OWN, current="own"), ("own", "own")),
    ],
)
def test_where_init_leads(reach: Reach, found: Kubeconfig, entries: tuple[str, str] | None) -> None:
    context = target(found, reach)
    assert (context and (context.cluster.name, context.user.name if context.user else "")) == entries


def test_a_context_without_a_user_can_be_a_target() -> None:
    userless = {"name": "own", "context": {"cluster": "own"}}
    found = target(config(userless), OWN)
    assert found is not None
    assert found.user is None
    pinned = context("env:test", "own", repository=OURS)
    pinned["context"]["user"] = ""
    assert choose(config(userless, pinned), OWN, environment="test", repository="/repo").pin is not None
