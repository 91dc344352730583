/* A module as the core knows it: adopted from a plug-in's descriptor, checked whole. Called by loader.c. */
#ifndef LT_PLUGIN_MODULE_H
#define LT_PLUGIN_MODULE_H

#include "plugin/registry.h"
#include "util/memory.h"

/* Adopts `from`. What it makes lies in the arena; texts and functions stay the plug-in's, which is never
 * unloaded. Leaves path, vendor, license and build to the caller. The sentence in err names the module, not
 * the file. */
ltc_status lt_module_adopt(const ltc_module *from, lt_arena *arena, lt_module *to, ltc_error *err);

/* Is that its kind, and its name or one of its aliases? */
bool lt_module_answers(const lt_module *m, uint32_t kind, const char *name, size_t n);

/* Calls fn with the name and each alias; stops when it returns false, and returns that. */
bool lt_module_each_name(const ltc_module *info, bool (*fn)(void *arg, const char *name, size_t n),
                         void *arg);

/* [a-z0-9][a-z0-9_-]*, less than 64 long: safe in a path, in a message, in a shell. */
bool lt_module_name_valid(const char *name, size_t n);

#endif
