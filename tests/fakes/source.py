"""A checkout that is told what it holds."""

from __future__ import annotations

from fairlead.domain.identity import Commit


class FakeSource:
    """Answers every question with one commit; `asked` lists the roots."""

    def __init__(self, commit: str | None = "c0ffee" + "0" * 34, *, dirty: bool = False) -> None:
        self.answer = Commit(commit, dirty)
        self.asked: list[str] = []

    async def commit(self, root: str) -> Commit:
        self.asked.append(root)
        return self.answer
