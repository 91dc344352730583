/* What libconfig would misread, found before it reads. */
#ifndef GRAPH_SCAN_H
#define GRAPH_SCAN_H

#include "graph-file.h"

/* Refuses, with place: strings, comments and brackets that are not closed or stand where none may, @include,
 * integers that libconfig would cut to fewer bits. What passes, libconfig still judges. */
ltc_status graph_scan(const graph_file *f, const char *text, ltc_error *err);

#endif
