/* Claims about keys, permutations and the order of samples: golden numbers, which golden/data.py recomputes
 * and every stored result depends on, and what must hold for any. */
#include "suite.h"

#include <stdlib.h>
#include <string.h>

#include "data/key.h"
#include "data/order.h"
#include "util/digest.h"

static void keys_are_golden(void)
{
    static const struct {
        uint64_t seed;
        uint32_t purpose;
        uint64_t trial, instance, k_seed, k_stream;
    } golden[] = {
        { 0, LT_KEY_INIT, 0, 0, 0x1d50dee44afe2a5e, 0x1d39ac62f0c30abe },
        { 1, LT_KEY_ORDER, 2, 3, 0xc0ab53851e7037c9, 0x95d0d37acb531eb8 },
        { UINT64_MAX, LT_KEY_SPLIT, 0, 0, 0xe8a4814e207857cf, 0xb2e193a56c6d89ef },
    };
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        const ltc_key k = lt_key_make(golden[i].seed, golden[i].purpose, golden[i].trial, golden[i].instance);
        CU_ASSERT_EQUAL(k.seed, golden[i].k_seed);
        CU_ASSERT_EQUAL(k.stream, golden[i].k_stream);
    }
}

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(ltc_key));
}

static void keys_differ(void)
{
    enum { N = 4 };
    ltc_key key[N * 7 * N * N];
    size_t n = 0;
    for (uint64_t seed = 0; seed < N; seed++)
        for (uint32_t purpose = LT_KEY_INIT; purpose <= LT_KEY_SPLIT; purpose++)
            for (uint64_t trial = 0; trial < N; trial++)
                for (uint64_t instance = 0; instance < N; instance++)
                    key[n++] = lt_key_make(seed, purpose, trial, instance);
    qsort(key, n, sizeof key[0], compare_keys);
    for (size_t i = 1; i < n; i++)
        CU_ASSERT(compare_keys(&key[i - 1], &key[i]) != 0);
}

static void permutations_are_golden(void)
{
    static const uint32_t golden[10] = { 9, 3, 7, 4, 2, 8, 0, 5, 6, 1 };
    enum { N = 60000 };
    uint32_t small[10], *large = malloc(N * sizeof *large);
    lt_digest d;
    char hex[65];
    lt_permutation((ltc_key){ 1, 2 }, 10, small);
    CU_ASSERT(!memcmp(small, golden, sizeof small));
    lt_permutation(lt_key_make(0, LT_KEY_SPLIT, 0, 0), N, large);
    CU_ASSERT(lt_digest_of(large, N * sizeof *large, &d));
    lt_digest_text(&d, hex);
    CU_ASSERT_STRING_EQUAL(hex, "ddf3f2d776dad608e81f68676289dd60fcb1c1c4e3447b2d838ee2b0d7e2b65b");
    free(large);
}

/* Does p hold each of 0..n-1 once? */
static bool is_permutation(const uint32_t *p, uint32_t n)
{
    bool *seen = calloc(n ? n : 1, sizeof *seen), ok = true;
    for (uint32_t i = 0; i < n && ok; i++)
        ok = p[i] < n && !seen[p[i]] && (seen[p[i]] = true);
    free(seen);
    return ok;
}

static void permutations_are_valid(void)
{
    static const uint32_t sizes[] = { 0, 1, 2, 3, 7, 256, 1000, 50000 };
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        uint32_t *p = malloc((sizes[s] + 1) * sizeof *p);
        p[sizes[s]] = 0xdeadbeef;
        for (uint64_t seed = 0; seed < 5; seed++) {
            lt_permutation((ltc_key){ seed, 0 }, sizes[s], p);
            CU_ASSERT(is_permutation(p, sizes[s]));
        }
        CU_ASSERT_EQUAL(p[sizes[s]], 0xdeadbeef);
        free(p);
    }
}

/* sum (count - expected)^2 / expected over places x values; of k = 9 x 9 degrees of freedom, mean 81,
 * deviation 13. */
static void permutations_are_even(void)
{
    enum { N = 10, DRAWS = 20000 };
    double count[N][N] = { { 0 } }, chi2 = 0;
    for (uint64_t i = 0; i < DRAWS; i++) {
        uint32_t p[N];
        lt_permutation(ltc_key_fold((ltc_key){ 9, 9 }, i), N, p);
        for (int place = 0; place < N; place++)
            count[place][p[place]]++;
    }
    for (int i = 0; i < N * N; i++) {
        const double off = count[i / N][i % N] - (double)DRAWS / N;
        chi2 += off * off / ((double)DRAWS / N);
    }
    CU_ASSERT(chi2 > 30 && chi2 < 145);       /* four to five deviations; the key is fixed */
}

