"""Pull requests on Azure DevOps (REST API 7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fairlead.adapters.forges.calls import Call, Page, Told, items, number, text
from fairlead.ports.forge import PullRequest, Wanted

_HEADS = "refs/heads/"
_VERSION = "api-version=7.1"
_PAGE = 100
_MAX_BODY = 4000  # characters of a description that the service takes


@dataclass(frozen=True, slots=True)
class AzureDevOps:
    """The dialect of Azure DevOps. `repository` is `ORGANIZATION/PROJECT/NAME`; `web` the address for people."""

    repository: str
    web: str

    @property
    def _path(self) -> str:
        organization, project, name = (quote(part, safe="") for part in self.repository.split("/"))
        return f"/{organization}/{project}/_apis/git/repositories/{name}/pullrequests"

    def listing(self) -> Call:
        """Ask for the active pull requests."""
        query = f"searchCriteria.status=active&{_VERSION}&%24top={_PAGE}&%24skip=0"
        return Call("GET", f"{self._path}?{query}")

    def page(self, told: Told, path: str) -> Page:
        """Read a part of the list."""
        found = items(told.value, "value")
        own = [item for item in found if _is_own(item)]
        before, _, skipped = path.rpartition("=")
        more = f"{before}={int(skipped) + len(found)}" if found else None
        return Page(tuple(self.request(item) for item in own), more)

    def declined(self, branch: str) -> Call:
        """Ask for the pull requests of a branch that were closed without being merged."""
        source = quote(f"{_HEADS}{branch}", safe="")
        query = f"searchCriteria.status=abandoned&searchCriteria.sourceRefName={source}&{_VERSION}"
        return Call("GET", f"{self._path}?{query}")

    def declined_requests(self, told: Told) -> list[PullRequest]:
        """Read them."""
        return [self.request(item) for item in items(told.value, "value") if _is_own(item)]

    def create(self, wanted: Wanted) -> Call:
        """Open one."""
        body = {
            "title": wanted.title,
            "description": wanted.body[:_MAX_BODY],
            "sourceRefName": f"{_HEADS}{wanted.branch}",
            "targetRefName": f"{_HEADS}{wanted.base}",
        }
        return Call("POST", f"{self._path}?{_VERSION}", body)

    def update(self, request: PullRequest, wanted: Wanted) -> Call:
        """Change title and text."""
        return self._changed(request, {"title": wanted.title, "description": wanted.body[:_MAX_BODY]})

    def comment(self, request: PullRequest, text: str) -> Call:
        """Say something below it."""
        thread = {"comments": [{"parentCommentId": 0, "content": text, "commentType": 1}], "status": 1}
        return Call("POST", f"{self._path}/{request.number}/threads?{_VERSION}", thread)

    def closing(self, request: PullRequest) -> Call:
        """Close it without merging."""
        return self._changed(request, {"status": "abandoned"})

    def merging(self, request: PullRequest) -> Call | None:
        """Have it completed when its policies are met; whoever opened it is who completes it."""
        return self._changed(request, {"autoCompleteSetBy": {"id": request.handle}})

    def _changed(self, request: PullRequest, body: dict[str, Any]) -> Call:
        return Call("PATCH", f"{self._path}/{request.number}?{_VERSION}", body)

    def request(self, item: Any) -> PullRequest:
        """Read one."""
        count = number(item, "pullRequestId")
        organization, project, name = (quote(part) for part in self.repository.split("/"))
        return PullRequest(
            count,
            f"{self.web}/{organization}/{project}/_git/{name}/pullrequest/{count}",
            text(item, "sourceRefName").removeprefix(_HEADS),
            text(item, "title"),
            text(item, "description"),
            text(item, "createdBy", "id"),
        )


def _is_own(item: Any) -> bool:
    return isinstance(item, dict) and item.get("forkSource") is None
