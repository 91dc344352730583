/* Owns the sentence for inputs that are no image, or too small a one. Called by the networks that pool until
 * nothing would be left of it; the builder would speak of windows then, which nobody has configured. */
#include "image.h"

ltc_status image_at_least(ltc_builder *b, int64_t least, const char *why, ltc_error *err)
{
    const ltc_value *x = b->shape(b, b->input);
    if (x->rank != 3)
        return ltc_fail(err, LTC_EINVAL,
                        "takes images of three dimensions (channels, height, width), the samples have %u",
                        x->rank);
    if (x->dim[1] >= least && x->dim[2] >= least)
        return LTC_OK;
    return ltc_fail(err, LTC_EINVAL,
                    "takes images of at least %lld x %lld, since %s; the samples are %lld x %lld",
                    (long long)least, (long long)least, why, (long long)x->dim[1], (long long)x->dim[2]);
}
