"""Errors of the shop and how clients see them (RFC 9457 problem documents)."""

from fasterapi import FasterAPI, Request
from fasterapi.responses import JSONResponse


class ShopError(Exception):
    """Something the shop refuses to do; the text is meant for the client."""

    status = 400
    title = "Bad request"


class NotFoundError(ShopError):
    """The thing does not exist, or is not the asking customer's."""

    status = 404
    title = "Not found"


class ConflictError(ShopError):
    """The request is at odds with the present state."""

    status = 409
    title = "Conflict"


class PictureError(ShopError):
    """The upload is no picture that the shop can show."""

    status = 415
    title = "Unsupported picture"


class PictureTooLargeError(PictureError):
    """The upload is too large."""

    status = 413
    title = "Picture too large"


def install(app: FasterAPI) -> None:
    """Make *app* answer a `ShopError` with a problem document."""

    @app.exception_handler(ShopError)
    async def answer(request: Request, error: ShopError) -> JSONResponse:
        problem = {"title": error.title, "status": error.status, "detail": str(error)}
        return JSONResponse(problem, error.status, media_type="application/problem+json")
