/* Owns nothing: copies between structs of different sizes, and what surrounds a call. Called wherever a
 * struct goes to or comes from a plug-in, and wherever one is called. */
#include "plugin/border.h"

#include <string.h>

#include "plugin/kind.h"
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

ltc_status lt_check_read(const lt_module *m, const char *what, const void *request, size_t own,
                         uint32_t published, ltc_error *err)
{
    const unsigned char *byte = request;
    for (size_t i = published; i < own; i++)
        if (byte[i])
            return ltc_fail(err, LTC_EUNSUPPORTED, "%s '%s' was built before this core's %s: rebuild it",
                            lt_kind_noun(m->info.kind), m->info.name, what);
    return LTC_OK;
}

/* "width" becomes "arch.width", where there is room. */
static void name_key(const lt_module *m, ltc_error *err)
{
    const lt_kind *kind = lt_kind_get(m->info.kind);
    const size_t group = kind ? strlen(kind->group) : 0, bytes = strlen(err->option) + 1;
    if (!kind || group + 1 + bytes > sizeof err->option)
        return;
    memmove(err->option + group + 1, err->option, bytes);
    memcpy(err->option, kind->group, group);
    err->option[group] = '.';
}

ltc_status lt_blame(const lt_module *m, const char *doing, ltc_status returned, ltc_error *err)
{
    const char *noun = lt_kind_noun(m->info.kind), *name = m->info.name;
    const ltc_status st = lt_status(returned);
    err->option[sizeof err->option - 1] = err->message[sizeof err->message - 1] = '\0';
    const ltc_error said = *err;
    if (said.option[0])
        name_key(m, err);
    if (!said.message[0])
        return ltc_fail(err, st, "%s '%s': %s failed, and the plug-in does not say why", noun, name, doing);
    return said.option[0] ? st : ltc_fail(err, st, "%s '%s': %s", noun, name, said.message);
}

lt_call lt_call_begin(const lt_module *m, const char *doing, ltc_error *err)
{
    if (err)
        err->option[0] = err->message[0] = '\0';
    return (lt_call){ m, doing, err, lt_fpmode_get() };
}

ltc_status lt_call_end(const lt_call *c, ltc_status returned)
{
    lt_fpmode_set(c->mode);
    return returned && c->err ? lt_blame(c->module, c->doing, returned, c->err) : lt_status(returned);
}
