/* Owns the adopted module of a target. */
#include "linked.h"

#include <stdlib.h>

#include "plugin/module.h"

extern const ltc_plugin ltc_plugin_v0;

const lt_services fuzz_services = { .log = NULL };

/* State, since the entry of a target has no argument for it. */
static lt_module module;
static lt_arena  arena;

static void forget(void)
{
    lt_arena_free(&arena);
}

const lt_module *fuzz_linked(void)
{
    ltc_error err = { .message = "" };
    if (module.info.size)
        return &module;
    fuzz_must(!lt_module_adopt(ltc_plugin_v0.module[0], &arena, &module, &err), err.message);
    fuzz_must(!atexit(forget), "what was adopted can be let go");
    return &module;
}