static lt_order open_order(uint64_t n, uint64_t batch)
{
    lt_order o = { 0 };
    ltc_error err = { 0 };
    CU_ASSERT_EQUAL_FATAL(lt_order_open(lt_key_make(7, LT_KEY_ORDER, 0, 0), n, batch, &o, &err), LTC_OK);
    return o;
}

static void rows_are_golden(void)
{
    static const uint32_t golden[12] = { 4, 1, 0, 4, 7, 2, 1, 3, 6, 8, 9, 0 };
    uint32_t row[12];
    lt_order o = open_order(10, 3);
    lt_order_rows(&o, 2, 4, row);             /* the last step of epoch 0 and all of epoch 1 */
    CU_ASSERT(!memcmp(row, golden, sizeof row));
    lt_order_close(&o);
}

static void rows_do_not_depend_on_the_calls(void)
{
    enum { N = 103, BATCH = 10, STEPS = 95 };
    uint32_t whole[STEPS][BATCH], part[STEPS][BATCH];
    lt_order o = open_order(N, BATCH), other = open_order(N, BATCH);
    const ltc_key key = { 3, 3 };
    lt_order_rows(&o, 0, STEPS, whole[0]);
    for (uint64_t i = 0; i < 300; i++) {
        const uint32_t first = ltc_rand_below(key, 2 * i, STEPS);
        const uint32_t n = ltc_rand_below(key, 2 * i + 1, STEPS - first + 1);
        lt_order_rows(&other, first, n, part[0]);
        CU_ASSERT(!memcmp(part[0], whole[first], (size_t)n * sizeof part[0]));
    }
    lt_order_close(&o);
    lt_order_close(&other);
}

static void an_epoch_sees_no_sample_twice(void)
{
    enum { N = 103, BATCH = 10, STEPS = 10 };
    uint32_t row[STEPS][BATCH], before[STEPS][BATCH] = { { 0 } };
    lt_order o = open_order(N, BATCH);
    CU_ASSERT_EQUAL(lt_order_steps_per_epoch(N, BATCH), STEPS);
    for (uint64_t epoch = 0; epoch < 5; epoch++) {
        bool seen[N] = { false };
        lt_order_rows(&o, epoch * STEPS, STEPS, row[0]);
        for (int i = 0; i < STEPS * BATCH; i++) {
            const uint32_t r = row[i / BATCH][i % BATCH];
            CU_ASSERT_FATAL(r < N && !seen[r]);
            seen[r] = true;
        }
        CU_ASSERT(memcmp(row, before, sizeof row) != 0);
        memcpy(before, row, sizeof row);
    }
    lt_order_close(&o);
}

static void late_steps_are_served(void)
{
    uint32_t row[4];
    lt_order o = open_order(4, 4);
    lt_order_rows(&o, UINT64_MAX / 2, 1, row);
    CU_ASSERT(is_permutation(row, 4));
    lt_order_close(&o);
    lt_order_close(&o);
}

static void impossible_orders_are_refused(void)
{
    static const struct { uint64_t n, batch; const char *says; } bad[] = {
        { 10, 0, "a batch of 0" },
        { 0, 1, "more than the 0 there are" },
        { 59, 60, "choose a batch of 59 or less" },
        { (uint64_t)UINT32_MAX + 1, 60, "numbered in 32 bits" },
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lt_order o = { 0 };
        ltc_error err = { 0 };
        CU_ASSERT_EQUAL(lt_order_open((ltc_key){ 0 }, bad[i].n, bad[i].batch, &o, &err), LTC_EINVAL);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, bad[i].says));
        CU_ASSERT_PTR_NULL(o.permutation);
    }
}

int main(void)
{
    static const lt_test claims[] = {
        { "keys are golden", keys_are_golden },
        { "trap 30: keys of different purposes, trials and instances differ", keys_differ },
        { "permutations are golden", permutations_are_golden },
        { "permutations hold each number once", permutations_are_valid },
        { "each number is as likely at each place", permutations_are_even },
        { "rows are golden", rows_are_golden },
        { "rows do not depend on how they are asked for", rows_do_not_depend_on_the_calls },
        { "an epoch sees no sample twice, and the next differs", an_epoch_sees_no_sample_twice },
        { "late steps are served, and closing twice is safe", late_steps_are_served },
        { "impossible orders are refused", impossible_orders_are_refused },
    };
    return lt_suite_run("order", claims, sizeof claims / sizeof claims[0]);
}
