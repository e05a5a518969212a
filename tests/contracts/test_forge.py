"""What every forge promises, over a fake in memory and over servers that speak as the five kinds of forges do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from fairlead.adapters.forges.choosing import USERS, FixedToken, forge_at, place
from fairlead.adapters.forges.rest import RestForge
from fairlead.domain.errors import FairleadError, InputError, OperationFailed, RemoteRefused, Transient
from fairlead.domain.upgrades.proposals import ForgeChoice
from fairlead.ports.forge import Forge, Wanted
from tests.fakes.forge import MemoryForge
from tests.fakes.forge_server import PROOFS, TOKEN, ForgeServer
from tests.fakes.http import Answer, HttpServer, json_answer

WANTED = Wanted("fairlead/test.web", "main", "Update web to 1.4.3 in test", "<!-- mark -->\n\n| a | table |\n")
OTHER = Wanted("fairlead/test.web", "main", "Update web to 1.4.4 in test", "another text")
REPOSITORIES = {"azure": "acme/shop/deploy"}


@dataclass
class Bench:
    """A forge under test, and ways to see and set what the other side has."""

    forge: Forge
    server: ForgeServer | None
    memory: MemoryForge | None

    async def open(self, branch: str) -> None:
        await self.forge.create(Wanted(branch, "main", "t", "b"))

    def merges_itself(self) -> bool:
        if self.server is not None:
            return self.server.pulls[0].merges_itself
        assert self.memory is not None
        return self.memory.events[-1].startswith("merge")


def forge_of(kind: str, url: str, token: str = TOKEN) -> RestForge:
    choice = ForgeChoice(kind, url, REPOSITORIES.get(kind, "acme/deploy"))
    return forge_at(place("", choice), choice, FixedToken(kind, token))


@pytest.fixture(params=["memory", *USERS])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    if request.param == "memory":
        memory = MemoryForge()
        yield Bench(memory, None, memory)
        return
    server = ForgeServer(request.param)
    async with HttpServer(server) as http:
        forge = forge_of(request.param, http.url)
        yield Bench(forge, server, None)
        await forge.close()


async def test_a_request_is_opened_and_found_again(bench: Bench) -> None:
    made = await bench.forge.create(WANTED)

    assert await bench.forge.open_requests("fairlead/") == (made,)
    assert (made.branch, made.title, made.body) == (WANTED.branch, WANTED.title, WANTED.body)
    assert made.url.endswith(f"/{made.number}")


async def test_a_request_gets_another_text(bench: Bench) -> None:
    made = await bench.forge.create(WANTED)

    updated = await bench.forge.update(made, OTHER)

    assert (updated.number, updated.title, updated.body) == (made.number, OTHER.title, OTHER.body)
    assert await bench.forge.open_requests("fairlead/") == (updated,)


async def test_a_closed_request_is_no_longer_open(bench: Bench) -> None:
    made = await bench.forge.create(WANTED)
    await bench.open("fairlead/other")

    await bench.forge.close_request(made, "outdated")

    assert [each.branch for each in await bench.forge.open_requests("fairlead/")] == ["fairlead/other"]


async def test_all_pages_are_read_and_other_branches_left_out(bench: Bench) -> None:
    names = [f"fairlead/{number}" for number in range(5)]
    for name in ("feature/x", *names, "fairleader"):
        await bench.open(name)

    found = await bench.forge.open_requests("fairlead/")

    assert [each.branch for each in found] == names


async def test_a_request_merges_when_its_checks_passed(bench: Bench) -> None:
    made = await bench.forge.create(WANTED)
    if bench.server is not None and bench.server.kind == "bitbucket":
        with pytest.raises(InputError) as caught:
            await bench.forge.merge_when_checked(made)
        assert caught.value.code == "autoMergeUnsupported"
        return

    await bench.forge.merge_when_checked(made)
    await bench.forge.merge_when_checked(made)

    assert bench.merges_itself()


@pytest.fixture(params=USERS)
async def served(request: pytest.FixtureRequest) -> AsyncIterator[tuple[ForgeServer, RestForge]]:
    server = ForgeServer(request.param)
    async with HttpServer(server) as http:
        forge = forge_of(request.param, http.url)
        yield server, forge
        await forge.close()


Served = tuple[ForgeServer, RestForge]


async def test_requests_from_forks_are_not_ours(served: Served) -> None:
    server, forge = served
    server.add("fairlead/test.web", is_fork=True)

    assert await forge.open_requests("fairlead/") == ()


async def test_a_fork_that_was_deleted_is_nobodys_and_stops_nothing(served: Served) -> None:
    server, forge = served
    server.add("fairlead/test.web", is_fork=True).is_gone = True
    server.add("fairlead/test.api")

    assert [each.branch for each in await forge.open_requests("fairlead/")] == ["fairlead/test.api"]


@pytest.mark.parametrize("is_gone", [False, True])
async def test_what_strangers_closed_is_not_declined(served: Served, *, is_gone: bool) -> None:
    server, forge = served
    pull = server.add("fairlead/a", is_fork=True)
    pull.is_open, pull.is_gone = False, is_gone
    if server.kind == "github":
        pull.branch = "stranger:fairlead/a"  # it is asked for those of the owner alone

    assert await forge.declined("fairlead/a") == ()


async def test_a_closed_request_says_why(served: Served) -> None:
    server, forge = served
    made = await forge.create(WANTED)

    await forge.close_request(made, "outdated: @all")

    assert server.pulls[0].comments == ["outdated: @all"]
    assert not server.pulls[0].is_open


async def test_what_people_closed_is_declined_and_what_they_merged_is_not(served: Served) -> None:
    server, forge = served
    for branch, merged in (("fairlead/a", False), ("fairlead/b", True)):
        pull = server.add(branch, title=f"of {branch}", body="what it asked for")
        pull.is_open, pull.is_merged = False, merged

    (found,) = await forge.declined("fairlead/a")
    assert (found.branch, found.title, found.body) == ("fairlead/a", "of fairlead/a", "what it asked for")
    assert await forge.declined("fairlead/c") == ()
    if server.kind in {"github", "gitea"}:  # the others are asked for those that were not merged
        assert await forge.declined("fairlead/b") == ()


async def test_an_empty_text_is_empty(served: Served) -> None:
    server, forge = served
    server.add("fairlead/x", body="")

    (found,) = await forge.open_requests("fairlead/")

    assert found.body == ""


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (json_answer({"message": "Bad credentials"}, 401), RemoteRefused, "forgeRefused"),
        (json_answer({"message": "no"}, 403), RemoteRefused, "forgeRefused"),
        (json_answer({}, 403, X_RateLimit_Remaining="0"), Transient, "forgeBusy"),
        (json_answer({}, 403, Retry_After="60"), Transient, "forgeBusy"),
        (json_answer({}, 429, Retry_After="7"), Transient, "forgeBusy"),
        (Answer(503, b"<html>sorry</html>"), Transient, "forgeBusy"),
        (Answer(200, b"<html>sign in</html>"), OperationFailed, "forgeAnswer"),
        (json_answer("text"), OperationFailed, "forgeAnswer"),
        (json_answer([{"number": "1"}]), OperationFailed, "forgeAnswer"),
        (json_answer({"value": [{}], "values": [{}]}), OperationFailed, "forgeAnswer"),
        (Answer(302, b"", {"Location": "https://elsewhere.example.org/"}), RemoteRefused, "forgeRefused"),
    ],
)
async def test_failures_say_who_must_act(served: Served, answer: Answer, error: type[FairleadError], code: str) -> None:
    server, forge = served
    server.failing.append(answer)

    try:
        found = await forge.open_requests("fairlead/")
    except FairleadError as raised:
        outcome: tuple[type[FairleadError], str] | None = (type(raised), raised.code)
    else:
        assert found == ()  # an odd item that this forge's shape leaves out as another repository's
        outcome = None

    assert outcome in ((error, code), None) if code == "forgeAnswer" else outcome == (error, code)


async def test_a_limit_says_how_long_to_wait(served: Served) -> None:
    server, forge = served
    server.failing.append(json_answer({}, 429, Retry_After="7"))

    with pytest.raises(Transient) as caught:
        await forge.create(WANTED)

    assert caught.value.delay_seconds == 7


async def test_a_token_shows_in_no_error(served: Served) -> None:
    server, forge = served
    name, proof = PROOFS[server.kind]
    server.failing.append(json_answer({"message": "\x1b[31mno\n", "you": {name: proof}}, 401))

    with pytest.raises(RemoteRefused) as caught:
        await forge.create(WANTED)

    assert proof.rpartition(" ")[2] not in str(caught.value)
    assert str(caught.value).isprintable()


async def test_a_list_without_end_is_given_up() -> None:
    async def handle(request: object, writer: object) -> Answer:
        item = {"head": {"ref": "x", "repo": {"full_name": "stranger/x"}}}
        return json_answer([item], Link='<https://x.example.org/?page=2>; rel="next"')

    async with HttpServer(handle) as http:
        forge = forge_of("github", http.url)
        with pytest.raises(OperationFailed) as caught:
            await forge.open_requests("fairlead/")
        await forge.close()

    assert caught.value.code == "forgeAnswer"
    assert len(http.requests) == 100


async def test_github_tells_of_refused_merges_within_a_good_answer() -> None:
    server = ForgeServer("github")
    async with HttpServer(server) as http:
        forge = forge_of("github", http.url)
        made = await forge.create(WANTED)
        server.pulls.clear()
        with pytest.raises(RemoteRefused):
            await forge.merge_when_checked(made)
        await forge.close()


async def test_a_refused_merge_is_an_error(served: Served) -> None:
    server, forge = served
    made = await forge.create(WANTED)
    server.failing.append(json_answer({"message": "Method Not Allowed"}, 405))

    with pytest.raises((RemoteRefused, InputError)):
        await forge.merge_when_checked(made)


async def test_long_texts_are_cut_where_the_service_takes_no_more(served: Served) -> None:
    server, forge = served
    wanted = Wanted("fairlead/x", "main", "t", "<!-- mark -->\n\n" + "row\n" * 30_000)

    await forge.update(await forge.create(wanted), wanted)

    (found,) = await forge.open_requests("fairlead/")
    assert found.body.startswith("<!-- mark -->\n")
    assert len(server.pulls[0].body) <= {"azure": 4000, "github": 65536}.get(server.kind, len(wanted.body))
