/* A library that cannot do without memory gets it, or the process ends as it should. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "suite.h"
#include "util/memory.h"

enum { MIB = 1 << 20 };

#if !SANITIZED                                /* a sanitizer ends the process itself */
static int asks_for_more_than_there_is(void *arg)
{
    (void)arg;
    const struct rlimit little = { 64ul * MIB, 64ul * MIB };
    return setrlimit(RLIMIT_AS, &little) || lt_memory_or_end(256ul * MIB) ? 77 : 78;
}

static void the_process_ends_with_a_sentence_and_1(void)
{
    char said[300] = "";
    CU_ASSERT_EQUAL(lt_in_child(asks_for_more_than_there_is, NULL, said, sizeof said), 1);
    CU_ASSERT_PTR_NOT_NULL(strstr(said, "ltcore: error: no memory: 268435456 bytes could not be had; lower -j"));
}
#endif

static void no_bytes_are_memory_too(void)
{
    void *p = lt_memory_or_end(0);
    CU_ASSERT_PTR_NOT_NULL(p);
    free(p);
}

int main(void)
{
    static const lt_test claims[] = {
        { "no bytes are memory too", no_bytes_are_memory_too },
#if !SANITIZED
        { "the process ends with a sentence and 1", the_process_ends_with_a_sentence_and_1 },
#endif
    };
    return lt_suite_run("last_memory", claims, sizeof claims / sizeof claims[0]);
}
