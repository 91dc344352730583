/* Owns the reading of NumPy's array format, versions 1 to 3, of which numpy/lib/format.py is the definition.
 * The header is a literal of Python's, {'descr': '<f4', 'fortran_order': False, 'shape': (60000, 28, 28), }:
 * three keys in any order. It is read here by hand because no C library of the distributions knows the
 * format, and because a reader of Python's literals would take much that has no business here. */
#include "npy.h"

#include <inttypes.h>
#include <string.h>

#define SAVE_AGAIN "; save it again with numpy.savez"

/* The header from here on. */
typedef struct text { const char *at, *end, *place; } text;

static void skip_spaces(text *t)
{
    while (t->at < t->end && *t->at == ' ')
        t->at++;
}

static bool take(text *t, char c)
{
    skip_spaces(t);
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool take_word(text *t, const char *word)
{
    const size_t n = strlen(word);
    skip_spaces(t);
    if ((size_t)(t->end - t->at) < n || memcmp(t->at, word, n))
        return false;
    t->at += n;
    return true;
}

/* Between quotes of either kind, fewer than `room` characters that print and need no escape. */
static bool take_string(text *t, char *to, size_t room)
{
    size_t n = 0;
    const char quote = take(t, '\'') ? '\'' : take(t, '"') ? '"' : '\0';
    if (!quote)
        return false;
    for (; t->at < t->end && *t->at != quote; t->at++) {
        if (n + 1 == room || *t->at < ' ' || *t->at > '~' || *t->at == '\\')
            return false;
        to[n++] = *t->at;
    }
    to[n] = '\0';
    return t->at++ < t->end;
}

/* Python 2 wrote 28L. */
static bool take_number(text *t, uint64_t *v)
{
    skip_spaces(t);
    const char *const first = t->at;
    for (*v = 0; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++) {
        const uint64_t digit = (uint64_t)(*t->at - '0');
        if (*v > (UINT64_MAX - digit) / 10)
            return false;
        *v = *v * 10 + digit;
    }
    if (t->at == first)
        return false;
    take(t, 'L');
    return true;
}

static ltc_status fail_syntax(const text *t, const char *what, ltc_error *err)
{
    return ltc_fail(err, LTC_EIO, "%s: the header %s" SAVE_AGAIN, t->place, what);
}

static bool is_type(char order, char kind, uint64_t width)
{
    if (!strchr(width == 1 ? "<>|" : "<>", order))
        return false;
    if (kind == 'f')
        return width == 2 || width == 4 || width == 8;
    return (kind == 'u' || kind == 'i') && (width == 1 || width == 2 || width == 4 || width == 8);
}

/* '<f4': byte order, kind, bytes. */
static ltc_status parse_type(text *t, npy_header *h, ltc_error *err)
{
    char type[32];
    uint64_t width = 0;
    if (take(t, '['))
        return ltc_fail(err, LTC_EIO,
                        "%s: its elements are structures; save each of their fields as an array", t->place);
    if (!take_string(t, type, sizeof type))
        return fail_syntax(t, "names no type", err);
    text number = { .at = type + 2, .end = type + strlen(type), .place = t->place };
    if (strlen(type) < 3 || !take_number(&number, &width) || number.at != number.end ||
        !is_type(type[0], type[1], width))
        return ltc_fail(err, LTC_EIO,
                        "%s: its elements are of type '%s', neither integers nor floating-point numbers of "
                        "16, 32 or 64 bits; convert it with .astype() before saving",
                        t->place, type);
    h->kind = type[1];
    h->width = (uint32_t)width;
    h->big_endian = type[0] == '>';
    return LTC_OK;
}

static ltc_status parse_order(text *t, npy_header *h, ltc_error *err)
{
    h->fortran = take_word(t, "True");
    if (!h->fortran && !take_word(t, "False"))
        return fail_syntax(t, "says neither True nor False for 'fortran_order'", err);
    return LTC_OK;
}

/* (), (3,), (3, 4) and (3, 4,). */
static ltc_status parse_shape(text *t, npy_header *h, ltc_error *err)
{
    bool more = true;
    if (!take(t, '('))
        return fail_syntax(t, "has no shape in parentheses", err);
    while (!take(t, ')')) {
        uint64_t n;
        if (!more || !take_number(t, &n))
            return fail_syntax(t, "has a shape that is not numbers in parentheses", err);
        if (h->rank == NPY_RANK_MAX)
            return ltc_fail(err, LTC_EIO, "%s: it has more than %d dimensions", t->place, NPY_RANK_MAX);
        h->dim[h->rank++] = n;
        more = take(t, ',');
    }
    if (h->rank == 1 && !more)
        return fail_syntax(t, "has a shape that is a number, not a tuple", err);
    return LTC_OK;
}

typedef struct key { const char *name; ltc_status (*parse)(text *t, npy_header *h, ltc_error *err); } key;
static const key keys[] = {
    { "descr", parse_type }, { "fortran_order", parse_order }, { "shape", parse_shape },
};
enum { N_KEYS = sizeof keys / sizeof keys[0] };

/* One "'key': value"; *seen has a bit for each key that was there. */
static ltc_status parse_entry(text *t, unsigned *seen, npy_header *h, ltc_error *err)
{
    char name[16];
    unsigned k = 0;
    if (!take_string(t, name, sizeof name) || !take(t, ':'))
        return fail_syntax(t, "is no Python dictionary", err);
    while (k < N_KEYS && strcmp(name, keys[k].name))
        k++;
    if (k == N_KEYS || *seen & 1u << k)
        return fail_syntax(t, k == N_KEYS ? "has a key that NumPy does not write" : "has a key twice", err);
    *seen |= 1u << k;
    return keys[k].parse(t, h, err);
}

static ltc_status parse_dictionary(text *t, npy_header *h, ltc_error *err)
{
    unsigned seen = 0;
    bool more = true;
    if (!take(t, '{'))
        return fail_syntax(t, "is no Python dictionary", err);
    while (!take(t, '}')) {
        const ltc_status st = more ? parse_entry(t, &seen, h, err)
                                   : fail_syntax(t, "lacks a comma or its closing brace", err);
        if (st)
            return st;
        more = take(t, ',');
    }
    if (seen != (1u << N_KEYS) - 1)
        return fail_syntax(t, "lacks one of 'descr', 'fortran_order' and 'shape'", err);
    if (!take(t, '\n') || t->at != t->end)
        return fail_syntax(t, "does not end where its length says", err);
    return LTC_OK;
}

/* bytes = width x dim[0] x ..., none of them 0 and the product a size that memory can have. */
static ltc_status multiply(const char *place, npy_header *h, ltc_error *err)
{
    h->bytes = h->width;
    for (uint32_t i = 0; i < NPY_RANK_MAX; i++) {
        h->dim[i] = i < h->rank ? h->dim[i] : 1;
        if (!h->dim[i])
            return ltc_fail(err, LTC_EIO, "%s: dimension %" PRIu32 " is 0: there is nothing in it", place, i);
        if (h->dim[i] > (uint64_t)PTRDIFF_MAX / h->bytes)
            return ltc_fail(err, LTC_EIO, "%s: the header promises more than any memory holds" SAVE_AGAIN,
                            place);
        h->bytes *= (size_t)h->dim[i];
    }
    return LTC_OK;
}

/* Of n bytes, the first being the least. */
static uint64_t little_endian(const uint8_t *b, uint32_t n)
{
    uint64_t v = 0;
    while (n)
        v = v << 8 | b[--n];
    return v;
}

ltc_status npy_measure(const uint8_t *first, const char *place, size_t *header_bytes, ltc_error *err)
{
    static const uint8_t magic[6] = { 0x93, 'N', 'U', 'M', 'P', 'Y' };
    if (memcmp(first, magic, sizeof magic))
        return ltc_fail(err, LTC_EIO, "%s: does not begin as an array of NumPy's does" SAVE_AGAIN, place);
    if (first[6] < 1 || first[6] > 3 || first[7])
        return ltc_fail(err, LTC_EIO,
                        "%s: is of version %d.%d of NumPy's format, not 1.0, 2.0 or 3.0" SAVE_AGAIN, place,
                        first[6], first[7]);
    const uint32_t width = first[6] == 1 ? 2 : 4;
    const uint64_t n = 8 + width + little_endian(first + 8, width);
    if (n < NPY_PREAMBLE || n > NPY_HEADER_MAX)
        return ltc_fail(err, LTC_EIO, "%s: the header has %" PRIu64 " bytes, not %d to %d" SAVE_AGAIN, place,
                        n, NPY_PREAMBLE, NPY_HEADER_MAX);
    *header_bytes = (size_t)n;
    return LTC_OK;
}

ltc_status npy_parse(const uint8_t *header, size_t n, const char *place, npy_header *h, ltc_error *err)
{
    npy_header read = { .header_bytes = n };
    const size_t begin = header[6] == 1 ? 10 : 12;
    text t = { .at = (const char *)header + begin, .end = (const char *)header + n, .place = place };
    ltc_status st = parse_dictionary(&t, &read, err);
    if (!st)
        st = multiply(place, &read, err);
    if (!st)
        *h = read;
    return st;
}

/* The bits of an element, as a number. */
static uint64_t bits_of(const npy_header *h, const uint8_t *p)
{
    uint64_t v = 0;
    if (!h->big_endian)
        return little_endian(p, h->width);
    for (uint32_t i = 0; i < h->width; i++)
        v = v << 8 | p[i];
    return v;
}

/* IEEE 754 binary16 to binary32, which has all its values: sign, 5 bits of exponent of bias 15, 10 of
 * fraction. A subnormal one is fraction x 2^-24, exactly. */
static uint32_t widen_half(uint32_t half)
{
    const uint32_t sign = (half & 0x8000u) << 16, exponent = half >> 10 & 31, fraction = half & 0x3ff;
    if (exponent == 31)
        return sign | 0x7f800000u | fraction << 13;
    if (exponent)
        return sign | (exponent + 127 - 15) << 23 | fraction << 13;
    const float f = (float)fraction * 0x1p-24f;
    uint32_t bits;
    memcpy(&bits, &f, sizeof bits);
    return sign | bits;
}

float npy_float(const npy_header *h, const uint8_t *p)
{
    const uint64_t bits = bits_of(h, p);
    const uint32_t single = h->width == 2 ? widen_half((uint32_t)bits) : (uint32_t)bits;
    float f;
    double d;
    memcpy(&f, &single, sizeof f);
    memcpy(&d, &bits, sizeof d);
    return h->width == 8 ? (float)d : f;
}

int32_t npy_label(const npy_header *h, const uint8_t *p)
{
    const uint64_t bits = bits_of(h, p);
    if (h->kind == 'i' && bits >> (8 * h->width - 1))
        return -1;
    return bits < INT32_MAX ? (int32_t)bits : INT32_MAX;
}
