"""Fixed pieces of random programs: answers, options of routes, middleware, exception handlers."""

RESULTS = (
    '{"a": 1}',
    '[1, 2.5, None, True, "é", -0.0, 0.1]',
    "None",
    '"text"',
    "7",
    "1e22",
    'float("nan")',
    "2**70",
    '{"when": datetime(2024, 1, 2), "key": UUID(int=5), "amount": Decimal("1.10")}',
    'Item(name="a")',
    'Item(name="a", tags=["x"], note="n")',
    'SubItem(name="b")',
    "Item.model_construct(name=5)",
    'Item.model_construct(name="c", tags=("x",), stray=1)',
    'warm(Slow(name="d"))',
    '{"name": "x", "price": 1.0, "tags": [], "note": None}',
    '{"name": "x", "price": 1, "tags": ["é"], "note": "n"}',
    '{"name": "x", "price": 1e16, "tags": [], "note": None, "extra": 3}',
    '{"price": 1.0, "name": "x", "note": None, "tags": []}',
    '{"name": Text("t"), "price": True}',
    '[{"name": "x", "price": 2.0, "tags": [], "note": None}, {"name": "y"}]',
    '[{"name": "x"}, {"price": 1}]',
    '[Item(name="a"), SubItem(name="b"), {"name": "c"}, Attributes()]',
    '{"k": Item(name="a")}',
    '{"k": {"name": "a", "price": 1.0, "tags": [], "note": None}}',
    '(i for i in [1, 2, "x"])',
    "(i for i in [1, 2])",
    "iter([1, 2])",
    "(1, 2)",
    "{3}",
    "range(3)",
    "Point(1)",
    "Color.red",
    '[Number.two, Color.blue, Text("s")]',
    'b"bytes"',
    "Attributes()",
    '{"_sa_x": 1, "b": {"_sa_y": 1}}',
    "{1: 2, None: 3, True: [4]}",
    '"\\ud800"',
    '{"name": "\\ud800", "price": 1.0, "tags": [], "note": None}',
    "OrderedDict(b=1, a=2)",
    "Mapping(name='m', price=1.0, tags=[], note=None)",
    "Nested(item=Item(name='a'), items={'z': SubItem(name='b')}, kind=1)",
    "{'item': {'name': 'a'}, 'items': {}, 'when': None, 'kind': 'b'}",
    "Aliased(itemKey=1, **{'in': 'v'})",
    "{'itemKey': 2, 'in': 'w'}",
    "Computed(a=4)",
    "{'a': 4}",
    "Tree(children=[Tree(value=1)])",
    "{'value': 1, 'children': [{'value': 2, 'children': []}]}",
    "Numbers([1, 2])",
    "Hidden()",
    "Extending(a=1, z=2)",
    "Dates(day=date(2024, 1, 2), length=timedelta(1), amount=Decimal('1.50'))",
    "{'left': 1, 'right': 'r'}",
    "12345678901234567890",
    "f.Response('plain', status_code=201, headers={'x-a': 'b'})",
    "f.Response(status_code=204)",
    "f.responses.PlainTextResponse('é')",
    "f.responses.JSONResponse({'a': [1]}, 202)",
    "f.responses.RedirectResponse('/x y')",
    "f.responses.StreamingResponse(iter(['a', b'b']), media_type='text/x')",
    "f.responses.HTMLResponse('<p>', background=task(log, 'own task'))",
    "f.responses.FileResponse('/nonexistent')",
    "f.responses.FileResponse(__file__, background=task(log, 'file task'))",
)
RAISES = (
    "raise f.HTTPException(404, {'a': 1}, {'x-h': 'v'})",
    "raise f.HTTPException(418)",
    "raise f.HTTPException(304)",
    "raise OwnError('own')",
    "raise OtherError('other')",
    "raise KeyError('k')",
    "raise ValueError('v')",
    "raise f.exceptions.RequestValidationError([{'loc': ('x',), 'msg': 'm', 'type': 't'}])",
    "1 / 0",
    "raise StopIteration(1)",
)
RESPONSE_MODELS = (
    *("Item", "list[Item]", "dict[str, Item]", "Nested", "Aliased", "Computed", "Any", "int"),
    *("str", "Item | None", "list[int]", "SubItem | Item", "Tree", "Numbers", "Hidden", "Dates"),
    *("Extending", "Generic", "dict[str, Any]", "Point", "Pair", "Color", "float", "set[int]"),
    *("None", "bytes", "Annotated[str, Field(max_length=3)]", "Slow", "list[dict[str, int]]"),
    *("tuple[int, int]", "Annotated[int, Field(gt=5)]", "Literal['text', 7]", "Strict", "Whole"),
)
MODEL_OPTIONS = (
    "response_model_include={'name', 'a'}",
    "response_model_exclude={'price', 'double'}",
    "response_model_exclude_unset=True",
    "response_model_exclude_defaults=True",
    "response_model_exclude_none=True",
    "response_model_by_alias=False",
    "response_model_include={'item': {'name'}}",
    "response_model_exclude={'__all__': {'name'}}",
)
ROUTE_OPTIONS = (
    *("status_code=201", "status_code=299", "status_code=404", "status_code=599"),
    *("response_class=f.responses.PlainTextResponse", "response_class=f.responses.HTMLResponse"),
    *("response_class=f.responses.JSONResponse", "response_class=f.Response", "tags=['t']"),
    *("response_class=Loud", "deprecated=True", "include_in_schema=False", "name='named'"),
)
RESPONSE_STATEMENTS = (
    'response.headers["x-set"] = "1"',
    'response.set_cookie("c", "v")',
    "response.status_code = 202",
    "response.status_code = 204",
    'response.headers.append("x-set", "2")',
    'response.headers["content-length"] = "3"',
    'response.headers["content-type"] = "text/own"',
)

