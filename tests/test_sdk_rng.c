/* ltcore/rng.h against published numbers: if these hold, masks and runs of other machines can be repeated. */
#include "suite.h"

#include <math.h>
#include <string.h>

#include <ltcore/rng.h>

/* Salmon et al. 2011, Random123's kat_vectors: philox4x32, 10 rounds. */
static void philox_gives_the_published_vectors(void)
{
    static const struct { uint32_t ctr[4], key[2], out[4]; } known[] = {
        { { 0 }, { 0 }, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
        { { ~0u, ~0u, ~0u, ~0u }, { ~0u, ~0u }, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
        { { 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344 }, { 0xa4093822, 0x299f31d0 },
          { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const uint32_t *c = known[i].ctr, *k = known[i].key;
        const ltc_key key = { (uint64_t)k[1] << 32 | k[0], (uint64_t)c[3] << 32 | c[2] };
        const ltc_rand r = ltc_rand_block(key, (uint64_t)c[1] << 32 | c[0]);
        CU_ASSERT_EQUAL(memcmp(r.w, known[i].out, sizeof r.w), 0);
    }
}

static void normal_has_its_bits(void)
{
    CU_ASSERT_EQUAL(ltc_rand_normal((ltc_key){ 1, 2 }, 0), -0x1.b727ccp-2f);
}

static void draws_lie_where_they_should(void)
{
    const ltc_key key = { 42, 0 };
    double sum = 0, squares = 0, units = 0;
    const int n = 100000;
    for (int i = 0; i < n; i++) {
        const float z = ltc_rand_normal(key, (uint64_t)i), u = ltc_rand_unit(key, (uint64_t)i);
        CU_ASSERT(u >= 0 && u < 1);
        CU_ASSERT(ltc_rand_below(key, (uint64_t)i, 7) < 7);
        sum += (double)z, squares += (double)z * (double)z, units += (double)u;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / n, 0, 5 / sqrt(n));
    CU_ASSERT_DOUBLE_EQUAL(squares / n, 1, 5 * sqrt(2. / n));
    CU_ASSERT_DOUBLE_EQUAL(units / n, 0.5, 5 / sqrt(12. * n));
}

static void folded_streams_differ(void)
{
    const ltc_key key = { 1, 0 }, a = ltc_key_fold(key, 0), b = ltc_key_fold(key, 1),
                  again = ltc_key_fold(key, 0);
    CU_ASSERT(a.seed != b.seed && a.stream != b.stream);
    CU_ASSERT(a.seed == again.seed && a.stream == again.stream);
    CU_ASSERT_NOT_EQUAL(ltc_rand_u32(a, 0), ltc_rand_u32(key, 0));
}

int main(void)
{
    static const lt_test claims[] = {
        { "Philox4x32-10 gives the published vectors", philox_gives_the_published_vectors },
        { "a normal draw has the same bits everywhere", normal_has_its_bits },
        { "draws lie in their ranges and have their moments", draws_lie_where_they_should },
        { "folded streams differ, and repeat", folded_streams_differ },
    };
    return lt_suite_run("rng", claims, sizeof claims / sizeof *claims);
}
