"""What all security schemes have in common."""

from starlette.exceptions import HTTPException

from fasterapi.openapi.models import SecurityBase as SecurityBaseModel

__all__ = ("SecurityBase",)


class SecurityBase:
    """Base of the schemes: a dependency that OpenAPI knows as a way to authenticate."""

    model: SecurityBaseModel
    """The scheme as OpenAPI describes it."""
    scheme_name: str
    """Key of the scheme in OpenAPI."""


class _Scheme(SecurityBase):
    """Base of the package's own schemes."""

    auto_error: bool
    """Whether a request without credentials is refused; otherwise the result is None."""

    def _set_up(self, model: SecurityBaseModel, scheme_name: str | None, auto_error: bool) -> None:
        self.model = model
        self.scheme_name = scheme_name or type(self).__name__
        self.auto_error = auto_error

    def make_not_authenticated_error(self) -> HTTPException:
        """Return the answer to a request without credentials; may be overridden."""
        raise NotImplementedError

    def _refuse(self) -> None:
        if self.auto_error:
            raise self.make_not_authenticated_error()
