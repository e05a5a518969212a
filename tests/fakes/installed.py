"""The installed command, as programs call it."""

from __future__ import annotations

import sys
from pathlib import Path

FAIRLEAD = Path(sys.executable).parent / "fairlead"
ANY_CODE = frozenset(range(256))
