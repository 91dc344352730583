/* A plug-in's table of options, adopted and checked, so that whoever reads it afterwards needs no doubt.
 * Called by module.c. */
#ifndef LT_PLUGIN_SCHEMA_H
#define LT_PLUGIN_SCHEMA_H

#include <ltcore/option.h>

#include "util/memory.h"

/* Adopts `from`, of the plug-in's build, into `to`, whose table lies in the arena at this core's stride. The
 * sentence in err names the option, and neither module nor file. */
ltc_status lt_schema_adopt(const ltc_schema *from, lt_arena *arena, ltc_schema *to, ltc_error *err);

#endif
