"""Password hashes, by scrypt of the standard library."""

import base64
import hashlib
import hmac
import secrets

_COST, _BLOCK, _LANES = 2**14, 8, 1  # 16 MiB and about 50 ms a try (RFC 7914)


def hash_password(password: str) -> str:
    """Return a salted hash that says how it was made, so that the cost can be raised later."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    encoded = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("scrypt", str(_COST), str(_BLOCK), str(_LANES), *encoded))


def verify_password(password: str, stored: str) -> bool:
    """Return whether *password* is the one that *stored* was made from."""
    _, cost, block, lanes, salt, digest = stored.split("$")
    made = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(made, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    # surrogatepass: a lone surrogate is a wrong password, not a server error
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost, r=block, p=lanes)
