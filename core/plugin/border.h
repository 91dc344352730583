/* The border: structs cross it in the sizes of two builds, and are made equal here, once, in both directions;
 * calls cross it between lt_call_begin and lt_call_end, and leave nothing behind. */
#ifndef LT_PLUGIN_BORDER_H
#define LT_PLUGIN_BORDER_H

#include <ltcore/base.h>

#include "plugin/fpmode.h"
#include "plugin/registry.h"

/* Zeroes dst and copies what both have. */
void lt_adopt(void *dst, size_t dst_size, const void *src, size_t src_size);

/* The same for a request, which must not be half understood: false, and dst untouched, if src says anything
 * (is not zero) beyond what dst can hold. */
bool lt_adopt_request(void *dst, size_t dst_size, const void *src, size_t src_size);

/* Bytes to lend for a struct of which the plug-in's build published its size: the larger of the two. */
size_t lt_lent_size(uint32_t published, size_t own);

/* An array of n structs at a stride of lt_lent_size(published, own), each copied from src at stride `own` and
 * zero behind. src NULL: all zero. For free(); NULL when there is no memory. */
void *lt_lend(const void *src, size_t n, uint32_t published, size_t own);

/* A request goes to a plug-in whose build published that size, and must not be half understood:
 * LTC_EUNSUPPORTED if it says anything (is not zero) beyond. what: "optimizers", for the sentence. */
ltc_status lt_check_read(const lt_module *m, const char *what, const void *request, size_t own,
                         uint32_t published, ltc_error *err);

/* What a plug-in returned, as the core takes it: a code that base.h does not define is LTC_EINTERNAL. */
ltc_status lt_status(ltc_status returned);

/* A failure of the module, made presentable: its own sentence with its kind and name before it, or, if it has
 * none, what it was doing: "opening". If it blames an option, the sentence stays as it is and err->option
 * becomes the key in a configuration, "arch.width", or bare without room. Returns lt_status(returned). */
ltc_status lt_blame(const lt_module *m, const char *doing, ltc_status returned, ltc_error *err);

/* A call into a plug-in:
 *
 *     const lt_call call = lt_call_begin(module, "opening", err);
 *     st = lt_call_end(&call, ops->open(host, options, &self, err));
 *
 * err is cleared before it; afterwards the thread's floating-point mode is what it was, and a failure has
 * been through lt_blame. For functions without a status the second argument is LTC_OK, after the call. */
typedef struct lt_call {
    const lt_module *module;
    const char      *doing;
    ltc_error       *err;                     /* NULL: a function that cannot fail */
    lt_fpmode        mode;
} lt_call;
lt_call lt_call_begin(const lt_module *m, const char *doing, ltc_error *err);
ltc_status lt_call_end(const lt_call *c, ltc_status returned);

#endif
