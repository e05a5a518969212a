from __future__ import annotations

import pytest

from fairlead.domain.apps.pod_security import Level, violations
from tests.fakes.pod_security import CASES, GOOD, pod

ORDER = [Level.PRIVILEGED, Level.BASELINE, Level.RESTRICTED]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("level", ORDER)
def test_levels(case: str, level: Level) -> None:
    spec, strictest = CASES[case]
    found = list(violations(spec, level))
    assert bool(found) == (ORDER.index(level) > ORDER.index(strictest))
    assert all(each.path and each.message and each.remedy for each in found)


def test_each_container_is_named() -> None:
    spec = pod(initContainers=[{"name": "b", "image": "b:1"}])
    assert {each.path for each in violations(spec, Level.RESTRICTED)} == {"initContainers[0].securityContext"}


def test_what_says_nothing_at_all() -> None:
    assert (
        list(violations({"containers": [{"securityContext": None, "ports": None}], "volumes": None}, Level.BASELINE))
        == []
    )


def test_proc_is_hidden_even_where_the_api_server_would_show_it() -> None:
    """Kubernetes lets pods with users of their own see it."""
    spec = pod({**GOOD, "procMount": "Unmasked"}, hostUsers=False)
    assert [each.path for each in violations(spec, Level.BASELINE)] == ["containers[0].securityContext"]


def test_a_process_on_the_node_is_one_for_the_pod_and_for_each_container() -> None:
    context = {"windowsOptions": {"hostProcess": True}}
    spec = {"securityContext": context, "containers": [{"name": "a", "securityContext": context}, {"name": "b"}]}
    found = [each.path for each in violations(spec, Level.BASELINE)]
    assert found == ["securityContext", "containers[0].securityContext"]


@pytest.mark.parametrize(
    "hook",
    [("livenessProbe",), ("readinessProbe",), ("startupProbe",), ("lifecycle", "postStart"), ("lifecycle", "preStop")],
)
@pytest.mark.parametrize("way", ["httpGet", "tcpSocket"])
def test_the_node_is_sent_to_no_host(hook: tuple[str, ...], way: str) -> None:
    asked: dict[str, object] = {way: {"host": "10.0.0.1", "port": 80}}
    for key in reversed(hook):
        asked = {key: asked}
    (found,) = violations({"containers": [{"name": "a", **asked}]}, Level.BASELINE)
    assert found.path == f"containers[0].{'.'.join(hook)}.{way}"
