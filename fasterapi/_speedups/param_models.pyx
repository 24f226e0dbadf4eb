"""Models of parameters: query string, headers or cookies as one pydantic model.

Request path: exchange -> [here] -> plan (the call).
Reference implementation: `fasterapi.dependencies.extract.request_params_to_args`.
"""

cimport cython
from fasterapi._speedups.arguments cimport FAILED, ValidatedArgument, note_errors
from fasterapi._speedups.exchange cimport Exchange

from pydantic_core import ValidationError


@cython.final
cdef class ModelField:
    """One field of such a model.

    Args:
        name: Of the field.
        aliases: ``(name for validation, name looked for, name shown in errors)``, the preferred
            one first; headers are looked for in lower case.
        is_sequence: Whether empty text is no value.
        is_list: Whether it is all values of the name.
    """

    cdef str name
    cdef tuple aliases
    cdef bint is_sequence
    cdef bint is_list

    def __init__(self, str name not None, tuple aliases not None, *, bint is_sequence,
                 bint is_list):
        if not aliases:
            raise ValueError(f"field {name!r} has no alias")
        self.name = name
        self.aliases = aliases
        self.is_sequence = is_sequence
        self.is_list = is_list

    cdef tuple used(self, dict found):
        """Return the names of the one that is among *found*, or the preferred ones."""
        cdef tuple names
        for names in self.aliases:
            if names[1] in found:
                return names
        return <tuple>self.aliases[0]


@cython.final
cdef class ModelArgument(ValidatedArgument):
    """A model whose fields are parameters of one place.

    Args:
        position: Index in the argument list.
        source: ``"query"``, ``"header"`` or ``"cookie"``.
        fields: `ModelField` objects in the order of the model.
        known_names: Names that never are extra input, beside those in use.
        shows_others: Whether the model may look at names that no field has.
        own_names: Where any of these is missing there is no input at all; None if the model is
            needed in any case.
        accepts_others: Whether other names are input too.
        renames: Whether errors tell the name on the wire.
        options: Of `ValidatedArgument`.
    """

    cdef str source
    cdef tuple fields
    cdef frozenset known_names
    cdef bint shows_others
    cdef frozenset own_names
    cdef bint accepts_others
    cdef bint renames

    def __init__(self, Py_ssize_t position, *, str source not None, tuple fields not None,
                 frozenset known_names not None, bint shows_others, frozenset own_names,
                 bint accepts_others, bint renames, **options):
        super().__init__(position, **options)
        if source not in ("query", "header", "cookie"):
            raise ValueError(f"source must be query, header or cookie, got {source!r}")
        for field in fields:
            if not isinstance(field, ModelField):
                raise TypeError(f"fields must be of ModelField, got {field!r}")
        self.source = source
        self.fields = fields
        self.known_names = known_names
        self.shows_others = shows_others
        self.own_names = own_names
        self.accepts_others = accepts_others
        self.renames = renames

    cdef object take(self, Exchange x):
        cdef dict found = self.received(x)
        cdef dict values = self.values_of(found)
        if self.shows_others:
            self.add_others(values, found)
        if self.own_names is not None and self.own_names.isdisjoint(found):
            if not (self.accepts_others and values):
                return self.absent(x)
        try:
            return self.validate(values, from_attributes=True)
        except ValidationError as error:
            if self.shows_others:
                return self.refuse(x, found, error)
        # Errors show all of the input.
        self.add_others(values, found)
        try:
            return self.validate(values, from_attributes=True)
        except ValidationError as error:
            return self.refuse(x, found, error)

    cdef dict received(self, Exchange x):
        """Return name -> values, in the order in which they came."""
        cdef dict found = {}
        cdef list pairs
        if self.source == "cookie":
            for name, value in x.get_cookies().items():
                found[name] = [value]
            return found
        if self.source == "query":
            pairs = x.get_query_pairs()
        else:
            pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in x.headers]
        for name, value in pairs:
            values = found.get(name)
            if values is None:
                found[name] = [value]
            else:
                (<list>values).append(value)
        return found

    cdef dict values_of(self, dict found):
        """Return the input of the model's fields by the names for validation."""
        cdef dict values = {}
        cdef ModelField field
        cdef tuple names
        for field in self.fields:
            names = field.used(found)
            held = found.get(names[1])
            if held is None:
                continue
            if field.is_list:
                values[names[0]] = list(<list>held)
                continue
            # COMPAT: of equal headers the first counts, of equal names in a query the last.
            value = (<list>held)[0 if self.source == "header" else len(<list>held) - 1]
            if value or not field.is_sequence:
                values[names[0]] = value
        return values

    cdef int add_others(self, dict values, dict found) except -1:
        """Add what no field has taken."""
        cdef set known = set(self.known_names)
        cdef ModelField field
        for field in self.fields:
            known.add(field.used(found)[1])
        for name, held in found.items():
            if name not in known:
                values[name] = held if len(<list>held) > 1 else (<list>held)[0]
        return 0

    cdef object refuse(self, Exchange x, dict found, object error):
        """Note the errors of *error*."""
        cdef ModelField field
        cdef tuple names
        cdef dict renamed = {}
        cdef Py_ssize_t first = 0 if x.errors is None else len(x.errors)
        note_errors(x, error, (self.source,))
        if self.renames:
            for field in self.fields:
                names = field.used(found)
                if names[0] != names[2]:
                    renamed[field.name] = names[2]
            for item in x.errors[first:]:
                loc = item["loc"]
                if len(loc) > 1 and loc[1] in renamed:
                    item["loc"] = (loc[0], renamed[loc[1]], *loc[2:])
        return FAILED
