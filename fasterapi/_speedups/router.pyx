"""Route trie: (method, path) -> first registered route that matches, and what it captures.

Request path: exchange -> [here] -> plan.
Reference implementation: tests/reference/router.py.

One radix trie per method, all in the same arrays and immutable. Nothing in a lookup depends on the
number of routes: a branch is entered only if its text is in the path, and only if it holds a route
that was registered before the best one found so far. Each trie node is reached at one position of
the path at most, so a lookup is linear in the path for every branch.
"""

cimport cython
from cpython.long cimport PyLong_FromLongLong
from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Malloc
from cpython.unicode cimport PyUnicode_FindChar, PyUnicode_Substring

from fasterapi._speedups.route_text cimport (
    DECIMAL, DOT, HEX_UUID, INTEGER, NEWLINE, REST, TEXT, Text, capture_end, char_at, digits_value,
    has_text, is_end, is_in_class, uuid_end, view_of,
)

from uuid import UUID

from fasterapi._speedups.route_patterns import RouteSpec, flatten


cdef enum:
    NONE = 0x7FFFFFFF  # no route: larger than every index
    WAITING_SIZE = 32  # branches kept on the C stack; more are rare and go to the heap
    INT_DIGITS = 18  # always fit in a long long


@cython.final
cdef class RouteEntry:
    """One route of a trie.

    Attributes:
        value: As given.
        methods: As given.
        path: Pattern as given.
        param_names: Names of what is captured, in order; a mount's last one is ``path``.
        index: Place in the order of registration.
    """


