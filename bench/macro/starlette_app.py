"""Starlette, with validation, dependencies and serialisation written out by hand."""

import time

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from macro.data import NEEDED_GRANT, ROUTE_COUNT, ROWS, USERS
from macro.models import ARTICLES, Order, Search

JSON = "application/json"


def refusal(error: ValidationError) -> Response:
    return Response(error.json(), 422, media_type=JSON)


async def plaintext(request):
    return PlainTextResponse("Hello, World!")


async def json_message(request):
    return JSONResponse({"message": "Hello, World!"})


async def user(request):
    return JSONResponse({"user_id": request.path_params["user_id"]})


async def search(request):
    try:
        found = Search.model_validate(dict(request.query_params))
    except ValidationError as error:
        return refusal(error)
    return JSONResponse({"q": found.q, "page": found.page, "size": found.size})


async def items(request):
    try:
        order = Order.model_validate_json(await request.body())
    except ValidationError as error:
        return refusal(error)
    return Response(Order.__pydantic_serializer__.to_json(order), media_type=JSON)


async def read_token(request):
    token = request.headers.get("x-token")
    if token is None:
        raise HTTPException(401, "no token")
    return token


async def current_user(token):
    user = USERS.get(token)
    if user is None:
        raise HTTPException(401, "unknown token")
    return user


async def needed_grant(user):
    if NEEDED_GRANT not in user["grants"]:
        raise HTTPException(403, "not allowed")
    return NEEDED_GRANT


async def deps(request):
    user = await current_user(await read_token(request))
    grant = await needed_grant(user)
    return JSONResponse({"user": user["name"], "grant": grant})


async def articles(request):
    return Response(ARTICLES.dump_json(ARTICLES.validate_python(ROWS)), media_type=JSON)


def sync(request):
    return JSONResponse({"ok": True})


def endpoints() -> Starlette:
    return Starlette(
        routes=[
            Route("/plaintext", plaintext),
            Route("/json", json_message),
            Route("/users/{user_id:int}", user),
            Route("/search", search),
            Route("/items", items, methods=["POST"]),
            Route("/deps", deps),
            Route("/list", articles),
            Route("/sync", sync),
        ]
    )


def detail_route(number: int) -> Route:
    async def detail(request):
        return JSONResponse({"number": number, "key": request.path_params["key"]})

    return Route(f"/api/v1/resource{number}/{{key}}/detail", detail)


def many_routes() -> Starlette:
    return Starlette(routes=[detail_route(number) for number in range(ROUTE_COUNT)])


async def process_time(request, call_next):
    began = time.perf_counter()
    response = await call_next(request)
    response.headers["X-Process-Time"] = f"{time.perf_counter() - began:.6f}"
    return response


def behind_middleware() -> Starlette:
    timed = Middleware(BaseHTTPMiddleware, dispatch=process_time)
    return Starlette(routes=[Route("/json", json_message)], middleware=[timed])
