"""What the server makes of what is sent: `1000m` becomes `1`, which is no change the next time.

Only a dry run could tell so. A deployment therefore remembers, of each object that does not stand there as it was sent,
the digests of what was sent and of what our manager then owned. While both stay, nothing has to be asked. A plan
remembers nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.domain import managed_fields
from fairlead.domain.differences import covers
from fairlead.domain.identity import object_ref, sha256_json
from fairlead.domain.normalising import body
from fairlead.domain.state import Form


def form_of(sent: Mapping[str, Any], live: Mapping[str, Any], manager: str) -> Form | None:
    """Return the form of an object; None when it stands there as it is sent, or nothing of it is the manager's."""
    ours = managed_fields.applied_fields(live, manager)
    if ours is None:
        return None
    owned = managed_fields.owned_part(live, ours)
    if covers(body(sent), owned):
        return None
    return sha256_json([object_ref(sent).to_json(), body(sent)]), sha256_json(owned)