# Middleware: (request, call_next) -> response; `log` and `f` are there.
MIDDLEWARE = (
    'response = await call_next(request)\nresponse.headers["x-mw"] = "1"\nreturn response',
    "log('path', request.url.path, dict(request.query_params))\nreturn await call_next(request)",
    "body = await request.body()\nlog('body', len(body))\nreturn await call_next(request)",
    "response = await call_next(request)\n"
    "body = b''.join([chunk async for chunk in response.body_iterator])\n"
    "log('read', body)\n"
    "return f.Response(body + b'!', response.status_code, media_type='text/mw')",
    "try:\n    return await call_next(request)\n"
    "except Exception as error:\n    log('caught', type(error).__name__)\n"
    "    return f.responses.PlainTextResponse('caught', 503)",
    "response = await call_next(request)\nlog('status', response.status_code)\n"
    "response.background = task(log, 'middleware task')\nreturn response",
    "await call_next(request)\nreturn f.responses.PlainTextResponse('replaced')",
    "if 'a' in request.query_params:\n    return f.responses.PlainTextResponse('stopped', 403)\n"
    "return await call_next(request)",
    "if request.url.path.endswith('0'):\n    request.scope['path'] = '/' + request.url.path[2:]\n"
    "return await call_next(request)",
    "if 'b' in request.query_params:\n    request.scope['query_string'] = b'a=5&c=3'\n"
    "return await call_next(request)",
    "request.scope['headers'] = [*request.scope['headers'], (b'x-token', b'mw')]\n"
    "return await call_next(request)",
    "request.headers\nrequest.scope['headers'].append((b'x-token', b'added'))\n"
    "request.state.seen = 1\nreturn await call_next(request)",
    "form = await request.form()\nlog('form', sorted(form), len(form.multi_items()))\n"
    "return await call_next(request)",
    "with anyio.fail_after(5):\n    return await call_next(request)",
    "async with anyio.create_task_group() as group:\n    group.start_soon(anyio.sleep, 0)\n"
    "    response = await call_next(request)\nreturn response",
    "if 'c' in request.query_params:\n    raise f.HTTPException(400, 'from middleware')\n"
    "return await call_next(request)",
    "if 'a' in request.query_params:\n    raise OwnError('from middleware')\n"
    "return await call_next(request)",
    "response = await call_next(request)\n"
    "if response.status_code == 422:\n    del response.headers['content-length']\n"
    "    response.body_iterator = chunks(b'new', b' body')\nreturn response",
    "chunks_seen = [chunk async for chunk in request.stream()]\nlog(b''.join(chunks_seen))\n"
    "return await call_next(request)",
    "await call_next(request)\nreturn None",
    "response = await call_next(request)\nlog(sorted(response.headers.items()))\n"
    "response.status_code = 299\nreturn response",
)

# Exception handlers: what they are for -> what they do with (request, exc).
HANDLERS = (
    ("OwnError", "return f.responses.JSONResponse({'own': str(exc)}, 409)"),
    ("KeyError", "raise f.HTTPException(410, 'from a handler')"),
    ("ValueError", "raise OwnError('from a handler')"),
    ("404", "return f.responses.PlainTextResponse('no ' + request.url.path, 404)"),
    ("418", "return f.Response('pot', 418, background=task(log, 'handler task'))"),
    ("405", "return f.responses.PlainTextResponse('method', 405, exc.headers)"),
    ("Exception", "return f.responses.PlainTextResponse(type(exc).__name__, 500)"),
    ("500", "log('500', str(exc))\nreturn f.responses.PlainTextResponse('five', 500)"),
    ("f.exceptions.RequestValidationError",
     "log(exc.errors(), show(exc.body))\nreturn f.responses.PlainTextResponse('invalid', 400)"),
    ("f.HTTPException", "return f.responses.JSONResponse([exc.status_code, exc.detail])"),
    ("ZeroDivisionError", "return None"),
    ("RuntimeError", "return f.responses.PlainTextResponse('runtime ' + str(exc), 507)"),
    ("f.exceptions.ResponseValidationError", "return f.responses.JSONResponse(exc.errors(), 500)"),
)  # fmt: skip

HELPERS = """
class Loud(f.responses.JSONResponse):
    media_type = "application/loud"

    def render(self, content):
        return super().render({"loud": content})

def task(call, *args):
    return f.BackgroundTasks([BackgroundTask(call, *args)])

def warm(item):
    item.loud
    return item

async def later(*args):
    await asyncio.sleep(0)
    log(*args)

async def chunks(*parts):
    for part in parts:
        yield part
"""
