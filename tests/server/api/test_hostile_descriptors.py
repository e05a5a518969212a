"""Whatever is sent as a descriptor: the server answers, and what it keeps is of the namespace that it says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.server import DESCRIPTOR, FakeServer

NAMES = ["namespace", "appName", "newVersion", "podspec", "replicas", "frontend", "components", "configMaps", "secrets"]
ODD = st.sampled_from(["..", "../other", "other/web", "a\nb", "kube-system", "", "#", "\ud800", "x" * 300, "${HOME}"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text() | ODD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES) | st.text(), inner, max_size=3),
    max_leaves=8,
)
CHANGES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=8), VALUES, max_size=4)


def test_none_breaks_the_server_or_leaves_its_namespace() -> None:
    server = FakeServer()

    @settings(max_examples=400)
    @given(CHANGES)
    def send(changes: dict[str, Any]) -> None:
        body = json.dumps({**DESCRIPTOR, **changes}).encode()
        server.clock.advance(1)  # nobody is to be slowed down here
        answer = asyncio.run(server.ask("POST", "/api/v1/descriptors", body))
        assert answer.status in (201, 422)
        if answer.status == 201:
            said = answer.json
            assert said["namespace"] == said["descriptor"].get("namespace", "default")
            assert "/" not in said["namespace"] + said["app"]

    send()
