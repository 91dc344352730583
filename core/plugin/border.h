/* The border: structs cross it in the sizes of two builds, and are made equal here, once, in both
 * directions. */
#ifndef LT_PLUGIN_BORDER_H
#define LT_PLUGIN_BORDER_H

#include <ltcore/base.h>

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

/* What a plug-in returned, as the core takes it: a code that base.h does not define is LTC_EINTERNAL. */
ltc_status lt_status(ltc_status returned);

#endif
