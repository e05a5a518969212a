"""Pull requests on GitHub (REST API 2022-11-28; merging by itself is in the GraphQL API alone)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.adapters.forges.calls import Call, Page, Told, items, number, text
from fairlead.ports.forge import PullRequest, Wanted

_MAX_BODY = 65_536  # characters of a text that the service takes
_NEXT = re.compile(r'<[^>]*[?&]page=([0-9]+)[^>]*>;\s*rel="next"')
_ENABLE = "mutation($id: ID!) { enablePullRequestAutoMerge(input: {pullRequestId: $id}) { clientMutationId } }"


@dataclass(frozen=True, slots=True)
class GitHub:
    """The dialect of GitHub. `repository` is `OWNER/NAME`; `rest` leads to the REST API, beside GraphQL."""

    repository: str
    rest: str = ""

    @property
    def _path(self) -> str:
        return f"{self.rest}/repos/{quote(self.repository)}"

    def listing(self) -> Call:
        """Ask for the open pull requests."""
        return Call("GET", f"{self._path}/pulls?state=open&per_page=100&page=1")

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list."""
        own = [item for item in items(told.value) if self._is_own(item)]
        following = _NEXT.search(told.headers.get("link", ""))
        # The number alone is taken: an address from an answer could lead anywhere.
        more = f"{path.rpartition('=')[0]}={following[1]}" if following else None
        return Page(tuple(self.request(item) for item in own), more)

    def _is_own(self, item: Any) -> bool:
        source = item.get("head", {}).get("repo") if isinstance(item, dict) else None
        return isinstance(source, dict) and text(source, "full_name").lower() == self.repository.lower()

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        owner = self.repository.partition("/")[0]
        return Call("GET", f"{self._path}/pulls?state=closed&per_page=100&head={quote(f'{owner}:{branch}', safe='')}")

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them."""
        closed = [item for item in items(told.value) if not text(item, "merged_at")]
        return [self.request(item) for item in closed]

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        body = {"title": wanted.title, "body": wanted.body[:_MAX_BODY], "head": wanted.branch, "base": wanted.base}
        return Call("POST", f"{self._path}/pulls", body)

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        body = {"title": wanted.title, "body": wanted.body[:_MAX_BODY]}
        return Call("PATCH", f"{self._path}/pulls/{request.number}", body)

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        return Call("POST", f"{self._path}/issues/{request.number}/comments", {"body": text})

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        return Call("PATCH", f"{self._path}/pulls/{request.number}", {"state": "closed"})

    def merging(self, request: PullRequest) -> Call | None:
        """Have it merged when the checks passed."""
        return Call("POST", "/graphql", {"query": _ENABLE, "variables": {"id": request.handle}})

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        return PullRequest(
            number(item, "number"),
            text(item, "html_url"),
            text(item, "head", "ref"),
            text(item, "title"),
            text(item, "body"),
            text(item, "node_id"),
        )
