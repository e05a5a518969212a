"""How to connect to one place: connections and credentials that belong together."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairlead.doors.fetch import Fetcher, basic_auth


@dataclass(frozen=True, slots=True)
class Login:
    """Connections under the place's TLS settings, and user name and password, if it wants any."""

    fetcher: Fetcher
    account: tuple[str, str] | None = field(repr=False)

    @property
    def basic(self) -> dict[str, str]:
        """The header of basic authentication; empty without an account."""
        return basic_auth(*self.account) if self.account else {}
