"""Access tokens: ``payload.signature``, both base64url, signed with HMAC-SHA256.

Enough for one service that issues and checks its own tokens. Several services, key rotation
or third parties call for JSON Web Tokens and a library for them.
"""

import base64
import binascii
import hmac
import json
import time


def make_token(customer_id: int, key: bytes, minutes: int) -> str:
    """Return a token for *customer_id*."""
    claims = {"customer": customer_id, "expires": int(time.time()) + minutes * 60}
    payload = _encode(json.dumps(claims).encode())
    return f"{payload}.{_sign(payload, key)}"


def read_token(token: str, key: bytes) -> int | None:
    """Return the customer's id; None if the token is forged, damaged or too old."""
    payload, _, signature = token.partition(".")
    # Bytes: compare_digest refuses text that is not ASCII.
    if not hmac.compare_digest(signature.encode(errors="replace"), _sign(payload, key).encode()):
        return None
    claims = json.loads(_decode(payload))  # signed, so it is what make_token wrote
    return claims["customer"] if claims["expires"] > time.time() else None


def encode_cursor(last_id: int) -> str:
    """Return the cursor of the page after *last_id*: opaque, so that it may change later."""
    return _encode(b"after:%d" % last_id)


def decode_cursor(cursor: str) -> int:
    """Return the id that *cursor* stands for.

    Raises:
        ValueError: It is none of ours.
    """
    try:
        label, _, number = _decode(cursor).partition(b":")
    except (binascii.Error, UnicodeEncodeError):
        label, number = b"", b""
    if label != b"after" or not number.isdigit() or len(number) > 18:
        raise ValueError("unknown cursor, pass next_cursor of the page before")
    return int(number)


def _sign(payload: str, key: bytes) -> str:
    return _encode(hmac.digest(key, payload.encode(errors="replace"), "sha256"))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
