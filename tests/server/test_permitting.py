"""What speaks against a descriptor and against a change of variables, with a cluster in memory."""

from __future__ import annotations

import pytest

from fairlead.domain.apps.variables import SecretKey, Variable
from fairlead.domain.errors import InputError
from fairlead.server.permitting import against, permitted
from tests.fakes.cluster import FakeCluster
from tests.fakes.descriptors import described
from tests.fakes.pod_security import pod

TOKEN = Variable("TOKEN", SecretKey("other", "key"))
LOGIN = Variable("LOGIN", SecretKey("allowed", "key"))


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster()
    about = {"name": "shop", "annotations": {"fairlead.dev/secrets": "allowed"}}
    found.put({"apiVersion": "v1", "kind": "Namespace", "metadata": about})
    return found


async def test_a_stored_variable_leads_an_app_to_no_other_secret(cluster: FakeCluster) -> None:
    descriptor = described(namespace="shop", podspec=pod())
    assert await against(cluster, descriptor, [LOGIN], []) == ()
    found = await against(cluster, descriptor, [LOGIN, TOKEN], [])
    assert [(each.code, each.path) for each in found] == [("secretForbidden", "variables.TOKEN")]


async def test_no_variable_is_set_to_another_secret(cluster: FakeCluster) -> None:
    change = await permitted(cluster, "shop", lambda old: {**old, TOKEN.name: TOKEN})
    with pytest.raises(InputError) as caught:
        change({})
    assert [(each.code, each.path) for each in caught.value.problems] == [("secretForbidden", "variables.TOKEN")]


async def test_what_was_set_before_keeps_nobody_from_setting_others(cluster: FakeCluster) -> None:
    change = await permitted(cluster, "shop", lambda old: {**old, LOGIN.name: LOGIN})
    assert change({TOKEN.name: TOKEN}) == {TOKEN.name: TOKEN, LOGIN.name: LOGIN}


async def test_without_a_list_every_secret_may_be_used(cluster: FakeCluster) -> None:
    change = await permitted(cluster, "default", lambda old: {**old, TOKEN.name: TOKEN})
    assert change({}) == {TOKEN.name: TOKEN}
