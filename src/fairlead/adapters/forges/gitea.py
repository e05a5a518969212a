"""Pull requests on Gitea and Forgejo (API v1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.adapters.forges.calls import Call, Page, Told, items, number, text
from fairlead.ports.forge import PullRequest, Wanted

_PAGE = 50  # the most that an instance gives unless its owner raised it


@dataclass(frozen=True, slots=True)
class Gitea:
    """The dialect of Gitea. `repository` is `OWNER/NAME`."""

    repository: str

    @property
    def _path(self) -> str:
        return f"/repos/{quote(self.repository)}"

    def listing(self) -> Call:
        """Ask for the open pull requests."""
        return Call("GET", f"{self._path}/pulls?state=open&limit={_PAGE}&page=1")

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list; an instance may give fewer at once than it was asked for."""
        found = items(told.value)
        own = [item for item in found if self._is_own(item)]
        before, _, count = path.rpartition("=")
        return Page(tuple(self.request(item) for item in own), f"{before}={int(count) + 1}" if found else None)

    def _is_own(self, item: Any) -> bool:
        source = item.get("head", {}).get("repo") if isinstance(item, dict) else None
        return isinstance(source, dict) and text(source, "full_name").lower() == self.repository.lower()

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        del branch  # it cannot be asked for
        return Call("GET", f"{self._path}/pulls?state=closed&sort=recentupdate&limit={_PAGE}&page=1")

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them."""
        closed = [item for item in items(told.value) if self._is_own(item) and not text(item, "merged_at")]
        return [self.request(item) for item in closed]

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        body = {"title": wanted.title, "body": wanted.body, "head": wanted.branch, "base": wanted.base}
        return Call("POST", f"{self._path}/pulls", body)

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        return Call("PATCH", f"{self._path}/pulls/{request.number}", {"title": wanted.title, "body": wanted.body})

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        return Call("POST", f"{self._path}/issues/{request.number}/comments", {"body": text})

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        return Call("PATCH", f"{self._path}/pulls/{request.number}", {"state": "closed"})

    def merging(self, request: PullRequest) -> Call | None:
        """Have it merged when the checks passed."""
        body = {"Do": "merge", "merge_when_checks_succeed": True, "delete_branch_after_merge": True}
        return Call("POST", f"{self._path}/pulls/{request.number}/merge", body)

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        return PullRequest(
            number(item, "number"),
            text(item, "html_url"),
            text(item, "head", "ref"),
            text(item, "title"),
            text(item, "body"),
        )