@cython.final
cdef class RouteTrie:
    """Immutable index of routes.

    Args:
        specs: ``RouteSpec``, or plain tuples of the same shape, in order of registration.

    Raises:
        ValueError: A pattern names a parameter twice.
        AssertionError: A pattern names an unknown convertor.
    """

    def __cinit__(self, list specs not None):
        # Not in __init__, which could be called a second time while a lookup runs.
        routes = [RouteSpec(*spec) for spec in specs]
        flat = flatten(routes)
        self.roots = flat.roots
        self.any_root, self.all_root = flat.any_root, flat.all_root
        self.stack_need = flat.stack_need
        self.text = flat.text
        self.labels = view_of(self.text)
        self.nodes = <Node*>int_rows(flat.nodes, sizeof(Node))
        self.pieces = <Piece*>int_rows(flat.pieces, sizeof(Piece))
        self.hung = <int*>int_rows([(index,) for index in flat.hung], sizeof(int))
        self.entries = make_entries(routes, flat.patterns)

    def __dealloc__(self):
        PyMem_Free(self.nodes)
        PyMem_Free(self.pieces)
        PyMem_Free(self.hung)

    def match(self, str method not None, str path not None):
        """Return the route for *method* and *path*, if there is one.

        Args:
            method: Compared as it is; HEAD is not GET.
            path: Decoded path without query.

        Returns:
            ``(is_full, entry, values)``, values converted and in order of
            ``entry.param_names``; *is_full* is False if only the path matched (405). None if
            no path matched (404).
        """
        cdef list values = []
        cdef RouteEntry entry = self.find(method, path, values)
        if entry is not None:
            return True, entry, tuple(values)
        entry = self.find_partial(path, values)
        if entry is not None:
            return False, entry, tuple(values)
        return None

    cdef RouteEntry find(self, str method, str path, list values):
        root = self.roots.get(method)
        return self._lookup(self.any_root if root is None else <int>root, path, values)

    cdef RouteEntry find_partial(self, str path, list values):
        return self._lookup(self.all_root, path, values)

    cdef RouteEntry _lookup(self, int root, str path, list values):
        cdef RouteEntry entry
        cdef int index = -1
        if path is None:
            raise TypeError("path must be a str, got None")
        while True:
            # Again only if a converter refused its text (an integer of 5000 digits): such a
            # route does not match, the next one in order may.
            index = self._search(root, path, index)
            if index == NONE:
                return None
            entry = <RouteEntry>self.entries[index]
            if values:
                values.clear()
            if entry.piece_count == 0 or self._capture(entry, path, values):
                return entry

    cdef int _search(self, int root, str path, int floor) except -1:
        """Return the smallest index above *floor* whose pattern matches, or NONE."""
        cdef Branch waiting[WAITING_SIZE]
        cdef Branch* heap
        if self.stack_need <= WAITING_SIZE:
            return self._walk(root, path, floor, waiting)
        heap = <Branch*>PyMem_Malloc(self.stack_need * sizeof(Branch))
        if heap is NULL:
            raise MemoryError
        try:
            return self._walk(root, path, floor, heap)
        finally:
            PyMem_Free(heap)

    cdef int _walk(self, int root, str path, int floor, Branch* stack) except -1:
        """Depth first without recursion: the path cannot exhaust the C stack."""
        cdef Text view = view_of(path)
        cdef Node* nodes = self.nodes
        cdef Node* node
        cdef int best = NONE, number = root, waiting = 0, child
        cdef Py_ssize_t at = 0, end
        while True:
            node = &nodes[number]
            if node.smallest < best and has_text(&self.labels, node.label_start, node.label_size,
                                                 &view, at):
                at += node.label_size
                if is_end(&view, at) or node.rest != NONE or node.hung_count:
                    best = self._best_here(node, path, &view, at, floor, best)
                for child in range(node.children + node.edge_count,
                                   node.children + node.edge_count + node.parameter_count):
                    if nodes[child].smallest < best:
                        end = capture_end(nodes[child].kind, &view, at)
                        if end > at:  # there is room: the trie was measured when it was built
                            stack[waiting] = Branch(child, end)
                            waiting += 1
                number = edge_for(nodes, node, &view, at)
                if number >= 0:
                    continue
            if waiting == 0:
                return best
            waiting -= 1
            number = stack[waiting].node
            at = stack[waiting].position

    cdef int _best_here(self, Node* node, str path, Text* view, Py_ssize_t at, int floor,
                        int best) except -1:
        """Return the smallest index above *floor* that ends at this node, or *best*."""
        cdef int i, index
        if floor < node.leaf < best and is_end(view, at):
            best = node.leaf
        if floor < node.rest < best and rest_end(path, view, at) >= 0:
            best = node.rest
        for i in range(node.hung_start, node.hung_start + node.hung_count):
            index = self.hung[i]
            if index >= best:
                break
            if index > floor and self._fits(<RouteEntry>self.entries[index], path, view, at):
                return index
        return best

    cdef bint _fits(self, RouteEntry entry, str path, Text* view, Py_ssize_t at) except -1:
        """Return whether a hung route matches; its simple part ends at *at*."""
        cdef Py_ssize_t* ends
        if entry.regex is not None:
            return entry.regex.match(path) is not None
        ends = self._solve(entry, view, at)
        try:
            return ends[0] >= 0
        finally:
            PyMem_Free(ends)

    cdef bint _capture(self, RouteEntry entry, str path, list values) except -1:
        """Fill *values* for a route that matches; return False if a converter refuses."""
        cdef Text view = view_of(path)
        cdef Piece* piece = self.pieces + entry.first_piece
        cdef Py_ssize_t at = 0, end
        cdef int i
        if entry.regex is not None:
            return convert_groups(entry, entry.regex.match(path), values)
        for i in range(entry.simple_count):
            at += piece[i].skip
            if piece[i].kind == REST:
                end = rest_end(path, &view, at)
            else:
                end = capture_end(piece[i].kind, &view, at)
            if not append_converted(piece[i].kind, path, &view, at, end, values):
                return False
            at = end
        if entry.simple_count == entry.piece_count:
            return True
        at += piece[entry.simple_count].skip
        return self._capture_mixed(entry, path, &view, at, values)

    cdef bint _capture_mixed(self, RouteEntry entry, str path, Text* view, Py_ssize_t at,
                             list values) except -1:
        """Continue _capture where more than one way to capture has to be weighed."""
        cdef Piece* piece = self.pieces + entry.first_piece
        cdef Py_ssize_t width = view.size + 1, start = at, end
        cdef Py_ssize_t* ends = self._solve(entry, view, start)
        cdef int i
        try:
            for i in range(entry.simple_count, entry.piece_count):
                end = ends[(i - entry.simple_count) * (width - start) + at - start]
                if not append_converted(piece[i].kind, path, view, at, end, values):
                    return False
                at = end + piece[i].literal_size
            return True
        finally:
            PyMem_Free(ends)

    cdef Py_ssize_t* _solve(self, RouteEntry entry, Text* view, Py_ssize_t at) except NULL:
        """Return where each parameter that begins at each position from *at* on has to end.

        The answer of a backtracking expression in linear time (SECURITY: `{a}-{b}-{c}.json` as
        expression is cubic in the path): from the last parameter to the first, for every
        position, the end that greedy matching would choose among those from which the parameters
        after it still match; -1 if there is none.

        Returns:
            Rows of ``view.size + 1 - at``, one for each parameter that is not simple; the caller
            frees them.
        """
        cdef Py_ssize_t width = view.size + 1 - at
        cdef int count = entry.piece_count - entry.simple_count
        cdef Piece* piece = self.pieces + entry.first_piece + entry.simple_count
        cdef Py_ssize_t* ends
        cdef Py_ssize_t* row
        cdef Py_ssize_t* following
        cdef int i
        ends = <Py_ssize_t*>PyMem_Calloc(count * width, sizeof(Py_ssize_t))
        if ends is NULL:
            raise MemoryError
        for i in range(count - 1, -1, -1):
            row = ends + i * width - at  # indexed by position in the path
            following = NULL if i == count - 1 else row + width
            if piece[i].kind == HEX_UUID:
                fill_uuid_row(&piece[i], &self.labels, view, at, row, following)
            else:
                fill_run_row(&piece[i], &self.labels, view, at, row, following)
        return ends


