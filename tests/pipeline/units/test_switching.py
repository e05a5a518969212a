"""What leads to a unit from outside, over a cluster in memory."""

from __future__ import annotations

from typing import Any

import pytest

from fairlead.domain.rollout.anchor import Anchor
from fairlead.domain.rollout.commands import ProbeRoutes
from fairlead.pipeline.units.contents import Contents
from fairlead.pipeline.units.findings import Findings
from fairlead.pipeline.units.switching import probe_routes
from fairlead.pipeline.units.turn import Contradicted, Turn
from tests.pipeline.units.units import KEY, yard


def ingress(namespace: str, host: str) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": KEY.name, "namespace": namespace},
        "spec": {"rules": [{"host": host}]},
    }


@pytest.mark.parametrize("taken", [True, False], ids=["taken", "free"])
async def test_a_host_that_another_namespace_took_meanwhile_is_left_to_it(taken: bool) -> None:
    async with yard() as here:
        here.cluster.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}})
        here.cluster.put(ingress("other", "shop.example.org" if taken else "other.example.org"))
        contents = Contents(version="1", digest="", outside=(ingress(KEY.namespace, "shop.example.org"),))
        place = await here.units.places(KEY.cluster)
        turn = Turn(place, KEY, Anchor(epoch=1), {"1": contents}, Findings(), here.clock)
        if taken:
            with pytest.raises(Contradicted):
                await probe_routes(turn, ProbeRoutes((), "1", None))
        else:
            await probe_routes(turn, ProbeRoutes((), "1", None))
        there = {one["metadata"]["namespace"] for one in here.cluster.objects if one["kind"] == "Ingress"}
        assert there == ({"other"} if taken else {"other", KEY.namespace})
