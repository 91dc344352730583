/* A question that several networks ask of their input before they describe themselves. */
#ifndef ARCH_IMAGE_H
#define ARCH_IMAGE_H

#include <ltcore/arch.h>

/* Is the input an image, at least `least` high and wide? Else LTC_EINVAL and a sentence; why: what makes it
 * so, as "it is halved 5 times". */
ltc_status image_at_least(ltc_builder *b, int64_t least, const char *why, ltc_error *err);

#endif