cdef tuple make_entries(list routes, list patterns):
    cdef RouteEntry entry
    cdef list entries = []
    cdef int first_piece = 0
    for spec, pattern in zip(routes, patterns):
        entry = RouteEntry.__new__(RouteEntry)
        entry.value, entry.methods, entry.path = spec.value, spec.methods, spec.path
        entry.param_names = pattern.names
        entry.index = len(entries)
        entry.regex, entry.convertors = pattern.regex, pattern.convertors
        entry.first_piece = first_piece
        entry.simple_count = pattern.simple
        entry.piece_count = len(pattern.names)
        first_piece += entry.piece_count
        entries.append(entry)
    return tuple(entries)


cdef void* int_rows(list rows, size_t row_size) except NULL:
    """Return a C array of structs of int, filled from tuples; the caller frees it."""
    cdef int* memory = <int*>PyMem_Calloc(len(rows) + 1, row_size)
    cdef Py_ssize_t at = 0
    cdef tuple row
    if memory is NULL:
        raise MemoryError
    for row in rows:
        for number in row:
            memory[at] = number
            at += 1
    return memory


cdef bint convert_groups(RouteEntry entry, object found, list values) except -1:
    """Convert what the expression captured; return False if a convertor refuses."""
    try:
        for name, convertor in zip(entry.param_names, entry.convertors):
            values.append(convertor.convert(found[name]))
    except ValueError:
        return False
    return True


cdef bint append_converted(int kind, str path, Text* view, Py_ssize_t start, Py_ssize_t end,
                           list values) except -1:
    """Append the converted text; return False if there is no such value."""
    if kind == INTEGER and end - start <= INT_DIGITS:
        values.append(PyLong_FromLongLong(digits_value(view, start, end)))
        return True
    text = PyUnicode_Substring(path, start, end)
    if kind == TEXT or kind == REST:
        values.append(text)
    elif kind == INTEGER:
        try:
            values.append(int(text))
        except ValueError:  # more digits than sys.set_int_max_str_digits() allows
            return False
    elif kind == DECIMAL:
        values.append(float(text))
    else:
        values.append(UUID(text))
    return True


cdef inline Py_ssize_t rest_end(str path, Text* view, Py_ssize_t at) except -2:
    """Return where ``.*$`` ends, or -1: the dot takes no newline, ``$`` allows a final one."""
    cdef Py_ssize_t newline = PyUnicode_FindChar(path, NEWLINE, at, view.size, 1)
    if newline < 0:
        return view.size
    return newline if newline == view.size - 1 else -1


cdef void fill_uuid_row(Piece* piece, Text* labels, Text* view, Py_ssize_t begin, Py_ssize_t* row,
                        const Py_ssize_t* following) noexcept nogil:
    """Fill *row* for a parameter of fixed form; see RouteTrie._solve."""
    cdef Py_ssize_t at, end
    for at in range(begin, view.size + 1):
        end = uuid_end(view, at)
        row[at] = end if end >= 0 and goes_on(piece, labels, view, end, following) else -1


cdef void fill_run_row(Piece* piece, Text* labels, Text* view, Py_ssize_t begin, Py_ssize_t* row,
                       const Py_ssize_t* following) noexcept nogil:
    """Fill *row* for a parameter that is a run of characters; see RouteTrie._solve."""
    cdef Py_ssize_t at
    cdef Py_ssize_t farthest = -1  # best end in the run that begins at at + 1
    cdef Py_ssize_t fraction = -1  # best end in the digits after the point that ends this run
    cdef bint can_end, is_in_run = False
    for at in range(view.size, begin - 1, -1):
        can_end = goes_on(piece, labels, view, at, following)
        if at < view.size and is_in_class(piece.kind, char_at(view, at)):
            is_in_run = True
            if piece.kind == REST and farthest < 0 and can_end:
                farthest = at
            row[at] = fraction if fraction >= 0 else farthest
            if farthest < 0 and can_end:
                farthest = at
            continue
        # Greedy takes the fraction if it can, even where a shorter capture goes on as well.
        fraction = -1
        if piece.kind == DECIMAL and is_in_run and farthest > at + 1:
            if char_at(view, at) == DOT:
                fraction = farthest
        is_in_run = False
        farthest = at if can_end else -1
        row[at] = farthest if piece.kind == REST else -1


cdef inline bint goes_on(Piece* piece, Text* labels, Text* view, Py_ssize_t end,
                         const Py_ssize_t* following) noexcept nogil:
    """Return whether a parameter may end at *end*: its literal and all after it match."""
    if not has_text(labels, piece.literal_start, piece.literal_size, view, end):
        return False
    end += piece.literal_size
    return is_end(view, end) if following is NULL else following[end] >= 0


cdef inline int edge_for(Node* nodes, Node* node, Text* view, Py_ssize_t at) noexcept nogil:
    """Return the child whose label begins with the character at *at*, or -1."""
    cdef int low = node.children, high = low + node.edge_count, middle, wanted
    if low == high or at >= view.size:
        return -1
    wanted = <int>char_at(view, at)
    while high - low > 1:
        middle = (low + high) // 2
        if nodes[middle].first_char <= wanted:
            low = middle
        else:
            high = middle
    return low if nodes[low].first_char == wanted else -1
