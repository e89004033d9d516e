"""SHA-256 without OpenSSL, whose loading takes a third of Python's own start; the standard library's `random` does so, too."""

from __future__ import annotations

try:
    import _sha2 as _module  # type: ignore[import-not-found, unused-ignore]
except ImportError:  # before Python 3.12
    try:
        import _sha256 as _module  # type: ignore[import-not-found, no-redef, unused-ignore]
    except ImportError:  # another implementation of Python
        import hashlib as _module  # type: ignore[no-redef, unused-ignore]


def digest(data: bytes) -> str:
    """The SHA-256 of the bytes, as 64 hexadecimal digits."""
    return str(_module.sha256(data).hexdigest())
