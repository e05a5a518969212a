"""Pull requests on Bitbucket Cloud (REST API 2.0)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.adapters.forges.calls import Call, Page, Told, items, number, text
from fairlead.ports.forge import PullRequest, Wanted


@dataclass(frozen=True, slots=True)
class Bitbucket:
    """The dialect of Bitbucket Cloud. `repository` is `WORKSPACE/NAME`."""

    repository: str

    @property
    def _path(self) -> str:
        return f"/repositories/{quote(self.repository)}/pullrequests"

    def listing(self) -> Call:
        """Ask for the open pull requests."""
        return Call("GET", f"{self._path}?state=OPEN&pagelen=50&page=1")

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list. Whether there is more is asked of the answer, the address is our own."""
        own = [item for item in items(told.value, "values") if self._is_own(item)]
        before, _, count = path.rpartition("=")
        more = f"{before}={int(count) + 1}" if text(told.value, "next") else None
        return Page(tuple(self.request(item) for item in own), more)

    def _is_own(self, item: Any) -> bool:
        source = item.get("source", {}).get("repository") if isinstance(item, dict) else None
        return isinstance(source, dict) and text(source, "full_name").lower() == self.repository.lower()

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        query = quote(f'source.branch.name="{branch}" AND state="DECLINED"', safe="")
        return Call("GET", f"{self._path}?pagelen=50&q={query}")

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them."""
        return [self.request(item) for item in items(told.value, "values") if self._is_own(item)]

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        body = {
            "title": wanted.title,
            "description": wanted.body,
            "source": {"branch": {"name": wanted.branch}},
            "destination": {"branch": {"name": wanted.base}},
            "close_source_branch": True,
        }
        return Call("POST", self._path, body)

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        return Call("PUT", f"{self._path}/{request.number}", {"title": wanted.title, "description": wanted.body})

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        return Call("POST", f"{self._path}/{request.number}/comments", {"content": {"raw": text}})

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        return Call("POST", f"{self._path}/{request.number}/decline")

    def merging(self, request: PullRequest) -> Call | None:
        """Return None: the API of Bitbucket Cloud cannot."""
        del request
        return None

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        return PullRequest(
            number(item, "id"),
            text(item, "links", "html", "href"),
            text(item, "source", "branch", "name"),
            text(item, "title"),
            text(item, "description"),
        )
