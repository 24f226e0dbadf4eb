"""One parsed module: its imports resolved, its request handlers found."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ("Function", "Handler", "Module", "dotted", "walk_own")

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef

VERBS = frozenset(
    {"get", "put", "post", "delete", "options", "head", "patch", "trace", "api_route", "websocket"}
)


@dataclass(slots=True)
class Handler:
    """A function that answers requests, and the decorator that says so."""

    function: Function
    decorator: ast.Call

    @property
    def response_model(self) -> str:
        """Source of the declared type, empty if there is none."""
        for keyword in self.decorator.keywords:
            if keyword.arg == "response_model":
                is_none = isinstance(keyword.value, ast.Constant) and keyword.value.value is None
                return "" if is_none else ast.unparse(keyword.value)
        return ast.unparse(self.function.returns) if self.function.returns else ""


@dataclass(slots=True)
class Module:
    """A source file.

    Attributes:
        file: Path relative to the project.
        tree: What it consists of.
        imported: Local name -> dotted name of what was imported.
        handlers: Request handlers, in the order of the file.
    """

    file: str
    tree: ast.Module
    imported: dict[str, str] = field(default_factory=dict)
    handlers: list[Handler] = field(default_factory=list)

    @classmethod
    def parse(cls, file: str, source: str | bytes) -> "Module":
        """Return the parsed module.

        Raises:
            SyntaxError: *source* is no Python of this version.
            ValueError: It has null bytes.
        """
        module = cls(file, ast.parse(source, filename=file))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    local = alias.asname or alias.name.partition(".")[0]
                    module.imported[local] = alias.name if alias.asname else local
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    module.imported[alias.asname or alias.name] = f"{node.module}.{alias.name}"
            elif isinstance(node, Function):
                module.handlers += _handlers(node)
        return module

    def name_of(self, node: ast.expr) -> str:
        """Return the full dotted name that *node* stands for, empty if it is no name."""
        first, dot, rest = dotted(node).partition(".")
        return self.imported.get(first, first) + dot + rest


def _handlers(function: Function) -> Iterator[Handler]:
    for decorator in function.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Attribute)
            and decorator.func.attr in VERBS
            and decorator.args
            and isinstance(decorator.args[0], ast.Constant | ast.JoinedStr | ast.BinOp | ast.Name)
        ):
            yield Handler(function, decorator)
            return


def dotted(node: ast.expr) -> str:
    """Return ``a.b.c`` as text, empty for anything but names and attributes."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def walk_own(function: Function | ast.Lambda) -> Iterator[ast.AST]:
    """Yield the nodes of *function* but those of functions inside of it."""
    waiting: list[ast.AST] = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            continue
        yield node
        waiting += ast.iter_child_nodes(node)
