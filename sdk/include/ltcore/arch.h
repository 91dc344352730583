/* ltcore/arch.h: an architecture plug-in describes a network to the core's builder. See
 * ops.h for the operations.
 *
 * It gives parameters their names and roles, tags shortcuts, and brings an initialiser if the published
 * network has one. Which layer is the last is found by the core, and what may be pruned is a matter of
 * the configuration. */
#ifndef LTCORE_ARCH_H
#define LTCORE_ARCH_H

#include <ltcore/graph.h>
#include <ltcore/plugin.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LTC_ARCH_ABI 1u

/* The first error sticks, and later calls quietly return {0}: build() need not look. All [serial]. */
typedef struct ltc_builder ltc_builder;
struct ltc_builder {
    uint32_t  size, n_classes;
    ltc_val   input;                                      /* one sample: C, H, W */
    uint32_t  reserved;
    void     *impl;

    /* A trained parameter (or, with LTC_ROLE_STAT, a running statistic). init NULL: as
     * configured for the role. */
    ltc_val (*param)(ltc_builder *b, const char *name, uint32_t role, uint32_t rank, const int64_t *dim,
                     const ltc_init *init);

    /* One operation. in: as ops.def says, {0} for an optional input left out. desc is copied. The
     * output's shape is inferred; shapes that do not fit are the error. name NULL: the operation's
     * own name, numbered. */
    ltc_val (*emit)(ltc_builder *b, uint32_t op, const char *name, const ltc_val *in, uint32_t n_in,
                    const void *desc, uint32_t desc_size);

    /* Never NULL: after an error, one element. Valid until the next call. */
    const ltc_value *(*shape)(ltc_builder *b, ltc_val v);

    /* Adds a tag to a parameter, or to all parameters of the node that made v. */
    void (*tag)(ltc_builder *b, ltc_val v, uint32_t role);

    /* Prefix "name." of what follows; scopes nest; NULL ends the innermost. */
    void (*scope)(ltc_builder *b, const char *name);

    /* The first error's sentence, or NULL while all is well; the builder's. For an architecture that can add
     * a place to it and fail by itself. Added later: ask LTC_HAS(b, error). */
    const char *(*error)(ltc_builder *b);
};

/* build: pure, [any]. It sets *logits to a value of rank 1 with n_classes elements. */
typedef struct ltc_arch_ops {
    uint32_t   size, builder_size, value_size, reserved;
    ltc_status (*build)(const void *opts, ltc_builder *b, ltc_val *logits, ltc_error *err);
} ltc_arch_ops;
#define LTC_ARCH_OPS .size = sizeof(ltc_arch_ops), LTC_SIZE(builder), LTC_SIZE(value)

#ifdef __cplusplus
}
#endif
#endif
