"""The text of a random program: a function ``build(f, log)`` of the package and a log."""

from dataclasses import dataclass, field
from random import Random
from textwrap import indent

from tests.conformance.fuzzing import pieces
from tests.conformance.fuzzing.bodies import body_parameters
from tests.conformance.fuzzing.parameters import Parameter, Wires, parameter, path_parameter
from tests.conformance.fuzzing.structure import Structure

_CONVERTERS = ("", "", "", ":int", ":path", ":float", ":uuid", ":str")


@dataclass
class Target:
    """A route as requests see it."""

    method: str
    path: str
    wires: Wires
    bodies: list[str]


@dataclass
class Program:
    """A program as text, and what is worth asking it.

    Attributes:
        source: Defines ``build(f, log)``, which returns the app and a function that adds
            further routes to it later.
        targets: Its routes.
    """

    seed: int
    source: str = ""
    targets: list[Target] = field(default_factory=list)


@dataclass
class Inputs:
    """What the parameters of one route and its dependencies read."""

    wires: Wires = field(default_factory=Wires)
    bodies: list[str] = field(default_factory=list)


class Writer:
    """Writes one program; every decision comes from its random generator.

    Attributes:
        kinds: Of dependencies.
    """

    kinds: tuple[str, ...] = (
        *("def", "async", "async", "yield", "async yield", "class", "instance", "moving"),
    )

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.program = Program(seed)
        self.lines: list[str] = []
        self.dependencies: list[str] = []
        self.inputs: dict[str, Inputs] = {}
        self.generators: set[str] = set()
        self.routes = 0
        self.structure = Structure(self.rng)
        self.owners = ["app"]
        # Not both in one program: a dependency's would meet the other kind in some endpoint.
        self.has_forms = self.chance(0.2)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def add(self, text: str) -> None:
        self.lines.append(text)

    def write(self) -> Program:
        """Return the program."""
        for number in range(self.rng.randrange(5)):
            self.add_dependency(f"dep{number}")
        options = self.app_options()
        self.add(f"app = f.FastAPI({options})")
        if self.chance(0.12):
            self.add("app.add_middleware(CORSMiddleware, allow_origins=['*'])")
        if self.chance(0.35):
            self.add_middleware()
        if self.chance(0.12):
            self.add("app.add_middleware(Through)")
        self.add_handlers()
        for _ in range(self.rng.randint(1, 3)):
            self.add_route("app", "")
        if self.chance(0.4):
            self.add_router()
        if self.chance(0.2):
            self.add_mount()
        if self.chance(0.3):
            self.lines += self.structure.competing(self.owners)
            self.ask(self.structure.asked() + self.structure.asked("/api")[: len(self.owners) - 1])
        if self.dependencies and self.chance(0.08):
            self.add_override()
        late = self.late_part()
        body = "\n".join([pieces.HELPERS, *self.lines, late, "return app, late"])
        self.program.source = f"def build(f, log):\n{indent(body, '    ')}"
        return self.program

    def app_options(self) -> str:
        options = []
        if self.dependencies and self.chance(0.15):
            options.append(f"dependencies=[f.Depends({self.rng.choice(self.dependencies)})]")
        if self.chance(0.1):
            options.append("strict_content_type=False")
        if self.chance(0.1):
            options.append("default_response_class=Loud")
        if self.chance(0.05):
            options.append('root_path="/root"')
        if self.chance(0.1):
            options.append("redirect_slashes=False")
        return ", ".join(options)

    def late_part(self) -> str:
        kept, self.lines = self.lines, []
        self.add("late_router = f.APIRouter()")
        self.add_route("late_router", "/late")
        if self.chance(0.5):
            self.add('app.include_router(late_router, prefix="/late")')
        else:
            self.add('outer = f.APIRouter(prefix="/late")')
            self.add("outer.include_router(late_router)\napp.include_router(outer)")
        if self.chance(0.4):
            lines, asked = self.structure.late(self.owners)
            self.lines += lines
            self.ask(asked)
        text = "def late():\n" + indent("\n".join(self.lines), "    ")
        self.lines = kept
        return text

    def add_router(self) -> None:
        options = ['prefix="/api"']
        if self.dependencies and self.chance(0.4):
            options.append(f"dependencies=[f.Depends({self.rng.choice(self.dependencies)})]")
        if self.chance(0.2):
            options.append("default_response_class=f.responses.JSONResponse")
        self.add(f"router = f.APIRouter({', '.join(options)})")
        for _ in range(self.rng.randint(1, 2)):
            self.add_route("router", "/api")
        self.owners.append("router")
        if self.chance(0.3):
            self.add('child = f.APIRouter()\nrouter.include_router(child, prefix="/child")')
            self.owners.append("child")
        included = "router"
        if self.chance(0.3):
            included += ", dependencies=[f.Depends(lambda: log('included'))]"
        self.add(f"app.include_router({included})")

    def ask(self, asked: list[tuple[str, str]]) -> None:
        for method, path in asked:
            self.program.targets.append(Target(method, path, Wires(), []))

    def add_mount(self) -> None:
        if self.chance(0.6):
            lines, asked = self.structure.nested()
            self.lines += lines
            self.ask(asked)
            return
        self.add("sub = f.FastAPI()")
        self.add_route("sub", "/sub")
        self.add('app.mount("/sub", sub)')

    def add_override(self) -> None:
        old = self.rng.choice(self.dependencies)
        self.add("def replacement(a: int = 1):\n    log('replacement', a)\n    return a")
        self.add(f"app.dependency_overrides[{old}] = replacement")

    def add_middleware(self) -> None:
        for _ in range(self.rng.randint(1, 2)):
            body = self.rng.choice(pieces.MIDDLEWARE)
            self.add('@app.middleware("http")\nasync def middleware(request, call_next):')
            self.add(indent("log('middleware')\n" + body, "    "))

    def add_handlers(self) -> None:
        for kind, body in pieces.HANDLERS:
            if self.chance(0.15):
                prefix = self.rng.choice(("async def", "def"))
                self.add(f"@app.exception_handler({kind})\n{prefix} handler(request, exc):")
                self.add(indent(f"log('handler', type(exc).__name__)\n{body}", "    "))

    # Functions with parameters.

    def parameters(self, inputs: Inputs, own: list[Parameter], count: int) -> list[Parameter]:
        """Return *own* and up to *count* more, some of them dependencies."""
        found, taken = list(own), {item.name for item in own}
        for _ in range(count):
            extra = parameter(self.rng, taken, inputs.wires)
            if extra is not None:
                found.append(extra)
        for number, name in enumerate(
            self.rng.sample(self.dependencies, min(2, len(self.dependencies)))
        ):
            if self.chance(0.4):
                found.append(Parameter(f"d{number}", f"Annotated[Any, {self.depends(name)}]", None))
                self.take_inputs(inputs, name)
        return found

    def take_inputs(self, inputs: Inputs, name: str) -> None:
        theirs = self.inputs[name]
        inputs.bodies.extend(theirs.bodies)
        for source in ("path", "query", "header", "cookie"):
            for wire, texts in getattr(theirs.wires, source).items():
                inputs.wires.add(source, wire, texts)

    def depends(self, name: str) -> str:
        options = ""
        if self.chance(0.2):
            options += ", use_cache=False"
        if self.chance(0.15):
            scopes = self.rng.choice(('["r"]', '["r", "w"]'))
            return f"f.Security({name}, scopes={scopes}{options})"
        if name in self.generators and self.chance(0.3):
            options += ', scope="function"'
        return f"f.Depends({name}{options})"

    def signature(self, parameters: list[Parameter]) -> str:
        """Return the parameters as text; those with defaults last, some by keyword only."""
        required = [item for item in parameters if item.default is None]
        optional = [item for item in parameters if item.default is not None]
        texts = [item.text() for item in required + optional]
        if self.chance(0.25):
            self.rng.shuffle(parameters)
            texts = ["*", *(item.text() for item in parameters)] if parameters else []
        return ", ".join(texts)

    def specials(self, parameters: list[Parameter]) -> str:
        """Add parameters that are asked for by type; return statements that use them."""
        statements = ""
        if self.chance(0.25):
            parameters.append(Parameter("response", "f.Response", None))
            statements += self.rng.choice(pieces.RESPONSE_STATEMENTS) + "\n"
        if self.chance(0.15):
            parameters.append(Parameter("tasks", "f.BackgroundTasks", None))
            call = self.rng.choice(("log", "log", "later"))
            statements += f'tasks.add_task({call}, "task")\n'
        if self.chance(0.15):
            parameters.append(Parameter("request", "f.Request", None))
            statements += "log(request.method, request.url.path, sorted(request.path_params))\n"
        if self.chance(0.05):
            parameters.append(Parameter("scopes", "f.security.SecurityScopes", None))
            statements += "log(scopes.scopes)\n"
        return statements

    def add_dependency(self, name: str) -> None:
        inputs = self.inputs.setdefault(name, Inputs())
        own: list[Parameter] = []
        if self.chance(0.12):
            own = body_parameters(
                self.rng, ["a", "b", "c"], inputs.bodies, are_forms=self.has_forms
            )[:1]
        parameters = self.parameters(inputs, own, self.rng.randrange(3))
        arguments = ", ".join(item.name for item in parameters)
        statements = f"log({name!r}, show([{arguments}]))\n{self.specials(parameters)}"
        if self.chance(0.1):
            statements += f"{self.rng.choice(pieces.RAISES)}\n"
        self.add(self.callable_text(name, self.signature(parameters), statements, arguments))
        self.dependencies.append(name)

    def callable_text(self, name: str, signature: str, statements: str, arguments: str) -> str:
        """Return the definition of a dependency of a random kind."""
        value = f"[{name!r}, {arguments}]"
        kind = self.rng.choice(self.kinds)
        pause = "await asyncio.sleep(0)\n" if kind.startswith("async") and self.chance(0.4) else ""
        statements += pause
        if kind == "class":
            body = f"{statements}self.value = {value}"
            head = f"class {name}:\n    def __init__(self, {signature}):\n"
            return head + indent(body, "        ")
        if kind == "moving":  # what does nothing else does not go to a thread
            return f"def {name}({signature}):\n    return {value}"
        if kind == "instance":
            prefix = self.rng.choice(("", "async "))
            head = f"class {name.title()}:\n    {prefix}def __call__(self, {signature}):\n"
            return (
                head
                + indent(f"{statements}return {value}", "        ")
                + f"\n{name} = {name.title()}()"
            )
        if "yield" in kind:
            self.generators.add(name)
            statements += self.yielding(name, value)
        else:
            statements += f"return {value}"
        prefix = "async " if kind.startswith("async") else ""
        return f"{prefix}def {name}({signature}):\n{indent(statements, '    ')}"

    def yielding(self, name: str, value: str) -> str:
        plain = f"yield {value}\nlog({name!r}, 'exit')"
        return self.rng.choice(
            (
                plain,
                f"try:\n    yield {value}\nfinally:\n    log({name!r}, 'finally')",
                f"try:\n    yield {value}\nexcept OwnError:\n    log({name!r}, 'own')\n    raise",
                f"try:\n    yield {value}\nexcept Exception:\n"
                f"    log({name!r}, 'to http')\n    raise f.HTTPException(424)",
                f"{plain}\nraise OwnError('after')",
            )
        )

    def add_route(self, owner: str, prefix: str) -> None:
        self.routes += 1
        inputs = Inputs()
        method = self.rng.choice(("GET", "GET", "GET", "POST", "POST", "PUT"))
        path, own = f"/r{self.routes}", []
        for name in self.rng.sample(("p", "q", "z"), self.rng.choice((0, 0, 1, 1, 2))):
            converter = self.rng.choice(_CONVERTERS)
            path += f"/{{{name}{converter}}}"
            inputs.wires.add(
                "path", name, ("7", "x", "1.5", "a/b", "12345678-1234-5678-1234-567812345678")
            )
            if self.chance(0.9):
                own.append(path_parameter(self.rng, name, inputs.wires))
        if method != "GET" and self.chance(0.85):
            own.extend(
                body_parameters(self.rng, ["a", "b", "c"], inputs.bodies, are_forms=self.has_forms)
            )
        parameters = self.parameters(inputs, own, self.rng.randrange(4))
        names = [item.name for item in parameters]
        statements = f"log('endpoint', show([{', '.join(names)}]))\n{self.specials(parameters)}"
        options = self.route_options(inputs)
        self.add(f'@{owner}.{method.lower()}("{path}"{options})')
        self.add(self.endpoint(self.signature(parameters), statements, names))
        target = Target(method, prefix + path, inputs.wires, inputs.bodies)
        self.program.targets.append(target)

    def endpoint(self, signature: str, statements: str, names: list[str]) -> str:
        prefix = self.rng.choice(("async ", "async ", ""))
        annotation = f" -> {self.rng.choice(pieces.RESPONSE_MODELS)}" if self.chance(0.15) else ""
        if self.chance(0.05):
            statements += "yield 1\nlog('between')\nyield {'a': 2}\n"
            annotation = ""
        elif prefix and "f.Request" in signature and self.chance(0.4):
            statements += "log(show((await request.form()).multi_items()))\nreturn 1\n"
        elif self.chance(0.12):
            statements += self.rng.choice(pieces.RAISES) + "\n"
        elif self.chance(0.35) and names:
            statements += f"return {self.rng.choice(names)}\n"
        else:
            statements += f"return {self.rng.choice(pieces.RESULTS)}\n"
        head = f"{prefix}def endpoint{self.routes}({signature}){annotation}:\n"
        return head + indent(statements, "    ")

    def route_options(self, inputs: Inputs) -> str:
        options = []
        if self.chance(0.05):
            options.append(f"status_code={self.rng.choice((204, 205, 304))}")
        elif self.chance(0.45):
            options.append(f"response_model={self.rng.choice(pieces.RESPONSE_MODELS)}")
            if self.chance(0.3):
                options.append(self.rng.choice(pieces.MODEL_OPTIONS))
        if not options and self.chance(0.4):
            options.append(self.rng.choice(pieces.ROUTE_OPTIONS))
        if self.dependencies and self.chance(0.2):
            name = self.rng.choice(self.dependencies)
            self.take_inputs(inputs, name)
            options.append(f"dependencies=[{self.depends(name)}]")
        return "".join(f", {option}" for option in options)


def write_program(seed: int) -> Program:
    """Return the program of *seed*, the same one each time."""
    return Writer(seed).write()
