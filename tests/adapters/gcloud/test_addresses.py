"""Addresses by gcloud: the exact command, asked once, and every bad answer an error."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from fairlead.adapters.gcloud.addresses import GcloudAddresses, command
from fairlead.domain.config import GceAddress
from fairlead.domain.errors import InputError, OperationFailed
from fairlead.domain.providers import Gke
from fairlead.settings import Settings
from tests.fakes.programs import RecordingPrograms

ZONAL = Gke("acme", "main", zone="us-central1-a")
REGIONAL = Gke("acme", "main", region="europe-north1")
ASK = ("gcloud", "compute", "addresses", "describe", "my-address", "--format", "value(address)", "--project", "acme")


@pytest.fixture
def programs(tmp_path: Path) -> RecordingPrograms:
    return RecordingPrograms(tmp_path / "bin")


def addresses(programs: RecordingPrograms) -> GcloudAddresses:
    return GcloudAddresses(Settings.from_environment({"HOME": "/", "PATH": str(programs.directory), "MINE": "kept"}))


@pytest.mark.parametrize(
    ("address", "cluster", "where"),
    [
        (GceAddress("my-address"), ZONAL, ("--region", "us-central1")),
        (GceAddress("my-address"), REGIONAL, ("--region", "europe-north1")),
        (GceAddress("my-address"), Gke("acme", "c", zone="europe-north1-a"), ("--region", "europe-north1")),
        (GceAddress("my-address", is_global=True), ZONAL, ("--global",)),
    ],
)
def test_the_command(address: GceAddress, cluster: Gke, where: tuple[str, ...]) -> None:
    assert command(address, cluster) == (*ASK, *where)


async def test_an_address_is_asked_for_once(programs: RecordingPrograms) -> None:
    programs.install("gcloud", stdout="1.2.3.4\n")
    found = addresses(programs)
    asked = [found.address(GceAddress("my-address"), ZONAL) for _ in range(3)]
    assert await asyncio.gather(*asked) == ["1.2.3.4"] * 3
    assert programs.calls == [(*ASK, "--region", "us-central1")]
    assert programs.environments[0]["MINE"] == "kept"
    await found.address(GceAddress("my-address", is_global=True), ZONAL)
    assert len(programs.calls) == 2


async def test_version_6_addresses_are_addresses(programs: RecordingPrograms) -> None:
    programs.install("gcloud", stdout="2001:db8::1")
    assert await addresses(programs).address(GceAddress("my-address"), ZONAL) == "2001:db8::1"


@pytest.mark.parametrize("answer", ["", "not an address", "1.2.3.4 5.6.7.8", "1.2.3.4,x=y", "1.2.3"])
async def test_an_answer_that_is_no_address(programs: RecordingPrograms, answer: str) -> None:
    programs.install("gcloud", stdout=answer)
    with pytest.raises(OperationFailed) as caught:
        await addresses(programs).address(GceAddress("my-address"), ZONAL)
    assert caught.value.code == "addressLookupFailed"


@pytest.mark.parametrize("installed", [True, False])
async def test_a_failing_or_missing_program(programs: RecordingPrograms, *, installed: bool) -> None:
    if installed:
        programs.install("gcloud", stderr="not found", exit_code=1)
    with pytest.raises(OperationFailed) as caught:
        await addresses(programs).address(GceAddress("my-address"), ZONAL)
    assert caught.value.code == "addressLookupFailed"
    assert "my-address" in str(caught.value)


@pytest.mark.parametrize("hostile", ["--x", "a;b", "$(a)", "a\nb", "", "a b", "A", "-", "@f"])
async def test_hostile_names_never_reach_the_program(programs: RecordingPrograms, hostile: str) -> None:
    programs.install("gcloud", stdout="1.2.3.4")
    for address, cluster in [
        (GceAddress(hostile), ZONAL),
        (GceAddress("a"), Gke(hostile, "main", region="r")),
        (GceAddress("a"), Gke("acme", "main", region=hostile)),
    ]:
        with pytest.raises(InputError) as caught:
            await addresses(programs).address(address, cluster)
        assert caught.value.code == "addressName"
    assert programs.calls == []
