/* Owns the table of kinds: the one place that changes when a kind gets a new struct or a slot that must be
 * there. */
#include "plugin/kind.h"

#include "plugin/registry.h"

#define IN(kind, member) { #member, offsetof(ltc_##kind##_ops, member) }
#define END { NULL, 0 }

static const lt_slot arch_sizes[] = { IN(arch, builder_size), IN(arch, value_size), END };
static const lt_slot arch_slots[] = { IN(arch, build), END };

static const lt_slot mask_sizes[] = {
    IN(mask, host_size), IN(mask, probe_size), IN(mask, graph_size), IN(mask, node_size),
    IN(mask, param_size), IN(mask, value_size), IN(mask, mask_env_size), IN(mask, mask_tensor_size),
    IN(mask, mask_group_size), END,
};
static const lt_slot mask_slots[] = { IN(mask, score), IN(mask, score_group), IN(mask, select), END };

static const lt_slot dataset_sizes[] = { IN(dataset, host_size), IN(dataset, dataset_info_size), END };
static const lt_slot dataset_slots[] = { IN(dataset, open), IN(dataset, info), IN(dataset, read), END };

static const lt_slot backend_sizes[] = {
    IN(backend, host_size),      IN(backend, graph_size),       IN(backend, node_size),
    IN(backend, param_size),     IN(backend, value_size),       IN(backend, optimizer_size),
    IN(backend, input_size),     IN(backend, compile_req_size), IN(backend, plan_size),
    IN(backend, data_desc_size), IN(backend, train_req_size),   IN(backend, train_out_size),
    IN(backend, eval_req_size),  IN(backend, eval_out_size),    END,
};
static const lt_slot backend_slots[] = {              /* all but tune */
    IN(backend, open), IN(backend, close), IN(backend, identity), IN(backend, plan), IN(backend, data_open),
    IN(backend, data_close), IN(backend, compile), IN(backend, release), IN(backend, bind), IN(backend, put),
    IN(backend, get), IN(backend, ready), IN(backend, train), IN(backend, eval), END,
};

#define COUNT(slots) (sizeof(slots) / sizeof(slots)[0] - 1)
#define KIND(k, first, how_many) \
    .ops_size = sizeof(ltc_##k##_ops), .ops_least = offsetof(ltc_##k##_ops, first), \
    .sizes = k##_sizes, .slots = k##_slots, .needed = (how_many)

static const lt_kind kinds[] = {
    [LTC_ARCH] = {
        .abi = LTC_ARCH_ABI, .folder = "arch", .noun = "architecture", .group = "arch",
        .filler = "LTC_ARCH_OPS",
        KIND(arch, build, COUNT(arch_slots)),
    },
    [LTC_MASK] = {
        .abi = LTC_MASK_ABI, .folder = "masks", .noun = "mask", .group = "prune.mask",
        .filler = "LTC_MASK_OPS",
        KIND(mask, create, 1),
    },
    [LTC_DATASET] = {
        .abi = LTC_DATASET_ABI, .folder = "datasets", .noun = "dataset", .group = "dataset",
        .filler = "LTC_DATASET_OPS",
        KIND(dataset, open, COUNT(dataset_slots)),
    },
    [LTC_BACKEND] = {
        .abi = LTC_BACKEND_ABI, .folder = "backends", .noun = "backend", .group = "backend",
        .filler = "LTC_BACKEND_OPS",
        KIND(backend, open, COUNT(backend_slots)),
    },
};
_Static_assert(sizeof kinds / sizeof kinds[0] == LT_KIND_LAST + 1, "a kind is missing");

const lt_kind *lt_kind_get(uint32_t kind)
{
    return kind < LT_KIND_FIRST || kind > LT_KIND_LAST ? NULL : &kinds[kind];
}

const char *lt_kind_folder(uint32_t kind)
{
    const lt_kind *k = lt_kind_get(kind);
    return k ? k->folder : "?";
}

const char *lt_kind_noun(uint32_t kind)
{
    const lt_kind *k = lt_kind_get(kind);
    return k ? k->noun : "?";
}
