"""The kinds of the Gateway API from its published Go module, and a Gateway that is played."""

from __future__ import annotations

from pathlib import Path

import orjson

from fairlead.doors.process import Program, run
from fairlead.sandbox.toolchain import find_go
from fairlead.settings import Settings

_MODULE = "sigs.k8s.io/gateway-api"
_PINNED = Path(__file__).parents[1] / "fixtures" / "gateway-api"
_CRD = Path("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml")


async def http_route_crd(settings: Settings) -> Path:
    """Return the file that defines HTTPRoute, as published; fetched once and checked by its digest."""
    go = await find_go((1, 26), settings, lambda _event: None)
    argv = (str(go.tool), "mod", "download", "-json", _MODULE)
    done = await run(Program(argv, cwd=_PINNED, env=go.env, timeout=120))
    return Path(orjson.loads(done.stdout)["Dir"]) / _CRD
