/* The keys of one group of a description: tables of them, and a struct that is filled by a table. */
#ifndef GRAPH_KEYS_H
#define GRAPH_KEYS_H

#include <ltcore/option.h>

#include "graph-file.h"

/* WIDTH: an integer, or "classes", which is GRAPH_CLASSES. ANY: the setting itself, unchecked. */
enum { GRAPH_INT, GRAPH_REAL, GRAPH_BOOL, GRAPH_TEXT, GRAPH_WIDTH, GRAPH_ANY };
enum { GRAPH_CLASSES = -1 };

typedef struct graph_key {
    const char *name;
    uint32_t    kind, offset;
    double      def, min, max;                /* INT, REAL and WIDTH: both bounds included */
} graph_key;

/* One line a key, as in a table of ltc_opt: struct, field, default, bounds. A text not given is NULL. */
#define GRAPH_KEY_INT(T, f, d, lo, hi)  { #f, GRAPH_INT, LTC_FIELD(T, f, int64_t), d, lo, hi }
#define GRAPH_KEY_REAL(T, f, d, lo, hi) { #f, GRAPH_REAL, LTC_FIELD(T, f, double), d, lo, hi }
#define GRAPH_KEY_BOOL(T, f, d)         { #f, GRAPH_BOOL, LTC_FIELD(T, f, int64_t), d, 0, 1 }
#define GRAPH_KEY_TEXT(T, f)            { #f, GRAPH_TEXT, LTC_FIELD(T, f, const char *), 0, 0, 0 }
#define GRAPH_KEY_WIDTH(T, f)           { #f, GRAPH_WIDTH, LTC_FIELD(T, f, int64_t), 0, 1, 2147483647 }
#define GRAPH_KEY_ANY(T, f)             { #f, GRAPH_ANY, LTC_FIELD(T, f, const config_setting_t *), 0, 0, 0 }

/* A table and the struct that it fills. */
typedef struct graph_keys {
    const graph_key *key;
    size_t           n;
    void            *into;
} graph_keys;

/* Fills both structs: first the defaults, then what the group says. noun: "conv", for the sentences. */
ltc_status graph_keys_read(const graph_file *f, const config_setting_t *group, const char *noun,
                           const graph_keys table[2], ltc_error *err);

/* ", did you mean 'x'?" with the nearest of n names at a stride of `stride` bytes, or nothing. */
typedef struct graph_hint { char s[80]; } graph_hint;
graph_hint graph_near(const char *word, const void *first, size_t n, size_t stride);

#endif
