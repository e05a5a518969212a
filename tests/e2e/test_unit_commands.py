"""The installed command on units: deploy, preview and promote, rollback, abort, interrupt and go on, undeploy."""

from __future__ import annotations

import signal

import pytest

from fairlead.doors.process import start
from tests.e2e.shells import Shell

pytestmark = pytest.mark.e2e


async def test_an_app_goes_through_its_life(shell: Shell) -> None:
    here = ("--namespace", shell.namespace)
    code, document = await shell.run("deploy", "shop.json")
    assert (code, document["asked"]["outcome"], document["units"][0]["live"]) == (0, "deployed", "1")
    code, document = await shell.run("deploy", "shop.json")
    assert (code, document["asked"]["outcome"]) == (0, "unchanged")
    shell.describe(env={"COLOUR": "green"}, autoPromoteAfter="never")
    code, document = await shell.run("deploy", "shop.json")
    waiting = document["units"][0]
    assert (code, document["asked"], waiting["phase"], waiting["live"]) == (0, None, "Awaiting", "1")
    code, document = await shell.run("promote", "shop", *here)
    assert (code, document["units"][0]["live"]) == (0, waiting["candidate"])
    code, document = await shell.run("rollback", "-", "shop", *here)
    assert (code, document["units"][0]["live"]) == (0, "1")
    code, document = await shell.run("abort", "other", *here)
    assert (code, document["errors"][0]["code"]) == (2, "unknownUnit")


async def test_what_was_interrupted_goes_on(shell: Shell) -> None:
    shell.describe(env={"SLOW_START": "4"})
    child = await start(shell.here("deploy", "shop.json"))
    await shell.sandbox.ask("wait", "--for=create", "deployment/shop-1", "-n", shell.namespace, "--timeout=30s")
    child.send_signal(signal.SIGINT)
    assert await child.wait() == 130
    code, document = await shell.run("units", "shop", "--drive", "--namespace", shell.namespace)
    assert (code, document["units"][0]["live"]) == (0, "1")
    assert {one["wanted"] for one in document["events"] if one["phase"] == "Warming"} == {1}
    assert (await shell.run("undeploy", "shop", "--namespace", shell.namespace))[0] == 4
    code, document = await shell.run("undeploy", "shop", "--yes", "--namespace", shell.namespace)
    assert (code, document["asked"]["outcome"]) == (0, "undeployed")
    assert any(one["until"] for one in document["events"] if one["phase"] == "Undeploying")
    assert await _deployments(shell) == ""


async def _deployments(shell: Shell) -> str:
    return await shell.sandbox.ask("get", "deployments", "-n", shell.namespace, "-o", "name")
