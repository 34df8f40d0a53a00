"""SHA-1, as upgrades and Community IDs use it: to tell strings apart, not to keep secrets.

`hashlib` takes it from OpenSSL, which takes longer to load than a small capture to analyse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hashlib import sha1
else:
    try:
        from _sha1 import sha1
    except ImportError:  # an interpreter without its own
        from hashlib import sha1

__all__ = ["sha1"]
