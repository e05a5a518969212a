"""Merge requests on GitLab (REST API v4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.adapters.forges.calls import Call, Page, Told, items, number, text
from fairlead.ports.forge import PullRequest, Wanted


@dataclass(frozen=True, slots=True)
class GitLab:
    """The dialect of GitLab. `repository` is the project's path, such as `group/subgroup/name`."""

    repository: str

    @property
    def _path(self) -> str:
        return f"/projects/{quote(self.repository, safe='')}/merge_requests"

    def listing(self) -> Call:
        """Ask for the open merge requests."""
        return Call("GET", f"{self._path}?state=opened&per_page=100&page=1")

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list."""
        own = [item for item in items(told.value) if _is_own(item)]
        following = told.headers.get("x-next-page", "").strip()
        more = f"{path.rpartition('=')[0]}={following}" if following.isdecimal() else None
        return Page(tuple(self.request(item) for item in own), more)

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        return Call("GET", f"{self._path}?state=closed&per_page=100&source_branch={quote(branch, safe='')}")

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them."""
        return [self.request(item) for item in items(told.value) if _is_own(item)]

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        body = {
            "title": wanted.title,
            "description": wanted.body,
            "source_branch": wanted.branch,
            "target_branch": wanted.base,
            "remove_source_branch": True,
        }
        return Call("POST", self._path, body)

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        return Call("PUT", f"{self._path}/{request.number}", {"title": wanted.title, "description": wanted.body})

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        return Call("POST", f"{self._path}/{request.number}/notes", {"body": text})

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        return Call("PUT", f"{self._path}/{request.number}", {"state_event": "close"})

    def merging(self, request: PullRequest) -> Call | None:
        """Have it merged when the checks passed."""
        # The second name is the one since GitLab 17.11.
        body = {"merge_when_pipeline_succeeds": True, "auto_merge": True}
        return Call("PUT", f"{self._path}/{request.number}/merge", body)

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        return PullRequest(
            number(item, "iid"),
            text(item, "web_url"),
            text(item, "source_branch"),
            text(item, "title"),
            text(item, "description"),
        )


def _is_own(item: Any) -> bool:
    """Tell whether a request is no fork's; the project of a fork that was deleted is null."""
    return isinstance(item, dict) and number(item, "target_project_id") == item.get("source_project_id")
