"""Falcon's ASGI side: resources, `resp.media`, msgspec for models, dependencies by hand."""

import time

import falcon.asgi
import msgspec
from falcon.util import wrap_sync_to_async

from macro.data import NEEDED_GRANT, ROUTE_COUNT, ROWS, USERS
from macro.structs import Article, Order, Search

decode_order = msgspec.json.Decoder(Order).decode
encode = msgspec.json.Encoder().encode


class Plaintext:
    async def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_TEXT
        resp.text = "Hello, World!"


class JsonMessage:
    async def on_get(self, req, resp):
        resp.media = {"message": "Hello, World!"}


class User:
    async def on_get(self, req, resp, user_id):
        resp.media = {"user_id": user_id}


class SearchPage:
    async def on_get(self, req, resp):
        try:
            found = msgspec.convert(req.params, Search, strict=False)
        except msgspec.ValidationError as error:
            raise falcon.HTTPUnprocessableEntity(description=str(error)) from None
        resp.media = {"q": found.q, "page": found.page, "size": found.size}


class Items:
    async def on_post(self, req, resp):
        try:
            order = decode_order(await req.stream.read())
        except msgspec.DecodeError as error:
            raise falcon.HTTPUnprocessableEntity(description=str(error)) from None
        resp.content_type = falcon.MEDIA_JSON
        resp.data = encode(order)


async def read_token(req):
    token = req.get_header("X-Token")
    if token is None:
        raise falcon.HTTPUnauthorized
    return token


async def current_user(token):
    user = USERS.get(token)
    if user is None:
        raise falcon.HTTPUnauthorized
    return user


async def needed_grant(user):
    if NEEDED_GRANT not in user["grants"]:
        raise falcon.HTTPForbidden
    return NEEDED_GRANT


class Deps:
    async def on_get(self, req, resp):
        user = await current_user(await read_token(req))
        grant = await needed_grant(user)
        resp.media = {"user": user["name"], "grant": grant}


class Articles:
    async def on_get(self, req, resp):
        resp.content_type = falcon.MEDIA_JSON
        resp.data = encode(msgspec.convert(ROWS, list[Article]))


class Sync:
    @wrap_sync_to_async
    def on_get(self, req, resp):
        resp.media = {"ok": True}


class Detail:
    def __init__(self, number):
        self.number = number

    async def on_get(self, req, resp, key):
        resp.media = {"number": self.number, "key": key}


class ProcessTime:
    async def process_request(self, req, resp):
        req.context.began = time.perf_counter()

    async def process_response(self, req, resp, resource, req_succeeded):
        resp.set_header("X-Process-Time", f"{time.perf_counter() - req.context.began:.6f}")


def endpoints():
    app = falcon.asgi.App()
    app.add_route("/plaintext", Plaintext())
    app.add_route("/json", JsonMessage())
    app.add_route("/users/{user_id:int}", User())
    app.add_route("/search", SearchPage())
    app.add_route("/items", Items())
    app.add_route("/deps", Deps())
    app.add_route("/list", Articles())
    app.add_route("/sync", Sync())
    return app


def many_routes():
    app = falcon.asgi.App()
    for number in range(ROUTE_COUNT):
        app.add_route(f"/api/v1/resource{number}/{{key}}/detail", Detail(number))
    return app


def behind_middleware():
    app = falcon.asgi.App(middleware=[ProcessTime()])
    app.add_route("/json", JsonMessage())
    return app
