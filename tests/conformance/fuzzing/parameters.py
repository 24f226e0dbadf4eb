"""Random parameters of dependencies and endpoints, as text, and what a request may send them."""

from dataclasses import dataclass, field
from random import Random

SOURCES = ("query", "header", "cookie")
_MARKERS = {"path": "f.Path", "query": "f.Query", "header": "f.Header", "cookie": "f.Cookie"}
_NAMES = ("a", "b", "c", "user_id", "x_token", "tag_list", "Mixed")


@dataclass(frozen=True)
class Kind:
    """A type of parameter: its annotation, defaults, constraints, and texts on the wire."""

    annotation: str
    wires: tuple[str, ...]
    defaults: tuple[str, ...] = ()
    constraints: tuple[str, ...] = ()
    is_list: bool = False


_INTS = (
    *("0", "7", "-3", "+5", " 8 ", "1_0", "1.0", "x", "", "٣", "007", "1e3", "-0", "0x1", "5.5"),
    *(
        "9223372036854775807",
        "9223372036854775808",
        "999999999999999999",
        "9" * 5000,
        "-" + "9" * 18,
    ),
)
_FLOATS = (
    "1",
    "1.5",
    "-0.0",
    "1e999",
    "nan",
    "inf",
    "-Infinity",
    "x",
    "",
    " 2 ",
    "1_0.5",
    "1e-400",
)
_STRINGS = ("", "a", "abc", "é", "null", "12", "a" * 10, " a ", "A", "\x7f", "a,b", "x=y")
_INT_BOUNDS = ("ge=1", "gt=0, lt=10", "le=5", "multiple_of=2", "strict=True", "le=5.5", "ge=-5")
_STR_BOUNDS = ("min_length=2", "max_length=3", "pattern='^a'", "min_length=1, max_length=2")

SCALARS = (
    Kind("str", _STRINGS, ('"x"', "None"), (*_STR_BOUNDS, "strict=True")),
    Kind("int", _INTS, ("1", "None", '"y"'), _INT_BOUNDS),
    Kind("float", _FLOATS, ("1.5", "0"), ("ge=1", "allow_inf_nan=False", "lt=2.5")),
    Kind("bool", ("true", "1", "off", "yes", "2", "", "TRUE", "f"), ("True",), ("strict=True",)),
    Kind(
        "date", ("2024-01-02", "2024-13-01", "0", "2024-01-02T00:00:00", "x"), ("date(2024, 1, 1)",)
    ),
    Kind(
        "datetime", ("2024-01-02T03:04:05Z", "2024-01-02 03:04", "1700000000", "x", ""), ("None",)
    ),
    Kind("time", ("03:04", "03:04:05.5", "25:00", "x"), ("None",)),
    Kind("timedelta", ("P1DT2H", "10", "1 day", "x"), ("None",)),
    Kind("UUID", ("12345678-1234-5678-1234-567812345678", "x", "{" + "1" * 32 + "}", "1" * 32)),
    Kind("Decimal", ("1.10", "1e5", "NaN", "x", "-0", "9" * 30), ('Decimal("1.0")',), ("gt=1",)),
    Kind("Color", ("red", "blue", "green", ""), ("Color.red",)),
    Kind("Number", ("1", "2", "3", "x"), ("Number.one",)),
    Kind('Literal["a", "b"]', ("a", "b", "c", ""), ('"a"',)),
    Kind("Literal[1, 2]", ("1", "2", "x")),
    Kind("Any", _STRINGS, ("None", "[]", "{}")),
    Kind("bytes", ("a", "é", "")),
    Kind("int | str", _INTS),
    Kind("str | int", _INTS),
    Kind("bool | float", ("1", "true", "1.5", "x")),
    Kind("Annotated[str, AfterValidator(shout)]", _STRINGS, ('"x"',)),
    Kind("Annotated[str, AfterValidator(refuse)]", ("bad", "good", ""), ('"bad"',)),
    Kind("Annotated[str, StringConstraints(strip_whitespace=True, max_length=3)]", _STRINGS),
    Kind("Annotated[int, Field(gt=3)]", _INTS),
    Kind("Json[list[int]]", ("[1, 2]", "[", '["x"]', "1", ""), ("[1]",)),
)
OPTIONALS = tuple(
    Kind(f"{kind.annotation} | None", kind.wires, ("None", *kind.defaults), kind.constraints)
    for kind in SCALARS
    if kind.annotation in ("str", "int", "float", "bool", "date", "UUID", "Color")
)
LISTS = (
    Kind("list[int]", _INTS, ("[]", "[1]"), ("max_length=2", "min_length=1"), is_list=True),
    Kind("list[str]", _STRINGS, ("[]", '["x"]'), ("min_length=1",), is_list=True),
    Kind("set[int]", ("1", "2", "2", "x"), ("set()",), is_list=True),
    Kind("frozenset[str]", ("a", "b", "b"), is_list=True),
    Kind("tuple[int, str]", ("1", "a", "b"), is_list=True),
    Kind("list[Color]", ("red", "blue", "x"), ("[Color.red]",), is_list=True),
    Kind("list[int] | None", ("1", "2", "x"), ("None",), is_list=True),
    Kind("list", ("a", "1"), ("[]",), is_list=True),
)
MODELS = {
    "query": (("Filter", ("limit", "order", "tags")), ("Search", ("text", "p", "page"))),
    "header": (("Common", ("x-token", "accept", "x-tag", "x_token")),),
    "cookie": (("Session", ("session", "visits")),),
}


