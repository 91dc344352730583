/* A mask plug-in with nothing wrong with it but for what a -D replaces. Each use in CMakeLists.txt makes the
 * fixture of one sentence with which the loader refuses a file. */
#include <ltcore/arch.h>
#include <ltcore/backend.h>
#include <ltcore/dataset.h>
#include <ltcore/mask.h>

#ifndef SYMBOL
#define SYMBOL ltc_plugin_v0
#endif
#ifndef MAGIC
#define MAGIC "LTCPLUG"
#endif
#ifndef PLUGIN_SIZE
#define PLUGIN_SIZE sizeof(ltc_plugin)
#endif
#ifndef MODULES
#define MODULES &it
#endif
#ifndef MODULE_SIZE
#define MODULE_SIZE sizeof(ltc_module)
#endif
#ifndef KIND
#define KIND LTC_MASK
#endif
#ifndef KIND_ABI
#define KIND_ABI (KIND == LTC_BACKEND ? LTC_BACKEND_ABI : LTC_MASK_ABI)
#endif
#ifndef NAME
#define NAME "fixture"
#endif
#ifndef ALIAS
#define ALIAS "other-name, third-name"
#endif
#ifndef VERSION
#define VERSION "1.0"
#endif
#ifndef SUMMARY
#define SUMMARY "keeps the first weights"
#endif
#ifndef OPS
#define OPS &mask_ops
#endif
#ifndef MASK_TABLE
#define MASK_TABLE LTC_MASK_OPS, .score = score
#endif
#ifndef OPTION
#define OPTION LTC_INT(options, count, 3, 0, 10, "an option that is as it should be")
#endif
#ifndef CALL
#define CALL
#endif

typedef struct options { int64_t count; } options;
static const ltc_opt table[] = { OPTION };
static const ltc_schema schema = LTC_SCHEMA(options, table);

void absent(void);                            /* defined nowhere, or in a library that is not to be found */
void ltc_absent(void);

static ltc_status score(const void *self, const ltc_mask_env *env, const ltc_mask_tensor *t, float *s,
                        ltc_error *err)
{
    (void)self, (void)env, (void)err;
    CALL;
    for (size_t i = 0; i < t->n; i++)
        s[i] = -(float)i;
    return LTC_OK;
}

const ltc_mask_ops mask_ops = { MASK_TABLE };
const ltc_mask_ops score_ops = { LTC_MASK_OPS, .score = score };
const ltc_arch_ops arch_ops = { LTC_ARCH_OPS };
const ltc_dataset_ops dataset_ops = { LTC_DATASET_OPS };
const ltc_backend_ops backend_ops = { LTC_BACKEND_OPS };

const ltc_module it = {
    .size = MODULE_SIZE, .kind = KIND, .kind_abi = KIND_ABI, .ops = OPS, .name = NAME, .version = VERSION,
    .summary = SUMMARY, .alias = ALIAS, .schema = &schema,
};
const ltc_module twin = {
    LTC_MODULE(LTC_MASK, score_ops), .name = "third-name", .version = "1.0",
    .summary = "named as an alias of another",
};
__attribute__((visibility("default"))) extern const ltc_plugin SYMBOL;
const ltc_plugin SYMBOL = {
    .magic = MAGIC, .size = PLUGIN_SIZE, .module = (const ltc_module *const[]){ MODULES, NULL },
};
