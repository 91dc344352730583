/* A plug-in's file before it is loaded: where it really lies, who may write to it, and whether it is a shared
 * library of this machine. Called by loader.c. */
#ifndef LT_PLUGIN_FILE_H
#define LT_PLUGIN_FILE_H

#include <ltcore/base.h>

enum { LT_NOTE_BYTES = 512 };

/* Accepts or refuses `path`. *real: symbolic links resolved, for free(); untouched if refused. note: a
 * sentence worth a warning, or "". What anyone may write to is refused; what the group or another user may
 * write to is noted. That is against accidents: who can write run.cfg can name any file at all. */
ltc_status lt_file_accept(const char *path, char **real, char note[LT_NOTE_BYTES], ltc_error *err);

#endif
