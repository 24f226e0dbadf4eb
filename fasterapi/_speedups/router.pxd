"""Layout of the route trie, for the modules that look routes up without a Python call."""

cimport cython

from fasterapi._speedups.route_text cimport Text


cdef struct Node:
    int first_char  # of the label, as code point
    int label_start  # offset in RouteTrie.text
    int label_size
    int smallest  # smallest route index at or below this node
    int leaf  # route that ends here, or NONE
    int rest  # route that captures all that is left here, or NONE
    int hung_start  # routes to be tried one by one: RouteTrie.hung[start:start + count]
    int hung_count
    int children  # first child; children with a label come first, sorted by first_char
    int edge_count  # children with a label
    int parameter_count  # children that capture; they follow
    int kind  # what is captured on the way into this node


cdef struct Piece:  # one parameter of one route
    int kind
    int skip  # size of the literal before it
    int literal_start  # literal after it, as offset in RouteTrie.text
    int literal_size


cdef struct Branch:  # a branch that waits until the ones before it have failed
    int node
    Py_ssize_t position


@cython.final
cdef class RouteEntry:
    cdef readonly object value
    cdef object plan  # for whoever looks routes up: what it has made of the value, or None
    cdef readonly object methods  # frozenset, or None for every method
    cdef readonly str path  # pattern as registered
    cdef readonly tuple param_names  # ends with "path" for a mount
    cdef readonly int index  # place in the order of registration
    cdef object regex  # decides, if a custom convertor takes part; else None
    cdef tuple convertors  # used with regex
    cdef int first_piece  # in RouteTrie.pieces
    cdef int simple_count  # leading pieces that can be captured in one way only
    cdef int piece_count


@cython.final
cdef class RouteTrie:
    cdef tuple entries
    cdef dict roots  # method -> node, for methods that some route names
    cdef int any_root  # for every other method
    cdef int all_root  # every route, whatever its methods
    cdef int stack_need  # branches that can wait at once
    cdef str text  # labels and literals
    cdef Text labels  # view of text
    cdef Node* nodes
    cdef Piece* pieces
    cdef int* hung

    # First registered route for method and path, or None. *values* is emptied and filled
    # with the converted captures, in order of param_names. No argument may be None.
    cdef RouteEntry find(self, str method, str path, list values)

    # First registered route for path, whatever its methods: the partial match, if find() failed.
    cdef RouteEntry find_partial(self, str path, list values)

    cdef RouteEntry _lookup(self, int root, str path, list values)
    cdef int _search(self, int root, str path, int floor) except -1
    cdef int _walk(self, int root, str path, int floor, Branch* stack) except -1
    cdef int _best_here(self, Node* node, str path, Text* view, Py_ssize_t at, int floor,
                        int best) except -1
    cdef bint _fits(self, RouteEntry entry, str path, Text* view, Py_ssize_t at) except -1
    cdef bint _capture(self, RouteEntry entry, str path, list values) except -1
    cdef bint _capture_mixed(self, RouteEntry entry, str path, Text* view, Py_ssize_t at,
                             list values) except -1
    cdef Py_ssize_t* _solve(self, RouteEntry entry, Text* view, Py_ssize_t at) except NULL
