"""Routes that compete for paths, applications inside applications, and what is added late."""

from random import Random

# In the order of a program, which is random, each may hide others.
_PATTERNS = (
    *("/o/{x}", "/o/me", "/o/{n:int}", "/o/{rest:path}", "/o/", "/o", "/{x}/me", "/o/{x}.json"),
    *("/o/{x}-{y}", "/o/{x}/", "/O/me", "/o/{f:float}", "/o/é", "/o/a b", "/o//me", "/{x}"),
    *("/o/{x}/{y}", "/o/{u:uuid}", "/o/{x:str}/me", "/{rest:path}", "/o/{x}/{n:int}/z", "/o/%41"),
)
_ASKED = (
    *("/o/me", "/o/5", "/o/1.5", "/o/a/b", "/o/", "/o", "/x/me", "/o/a.json", "/o/a-b", "/o//"),
    *("/o/me/", "/o/é", "/o/a b", "/o//me", "/o/a-b-c", "/o/.json", "/o/5/", "/o/a/5/z", "/O/me"),
    *("/o/A", "/o/-5", "/o/٣", "/o/5/me", "/me", "/o/12345678-1234-5678-1234-567812345678"),
    *("/o/a.json/", "/o/a\nb", "/o/1e3", "/o/%41", "/o/me/me", "/o/5.", "/o/.5"),
)
_METHODS = ("get", "get", "get", "post", "put", "delete", "head", "options", "patch", "trace")
_LISTS = ("['GET', 'HEAD']", "['POST', 'GET']", "['OPTIONS']", "['PURGE', 'PUT']", "['get']")
_ANNOTATIONS = ("str", "str", "int", "float", "Any")


class Structure:
    """Writes the parts of a program that are about where its routes are."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.count = 0

    def competing(self, owners: list[str]) -> list[str]:
        """Return routes of *owners* whose patterns overlap, as lines."""
        patterns = self.rng.sample(_PATTERNS, self.rng.randint(2, 6))
        patterns += self.rng.sample(patterns, 1)
        return [
            line for pattern in patterns for line in self.route(self.rng.choice(owners), pattern)
        ]

    def route(self, owner: str, pattern: str) -> list[str]:
        """Return one route that tells which one it is, and what it has captured."""
        self.count += 1
        if self.rng.random() < 0.25:
            verb, options = "api_route", f", methods={self.rng.choice(_LISTS)}"
        else:
            verb, options = self.rng.choice(_METHODS), ""
        names = [part.split("}")[0].partition(":")[0] for part in pattern.split("{")[1:]]
        taken = [
            f"{name}: {self.rng.choice(_ANNOTATIONS)}" for name in names if self.rng.random() < 0.6
        ]
        prefix = self.rng.choice(("async ", ""))
        answer = f"[{self.count}, dict(request.path_params), request.scope['root_path']]"
        return [
            f"@{owner}.{verb}({pattern!r}{options})",
            f"{prefix}def place{self.count}({', '.join(['request: f.Request', *taken])}):",
            f"    log('place', {self.count})\n    return {answer}",
        ]

    def asked(self, prefix: str = "") -> list[tuple[str, str]]:
        """Return methods and paths that are worth a request."""
        return [
            (self.rng.choice(_METHODS).upper(), prefix + path)
            for path in self.rng.sample(_ASKED, 5)
        ]

    def nested(self) -> tuple[list[str], list[tuple[str, str]]]:
        """Return applications inside one another, the outermost mounted, and what to ask."""
        options = self.rng.choice(("", "redirect_slashes=False", "root_path='/own'"))
        lines = [
            "async def plain(scope, receive, send):",
            "    log(scope['root_path'], scope['path'], scope.get('app_root_path'))",
            "    await f.responses.PlainTextResponse(scope['path'])(scope, receive, send)",
            f"inner = f.FastAPI({options})",
            *self.route("inner", self.rng.choice(("/i", "/i/", "/{x}", "/", "/{rest:path}"))),
            "middle = f.FastAPI()",
        ]
        mounts = ["middle.mount('/in', inner)", "middle.mount('/plain', plain)"]
        mounts += self.route("middle", self.rng.choice(("/in/i", "/m", "/{rest:path}", "/in")))
        if self.rng.random() < 0.5:
            mounts = ["middle.mount('/in', inner, name='named')", *mounts[1:]]
        if self.rng.random() < 0.3:
            lines += [
                "@middle.exception_handler(404)",
                "async def gone(request, exc):",
                "    return f.responses.PlainTextResponse(request.url.path, 404)",
            ]
        if self.rng.random() < 0.3:
            lines += [
                "@middle.middleware('http')",
                "async def around(request, call_next):",
                "    log('around', request.scope['root_path'], request.url.path)",
                "    return await call_next(request)",
            ]
        at = self.rng.choice(("/nest", "/nest", "", "/{tenant}"))
        outermost = self.rng.choice(("app", "app", "app.router"))
        lines += [*mounts, f"{outermost}.mount({at!r}, middle)"]
        here = at.replace("{tenant}", "acme")
        tails = (
            "/in/i",
            "/in/i/",
            "/in",
            "/in/",
            "/plain/x",
            "/plain",
            "/m",
            "/m/",
            "/",
            "",
            "/no",
        )
        return lines, [
            (self.rng.choice(("GET", "GET", "POST", "HEAD", "OPTIONS")), here + tail)
            for tail in self.rng.sample(tails, 5)
        ]

    def late(self, owners: list[str]) -> tuple[list[str], list[tuple[str, str]]]:
        """Return routes added to routers that were included before, and what to ask."""
        owner = self.rng.choice(owners)
        prefix = {"app": "", "router": "/api", "child": "/api/child"}[owner]
        path = self.rng.choice(("/after", "/after/", "/{x}/after", "/o/me"))
        asked = prefix + path.replace("{x}", "7")
        return self.route(owner, path), [("GET", asked), ("POST", asked), ("GET", asked + "/")]
