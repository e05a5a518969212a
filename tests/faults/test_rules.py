from __future__ import annotations

import pytest

from tests.faults.rules import FORWARD, Answer, Call, at_write, where

SECRET = "/api/v1/namespaces/shop/secrets/web"
BUSY = Answer(429, "TooManyRequests", retry_after=1)


@pytest.mark.parametrize(
    ("method", "target", "named", "writes"),
    [
        ("PUT", f"{SECRET}?fieldManager=helm", ("shop", "secrets", "web", "", "helm"), True),
        ("PATCH", f"{SECRET}?dryRun=All", ("shop", "secrets", "web", "", ""), False),
        ("GET", SECRET, ("shop", "secrets", "web", "", ""), False),
        ("DELETE", "/api/v1/namespaces/shop", ("", "namespaces", "shop", "", ""), True),
        ("POST", "/apis/apps/v1/namespaces/shop/deployments", ("shop", "deployments", "", "", ""), True),
        ("PATCH", "/apis/apps/v1/namespaces/shop/deployments/a/scale", ("shop", "deployments", "a", "scale", ""), True),
        ("POST", "/apis/authorization.k8s.io/v1/accessreviews", ("", "accessreviews", "", "", ""), False),
        ("GET", "/version", ("", "", "", "", ""), False),
    ],
    ids=["replace", "dry-run", "read", "namespace", "create", "subresource", "review", "version"],
)
def test_a_request_says_what_it_is_about(method: str, target: str, named: tuple[str, ...], *, writes: bool) -> None:
    call = Call.of(method, target)
    assert (call.namespace, call.resource, call.name, call.subresource, call.manager) == named
    assert call.is_write is writes


def test_a_rule_strikes_one_write_only() -> None:
    rule = at_write(2, BUSY)
    assert [rule(Call("PUT", SECRET, number=number)) for number in (1, 2, 3)] == [FORWARD, BUSY, FORWARD]


def test_a_rule_can_tire() -> None:
    rule = where(lambda call: call.method == "GET", BUSY, times=1)
    assert [rule(Call(method, SECRET)) for method in ("PUT", "GET", "GET")] == [FORWARD, BUSY, FORWARD]
