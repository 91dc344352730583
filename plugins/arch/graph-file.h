/* A description of a network as a tree of libconfig's, and sentences that begin with its place. */
#ifndef GRAPH_FILE_H
#define GRAPH_FILE_H

#include <libconfig.h>
#include <ltcore/base.h>

typedef struct graph_file {
    const char *path;                         /* the option's */
    config_t    tree;
} graph_file;

/* Reads and parses; after a failure there is nothing to close. */
ltc_status graph_file_open(const char *path, graph_file *f, ltc_error *err);
void graph_file_close(graph_file *f);

/* "path:line: sentence", with the option `file` to blame. line 0: no line. */
LTC_PRINTF(4, 5)
ltc_status graph_fail(const graph_file *f, unsigned line, ltc_error *err, const char *fmt, ...);

/* A user's word as a sentence can hold it: printable, and cut where it is long. */
typedef struct graph_word { char s[48]; } graph_word;
graph_word graph_shown(const char *text);

#endif
