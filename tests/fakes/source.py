"""A checkout that is told what it holds."""

from __future__ import annotations

from fairlead.domain.identity import Commit


class FakeSource:
    """Answers every question with one commit; `asked` lists the roots, `history` the known commits."""

    def __init__(self, commit: str | None = "c0ffee" + "0" * 34, *, dirty: bool = False) -> None:
        self.answer = Commit(commit, dirty)
        self.asked: list[str] = []
        self.history: tuple[str, ...] = ()

    async def commit(self, root: str) -> Commit:
        self.asked.append(root)
        return self.answer

    async def is_ancestor(self, root: str, older: str, newer: str) -> bool:
        return older == newer or older in self.history[: self.history.index(newer) if newer in self.history else 0]
