"""Compiled handlers of your own: ``from fasterapi.native cimport Exchange, Server``.

Exchange         one request: method(), path(), query_string(), query(name), header(name),
                 header_values(name), path_param(name), body(); and its answer: set_status(),
                 set_media_type(), add_header(). Over when the handler returns.
Handler          ``bytes (*)(Exchange x)``: what a handler is. It may raise.
Server           ``app.native_server``; ``add_route(method, path, handler, options)`` adds a route.
CompiledHandler  a handler as Python object, for ``native=`` of routes and for `register`.
wrap_handler     ``wrap_handler(name, handler)`` makes one.

A module compiled against one minor version is compiled again for the next one.
"""

from fasterapi._speedups.native cimport CompiledHandler, Exchange, Handler, Server, wrap_handler
