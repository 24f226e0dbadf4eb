"""Values for a JSON schema, right ones and wrong ones."""

from typing import Any

_DEEPEST = 6
_BY_FORMAT: dict[str, list[Any]] = {
    "date-time": ["2024-01-02T03:04:05Z", "2024-01-02"],
    "date": ["2024-01-02"],
    "time": ["03:04:05", "03:04"],
    "duration": ["P1DT2H", 90],
    "uuid": ["12345678-1234-5678-1234-567812345678"],
    "email": ["a@example.com"],
    "uri": ["https://example.com/a?b=c"],
}
_WRONG: dict[str, list[Any]] = {
    "string": [5, None, {}],
    "integer": ["x", 1.5, None, True, 10**30],
    "number": ["x", None, "NaN", []],
    "boolean": ["maybe", 2, None],
    "array": ["x", None, {}, [None]],
    "object": ["x", None, [], 5],
    "null": ["x"],
}


class Schemas:
    """Values for the schemas of one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.components = document.get("components", {}).get("schemas", {})

    def resolve(self, schema: Any) -> dict[str, Any]:
        """Return what *schema* refers to."""
        while isinstance(schema, dict) and "$ref" in schema:
            schema = self.components.get(schema["$ref"].rsplit("/", 1)[-1], {})
        return schema if isinstance(schema, dict) else {}

    def right(self, schema: Any, depth: int = 0) -> list[Any]:
        """Return some values that fit *schema*, the plainest first."""
        schema = self.resolve(schema)
        if depth > _DEEPEST:
            return [None]
        given = [*schema.get("examples", []), *([schema["example"]] if "example" in schema else [])]
        if "const" in schema:
            return [schema["const"]]
        if "enum" in schema:
            return list(schema["enum"])
        for word in ("anyOf", "oneOf"):
            if word in schema:
                return [
                    value for part in schema[word] for value in self.right(part, depth + 1)
                ] or given
        if "allOf" in schema:
            return self.right(schema["allOf"][0], depth + 1)
        return [*self._of_type(schema, depth), *given]

    def _of_type(self, schema: dict[str, Any], depth: int) -> list[Any]:
        match schema.get("type"):
            case "string":
                return _texts(schema)
            case "integer" | "number" as kind:
                return _numbers(schema, kind)
            case "boolean":
                return [True, "off"]
            case "array":
                return self._arrays(schema, depth)
            case "object":
                return self._objects(schema, depth)
            case "null":
                return [None]
        return ["any", {"a": [1, None]}]

    def _arrays(self, schema: dict[str, Any], depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [[self.right(item, depth + 1)[0] for item in schema["prefixItems"]]]
        values = self.right(schema.get("items", {}), depth + 1)
        return [values[:1] * max(1, schema.get("minItems", 1)), [], values[:3] + values[:1]]

    def _objects(self, schema: dict[str, Any], depth: int) -> list[Any]:
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        known = {name: self.right(part, depth + 1) for name, part in properties.items()}
        full = {name: values[0] for name, values in known.items() if values}
        last = {name: values[-1] for name, values in known.items() if values}
        found = [full, {name: full[name] for name in required if name in full}, last]
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            found.insert(0, {**full, "key": self.right(extra, depth + 1)[0], "1": None})
        return found

    def wrong(self, schema: Any, depth: int = 0) -> list[Any]:
        """Return some values that do not fit *schema*, or only after conversion."""
        schema = self.resolve(schema)
        if depth > 3:
            return []
        parts = [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]
        found = list(_WRONG.get(schema.get("type", ""), ["?"] if "enum" in schema else []))
        for part in parts:
            found.extend(self.wrong(part, depth + 1))
        found.extend(_beyond(schema))
        for value in self.right(schema)[:1] if "properties" in schema else []:
            if isinstance(value, dict):
                found.extend(self._damaged(value, schema["properties"], depth))
        if schema.get("type") == "array":
            found.extend([item] for item in self.wrong(schema.get("items", {}), depth + 1)[:4])
        return found

    def _damaged(self, value: dict[str, Any], properties: Any, depth: int) -> list[Any]:
        found: list[Any] = [{**value, "unknown_key": 1}, {}]
        for name, part in properties.items():
            found.append({key: item for key, item in value.items() if key != name})
            found.extend({**value, name: item} for item in self.wrong(part, depth + 1)[:6])
        return found


def _texts(schema: dict[str, Any]) -> list[Any]:
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    if pattern := schema.get("pattern"):
        return [pattern.strip("^$"), "other"]
    length = max(schema.get("minLength", 0), 3)
    return ["foo".ljust(length, "o")[: schema.get("maxLength", 1000)], "é ü", ""]


def _numbers(schema: dict[str, Any], kind: str) -> list[Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 10))
    middle = (low + high) / 2
    return [int(middle) or 1, low, high, str(int(middle) + 1)] + [middle] * (kind == "number")


def _beyond(schema: dict[str, Any]) -> list[Any]:
    found: list[Any] = []
    for word, step in (("minimum", -1), ("exclusiveMinimum", 0), ("maximum", 1)):
        if word in schema:
            found.append(schema[word] + step)
    if "exclusiveMaximum" in schema:
        found.append(schema["exclusiveMaximum"])
    if schema.get("minLength"):
        found.append("x" * (schema["minLength"] - 1))
    if "maxLength" in schema:
        found.append("x" * (schema["maxLength"] + 1))
    if "pattern" in schema:
        found.append("no match")
    return found
