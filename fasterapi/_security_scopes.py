"""`SecurityScopes`, apart from the schemes: every signature is looked through for it."""

__all__ = ("SecurityScopes",)


class SecurityScopes:
    """The scopes that `Security` asks for, from the route down to this dependency.

    Declare a parameter of this type in a dependency to get them.

    Args:
        scopes: The scopes.
    """

    __module__ = "fasterapi.security.oauth2"

    def __init__(self, scopes: list[str] | None = None) -> None:
        self.scopes: list[str] = scopes or []
        self.scope_str: str = " ".join(self.scopes)
