/* How many trainings fit into a memory. */
#include "run/memory.h"

#include <string.h>

#include "suite.h"

enum { MIB = 1 << 20 };
static const lt_memory it = { .data = 100ull * MIB, .training = 30ull * MIB, .replicas = 1 };

static void as_many_as_fit_beside_the_data(void)
{
    static const struct { uint64_t available; uint32_t wanted, fit; } table[] = {
        { 1000ull * MIB, 8, 8 }, { 340ull * MIB, 8, 8 }, { 339ull * MIB, 8, 7 }, { 130ull * MIB, 8, 1 },
        { 130ull * MIB - 1, 8, 0 }, { 100ull * MIB, 8, 0 }, { 1, 8, 0 }, { 0, 8, 8 },
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        CU_ASSERT_EQUAL(lt_memory_trainings(&it, table[i].available, table[i].wanted), table[i].fit);
}

/* What is said, with so much memory, to a run that wants 4 at once. */
static ltc_status settle(uint64_t available, lt_layout *l, char *said, size_t n, ltc_error *err)
{
    memset(said, 0, n);
    FILE *to = fmemopen(said, n, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    const ltc_status st = lt_memory_settle(&it, available, 4, l, to, err);
    fclose(to);
    return st;
}

static void fewer_at_once_is_said_and_none_is_refused(void)
{
    char said[300];
    lt_layout l;
    ltc_error err = { .message = "" };
    CU_ASSERT_EQUAL(settle(1000ull * MIB, &l, said, sizeof said, &err), LTC_OK);
    CU_ASSERT(l.crews == 4 && l.seats == 1 && !said[0]);
    CU_ASSERT_EQUAL(settle(170ull * MIB, &l, said, sizeof said, &err), LTC_OK);
    CU_ASSERT(l.crews == 2 && l.seats == 1);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "2 trainings at once and not 4, for want of memory: the data take 100.0 MiB, each "
                     "training 30.0 MiB, and 170.0 MiB are available"));
    CU_ASSERT_EQUAL(settle(120ull * MIB, &l, said, sizeof said, &err), LTC_ENOMEM);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(err.message, "the data take 100.0 MiB and a training 30.0 MiB, and 120.0 MiB are"));
}

/* 5 MiB once, 30 for each; the program lies on the host or, if it is the device's, counts nowhere here. */
static void a_cohort_is_as_large_as_its_program_may_be_and_as_memory_holds(void)
{
    const lt_memory on_host = {
        .data = 100ull * MIB, .program = 5ull * MIB, .training = 30ull * MIB, .replicas = 6
    };
    static const struct { uint64_t available; uint32_t wanted, crews, seats; } table[] = {
        { 0, 4, 1, 4 }, { 0, 40, 1, 6 }, { 1000ull * MIB, 40, 1, 6 }, { 195ull * MIB, 40, 1, 3 },
        { 194ull * MIB, 40, 1, 2 }, { 135ull * MIB, 40, 1, 1 },
    };
    char said[300] = "";
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        ltc_error err;
        lt_layout l = { 0, 0 };
        FILE *to = fmemopen(said, sizeof said, "w");
        CU_ASSERT_PTR_NOT_NULL_FATAL(to);
        CU_ASSERT_EQUAL(lt_memory_settle(&on_host, table[i].available, table[i].wanted, &l, to, &err),
                        LTC_OK);
        fclose(to);
        CU_ASSERT(l.crews == table[i].crews && l.seats == table[i].seats);
    }
    CU_ASSERT_PTR_NOT_NULL(
        strstr(said, "1 training at once and not 6, for want of memory: the data take 105.0 MiB"));
}

static void a_dry_run_says_how_many_ride_and_whose_memory_they_take(void)
{
    const lt_memory own = { .data = 100ull * MIB, .training = 30ull * MIB, .fixed = 2ull * MIB,
                            .replica = 7ull * MIB, .replicas = 50, .own = true };
    const lt_layout l = { 1, 12 };
    char said[400] = "";
    FILE *to = fmemopen(said, sizeof said, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(to);
    lt_memory_print(&own, &l, 0, to);
    fclose(to);
    CU_ASSERT_STRING_EQUAL(
        said, "memory: 100.0 MiB for the data and 30.0 MiB for each of 12 trainings, 460.0 MiB in all\n"
              "cohorts: at most 12 trainings in one program, which takes 2.0 MiB and 7.0 MiB for each of the "
              "device's memory; it may have 50\n");
}

int main(void)
{
    static const lt_test claims[] = {
        { "as many as fit beside the data", as_many_as_fit_beside_the_data },
        { "fewer at once is said, and none is refused", fewer_at_once_is_said_and_none_is_refused },
        { "a cohort is as large as its program may be, and as memory holds",
          a_cohort_is_as_large_as_its_program_may_be_and_as_memory_holds },
        { "a dry run says how many ride, and whose memory they take",
          a_dry_run_says_how_many_ride_and_whose_memory_they_take },
    };
    return lt_suite_run("memory", claims, sizeof claims / sizeof claims[0]);
}