@dataclass
class Wires:
    """Which names a request may use, by source, each with texts that are worth a try."""

    path: dict[str, tuple[str, ...]] = field(default_factory=dict)
    query: dict[str, tuple[str, ...]] = field(default_factory=dict)
    header: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cookie: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, source: str, name: str, texts: tuple[str, ...]) -> None:
        known = getattr(self, source)
        known[name] = known.get(name, ()) + texts


@dataclass(frozen=True)
class Parameter:
    """One parameter of a function: its name, and what follows it in the signature."""

    name: str
    annotation: str
    default: str | None

    def text(self) -> str:
        default = "" if self.default is None else f" = {self.default}"
        return f"{self.name}: {self.annotation}{default}"


def path_parameter(rng: Random, name: str, wires: Wires) -> Parameter:
    """Return a parameter for a name that the path captures."""
    kind = rng.choice(SCALARS[:-1])  # FastAPI takes no Json there
    wires.add("path", name, kind.wires)
    options = rng.choice(kind.constraints) if kind.constraints and rng.random() < 0.4 else ""
    if options or rng.random() < 0.3:
        return Parameter(name, f"Annotated[{kind.annotation}, f.Path({options})]", None)
    return Parameter(name, kind.annotation, None)


def parameter(rng: Random, taken: set[str], wires: Wires) -> Parameter | None:
    """Return a parameter from query, header or cookie; None if all names are taken."""
    free = [name for name in _NAMES if name not in taken]
    if not free:
        return None
    name = rng.choice(free)
    taken.add(name)
    source = rng.choices(SOURCES, (6, 2, 2))[0]
    if rng.random() < 0.08:
        return _model_parameter(rng, name, source, wires)
    kind = rng.choice(
        rng.choice((SCALARS, SCALARS, OPTIONALS, LISTS if source != "cookie" else SCALARS))
    )
    if source == "query" and not kind.is_list and rng.random() < 0.4:
        wires.add(source, name, kind.wires)
        return Parameter(name, kind.annotation, _default(rng, kind))
    return _marked(rng, name, source, kind, wires)


def _default(rng: Random, kind: Kind) -> str | None:
    return rng.choice(kind.defaults) if kind.defaults and rng.random() < 0.6 else None


def _marked(rng: Random, name: str, source: str, kind: Kind, wires: Wires) -> Parameter:
    options, wire = [], name
    if kind.constraints and rng.random() < 0.5:
        options.append(rng.choice(kind.constraints))
    chance = rng.random()
    if chance < 0.15:
        wire = rng.choice(("other-name", "Alias", "x_other", "user id"))
        options.append(f"alias={wire!r}")
    elif chance < 0.2:
        wire = "validated"
        options.append(f"validation_alias={wire!r}")
    elif source == "header":
        if rng.random() < 0.3:
            options.append("convert_underscores=False")
        else:
            wire = name.replace("_", "-")
    default = _default(rng, kind)
    if default is not None and rng.random() < 0.3:
        options.append(f"default_factory=lambda: {default}")
        default = None
    if default is not None and rng.random() < 0.15:
        options.append("validate_default=True")
    wires.add(source, wire, kind.wires)
    marker = _MARKERS[source]
    if rng.random() < 0.3:
        # The style before Annotated: the marker is the default.
        values = options if default is None else [f"default={default}", *options]
        return Parameter(name, kind.annotation, f"{marker}({', '.join(values)})")
    return Parameter(name, f"Annotated[{kind.annotation}, {marker}({', '.join(options)})]", default)


def _model_parameter(rng: Random, name: str, source: str, wires: Wires) -> Parameter:
    model, names = rng.choice(MODELS[source])
    for wire in names:
        wires.add(source, wire, ("1", "up", "x", "", "200"))
    optional = rng.random() < 0.3
    annotation = f"{model} | None" if optional else model
    marked = f"Annotated[{annotation}, {_MARKERS[source]}()]"
    return Parameter(name, marked, "None" if optional else None)
