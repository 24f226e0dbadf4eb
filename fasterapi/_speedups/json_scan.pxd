"""Scanning JSON bytes: spaces, words, numbers. Inline, for json_reader.pyx and json_writer.pyx.

The scans rely on the NUL behind every bytes object: no JSON token contains one.
"""

from libc.string cimport memcmp

cdef extern from *:
    """
    /* Are eight bytes plain text: none below 0x20, no quote, no backslash, nothing over 0x7f? */
    static inline int fasterapi_is_plain_word(const unsigned char *data) {
        unsigned long long word, quote, slash;
        const unsigned long long ones = 0x0101010101010101ULL, highs = 0x8080808080808080ULL;
        memcpy(&word, data, 8);
        quote = word ^ (ones * 0x22);
        slash = word ^ (ones * 0x5c);
        return (((word - ones * 0x20) | (quote - ones) | (slash - ones) | word) & highs) == 0;
    }
    """
    bint is_plain_word "fasterapi_is_plain_word"(const unsigned char* data) noexcept

cdef struct Cursor:
    const unsigned char* at
    const unsigned char* end

# What `scan_number` found.
cdef enum:
    NO_NUMBER = 0
    INTEGER = 1        # of at most MAX_DIGITS digits
    FRACTION = 2       # without exponent, of at most EXACT_DIGITS digits
    LONG_FRACTION = 3  # any other float

cdef enum:
    MAX_DIGITS = 18    # surely within 64 bits
    EXACT_DIGITS = 15  # surely within the 53 bits of a float


cdef inline unsigned char skip_space(Cursor* cursor) noexcept:
    """Move to the next token and return its first byte."""
    cdef const unsigned char* at = cursor.at
    while at[0] == c" " or at[0] == c"\n" or at[0] == c"\r" or at[0] == c"\t":
        at += 1
    cursor.at = at
    return at[0]


cdef inline bint skip_word(Cursor* cursor, const char* word, Py_ssize_t size) noexcept:
    """Return whether *word* is next, and go behind it."""
    if cursor.end - cursor.at < size or memcmp(cursor.at, word, size) != 0:
        return False
    cursor.at += size
    return True


cdef inline int scan_number(Cursor* cursor, long long* whole, Py_ssize_t* decimals) noexcept:
    """Go behind the next number: its digits without sign make *whole*, the last ones *decimals*."""
    cdef const unsigned char* at = cursor.at + (cursor.at[0] == c"-")
    cdef const unsigned char* digits = at
    cdef Py_ssize_t count
    whole[0] = decimals[0] = 0
    while c"0" <= at[0] <= c"9":
        if at - digits >= MAX_DIGITS:
            return NO_NUMBER
        whole[0] = whole[0] * 10 + (at[0] - c"0")
        at += 1
    count = at - digits
    if count == 0 or (digits[0] == c"0" and count > 1):
        return NO_NUMBER
    if at[0] == c".":
        at += 1
        digits = at
        while c"0" <= at[0] <= c"9":
            if count < EXACT_DIGITS:
                whole[0] = whole[0] * 10 + (at[0] - c"0")
            count += 1
            at += 1
        decimals[0] = at - digits
        if decimals[0] == 0:
            return NO_NUMBER
    if at[0] == c"e" or at[0] == c"E":
        at += 1
        if at[0] == c"+" or at[0] == c"-":
            at += 1
        if not c"0" <= at[0] <= c"9":
            return NO_NUMBER
        while c"0" <= at[0] <= c"9":
            at += 1
        cursor.at = at
        return LONG_FRACTION
    cursor.at = at
    if decimals[0] == 0:
        return INTEGER
    return FRACTION if count <= EXACT_DIGITS else LONG_FRACTION
