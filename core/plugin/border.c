/* Owns nothing: copies between structs of different sizes. Called wherever a struct goes to or comes from a
 * plug-in. */
#include "plugin/border.h"

#include <string.h>

#include "util/memory.h"

void lt_adopt(void *dst, size_t dst_size, const void *src, size_t src_size)
{
    memset(dst, 0, dst_size);
    memcpy(dst, src, src_size < dst_size ? src_size : dst_size);
}

bool lt_adopt_request(void *dst, size_t dst_size, const void *src, size_t src_size)
{
    const unsigned char *byte = src;
    for (size_t i = dst_size; i < src_size; i++)
        if (byte[i])
            return false;
    lt_adopt(dst, dst_size, src, src_size);
    return true;
}

size_t lt_lent_size(uint32_t published, size_t own)
{
    return published > own ? published : own;
}

void *lt_lend(const void *src, size_t n, uint32_t published, size_t own)
{
    const size_t stride = lt_lent_size(published, own);
    char *lent = lt_array(n, stride);
    for (size_t i = 0; lent && src && i < n; i++)
        memcpy(lent + i * stride, (const char *)src + i * own, own);
    return lent;
}

ltc_status lt_status(ltc_status returned)
{
    return returned > LTC_OK || returned < LTC_EINTERNAL ? LTC_EINTERNAL : returned;
}
