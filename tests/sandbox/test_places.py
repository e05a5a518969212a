"""Where files lie."""

from __future__ import annotations

from pathlib import Path

from fairlead.sandbox.cgroups import group_name
from fairlead.sandbox.network import link_name
from fairlead.sandbox.places import Places
from fairlead.sandbox.spec import MAX_CLUSTERS
from fairlead.settings import Settings


def test_everything_lies_in_the_state_folder() -> None:
    places = Places.of("one", Settings.from_environment({"HOME": "/home/u", "XDG_STATE_HOME": "/state"}))
    assert places.root == Path("/state/fairlead/sandbox/one")
    cluster = places.cluster(1)
    for path in (places.state, places.kubeconfig, places.log("etcd-1"), cluster.volumes, cluster.key("ca")):
        assert path.is_relative_to(places.root)
    assert places.lock.parent == places.root.parent


def test_names_that_the_kernel_sees_fit_and_tell_sandboxes_apart() -> None:
    one, other = Places(Path("/state/one")), Places(Path("/state/other"))
    assert one.tag != other.tag
    assert len(link_name(one.tag, MAX_CLUSTERS)) <= 15
    assert group_name(one.tag, 1) != group_name(other.tag, 1)
