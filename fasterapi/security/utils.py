"""Parts of the ``Authorization`` header."""

__all__ = ("get_authorization_scheme_param",)


def get_authorization_scheme_param(
    authorization_header_value: str | None,
) -> tuple[str, str]:
    """Return scheme and credentials, empty strings where there are none.

    Args:
        authorization_header_value: The header, as in ``Bearer abc``; None if there is none.

    Source: RFC 9110 section 11.6.2.
    """
    scheme, _, credentials = (authorization_header_value or "").partition(" ")
    return scheme, credentials.strip()
