"""Arguments out of a form: lists, fields with several names, and models spread over its fields.

Request path: exchange -> [here] -> plan (the call). Single values with one name are `Value`.
Reference implementation: `fasterapi.dependencies.body.request_body_to_args`.
"""

cimport cython
from fasterapi._speedups.arguments cimport ValidatedArgument
from fasterapi._speedups.exchange cimport Exchange
from fasterapi._speedups.form cimport is_empty_input
from fasterapi._speedups.query cimport get_last


@cython.final
cdef class FormField:
    """What a form has for one parameter, or for one field of a model.

    Args:
        names: Its names in the form, the preferred one first.
        is_list: Whether all values count, not the last one only.
    """

    cdef tuple names
    cdef bint is_list

    def __init__(self, tuple names not None, bint is_list):
        if not names:
            raise ValueError("a field needs a name")
        self.names = names
        self.is_list = is_list

    cdef object find(self, list items, str name):
        """Return the value, or values, under *name*; None if there are none."""
        cdef list values
        if not self.is_list:
            value = get_last(items, name)
            return None if value is None or is_empty_input(value) else value
        values = []
        for key, value in items:
            # COMPAT: an empty text is one of the values, an input without a file is not.
            if key == name and (type(value) is str or not is_empty_input(value)):
                values.append(value)
        return values or None


@cython.final
cdef class FormValue(ValidatedArgument):
    """A parameter that is one field of the form.

    Args:
        field: Where its value is.
        options: Of `ValidatedArgument`.
    """

    cdef FormField field

    def __init__(self, Py_ssize_t position, *, FormField field not None, **options):
        super().__init__(position, **options)
        self.field = field

    cdef object take(self, Exchange x):
        cdef str name
        for name in self.field.names:
            value = self.field.find(x.form_items, name)
            if value is not None:
                return self.validated(x, value, ("body", name))
        return self.absent(x)


@cython.final
cdef class FormModel(ValidatedArgument):
    """A parameter whose model is spread over the fields of the form.

    Args:
        fields: `FormField` of each field of the model; none for a union of models, each of
            which reads the form itself.
        own_names: Where None, or the default, stands for no input at all: all names that
            count as input; else None.
        takes_others: Whether other names count as input too.
        options: Of `ValidatedArgument`.
    """

    cdef tuple fields
    cdef frozenset own_names
    cdef bint takes_others

    def __init__(self, Py_ssize_t position, *, tuple fields not None, frozenset own_names,
                 bint takes_others, **options):
        super().__init__(position, **options)
        self.fields = fields
        self.own_names = own_names
        self.takes_others = takes_others

    cdef object take(self, Exchange x):
        if self.own_names is not None and not self.is_supplied(x.form_items):
            return self.absent(x)
        return self.validated(x, self.collect(x.form_items), ("body",))

    cdef bint is_supplied(self, list items) except -1:
        """Return whether the form has anything for the model."""
        if self.takes_others:
            return bool(items)
        for name, _ in items:
            if name in self.own_names:
                return True
        return False

    cdef dict collect(self, list items):
        """Return the model's input by name; what it does not know comes last."""
        cdef dict values = {}
        cdef set known = set()
        cdef dict others = {}
        cdef FormField field
        cdef str name
        for field in self.fields:
            for name in field.names:
                known.add(name)
                value = field.find(items, name)
                if value is not None:
                    values[name] = value
                    break
        for name, value in items:
            if name not in known:
                others.setdefault(name, []).append(value)
        for name, found in others.items():
            values[name] = found[0] if len(found) == 1 else found
        return values
