"""Pull requests in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from fairlead.domain.errors import Problem, RemoteRefused
from fairlead.ports.forge import PullRequest, Wanted


@dataclass(slots=True)
class MemoryForge:
    """A `Forge` without a server. `requests` are the open ones by number; `events` tells what happened, in order.

    `closed` are those that were not merged.
    """

    requests: dict[int, PullRequest] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    made: int = 0
    closed: list[PullRequest] = field(default_factory=list)
    unmergeable: set[str] = field(default_factory=set)

    async def open_requests(self, prefix: str) -> tuple[PullRequest, ...]:
        return tuple(each for each in self.requests.values() if each.branch.startswith(prefix))

    async def declined(self, branch: str) -> tuple[PullRequest, ...]:
        return tuple(each for each in self.closed if each.branch == branch)

    def decline(self, branch: str) -> None:
        """Close the request of a branch, as people do."""
        (number,) = (number for number, each in self.requests.items() if each.branch == branch)
        self.closed.append(self.requests.pop(number))

    async def create(self, wanted: Wanted) -> PullRequest:
        self.made += 1
        url = f"https://forge.example.org/pulls/{self.made}"
        self.requests[self.made] = PullRequest(self.made, url, wanted.branch, wanted.title, wanted.body)
        self.events.append(f"create {wanted.branch} into {wanted.base}")
        return self.requests[self.made]

    async def update(self, request: PullRequest, wanted: Wanted) -> PullRequest:
        self.requests[request.number] = replace(request, title=wanted.title, body=wanted.body)
        self.events.append(f"update {request.branch}")
        return self.requests[request.number]

    async def close_request(self, request: PullRequest, comment: str) -> None:
        self.closed.append(self.requests.pop(request.number))
        self.events.append(f"close {request.branch}")

    async def merge_when_checked(self, request: PullRequest) -> None:
        if request.branch in self.unmergeable:
            raise RemoteRefused(Problem("forgeRefused", "Pull request is in clean status"), status=200)
        self.events.append(f"merge {request.branch} when checked")

    async def close(self) -> None:
        pass
