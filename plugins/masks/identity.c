/* identity: keeps everything that is still there. The mask of the dense baseline.
 *
 *   keep(w) = 1 */
#include <string.h>
#include <ltcore/mask.h>

static ltc_status identity_select(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *const *t,
                                  size_t n, uint8_t *const *mask, ltc_error *err)
{
    (void)self, (void)env, (void)err;
    for (size_t i = 0; i < n; i++)
        memcpy(mask[i], t[i]->mask, t[i]->n);
    return LTC_OK;
}

static const ltc_mask_ops identity_ops = {
    LTC_MASK_OPS, .flags = LTC_MASK_OWN_COUNT, .select = identity_select,
};
static const ltc_module identity = {
    LTC_MODULE(LTC_MASK, identity_ops), .name = "identity", .version = "1.0",
    .summary = "keeps everything", .source = "keep = 1: the dense network under the name of a mask",
};
LTC_PLUGIN(&identity);
