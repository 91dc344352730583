/* What the host does for a plug-in: logs in sentences, passes on a stop, runs chunks in order. */
#include "suite.h"

#include <fenv.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "plugin/fpmode.h"
#include "plugin/host.h"

typedef struct heard {
    int  level, times;
    char module[64], sentence[2048];
    bool stop;
} heard;

static void hear(void *arg, int level, const char *module, const char *sentence)
{
    heard *h = arg;
    h->level = level;
    h->times++;
    snprintf(h->module, sizeof h->module, "%s", module);
    snprintf(h->sentence, sizeof h->sentence, "%s", sentence);
}

static bool ask(void *arg)
{
    return ((const heard *)arg)->stop;
}

static ltc_host *make_host_of(heard *h, lt_team *team)
{
    const lt_services services = {
        .log = hear, .cancelled = ask, .arg = h, .cache = "/a/place", .team = team
    };
    ltc_error err;
    ltc_host *host = NULL;
    memset(h, 0, sizeof *h);
    CU_ASSERT_EQUAL_FATAL(lt_host_create(&services, "growth", 7, sizeof *host, NULL, &host, &err), LTC_OK);
    return host;
}

static ltc_host *make_host(heard *h)
{
    return make_host_of(h, NULL);
}

static void a_message_is_one_sentence(void)
{
    heard h;
    ltc_host *host = make_host(&h);
    CU_ASSERT_EQUAL(host->kind_abi, 7);
    host->log(host, LTC_LOG_WARNING, "%d weights\nof %s \n\n", 3, "fc1");
    CU_ASSERT_EQUAL(h.level, LTC_LOG_WARNING);
    CU_ASSERT_STRING_EQUAL(h.module, "growth");
    CU_ASSERT_STRING_EQUAL(h.sentence, "3 weights of fc1");
    host->log(host, LTC_LOG_INFO, "%03000d", 1);
    CU_ASSERT_EQUAL(strlen(h.sentence), 1023);
    lt_host_destroy(host);
}

static void a_stop_is_passed_on(void)
{
    heard h;
    ltc_host *host = make_host(&h);
    CU_ASSERT_FALSE(host->cancelled(host));
    h.stop = true;
    CU_ASSERT_TRUE(host->cancelled(host));
    lt_host_destroy(host);
}

static void the_cache_directory_is_handed_on(void)
{
    heard h;
    ltc_host *host = make_host(&h);
    CU_ASSERT_TRUE(LTC_HAS(host, cache));
    CU_ASSERT_STRING_EQUAL(host->cache, "/a/place");
    lt_host_destroy(host);
}

static void without_services_it_is_silent(void)
{
    const lt_services none = { .log = NULL };
    ltc_host *host = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_host_create(&none, "growth", 1, 8, NULL, &host, &err), LTC_OK);
    host->log(host, LTC_LOG_ERROR, "nobody hears this");
    CU_ASSERT_FALSE(host->cancelled(host));
    CU_ASSERT_FALSE(LTC_HAS(host, cache));
    lt_host_destroy(host);
    lt_host_destroy(NULL);
}

typedef struct chunks {
    size_t begin[8], end[8], n, fail_at;
    ltc_status with;
} chunks;

static ltc_status note_chunk(void *arg, size_t begin, size_t end)
{
    chunks *c = arg;
    c->begin[c->n] = begin, c->end[c->n] = end;
    return c->n++ == c->fail_at ? c->with : LTC_OK;
}

static void chunks_are_fixed_and_in_order(void)
{
    heard h;
    ltc_host *host = make_host(&h);
    chunks c = { .fail_at = 99 };
    CU_ASSERT_EQUAL(host->parallel(host, 10, 4, note_chunk, &c), LTC_OK);
    CU_ASSERT_EQUAL_FATAL(c.n, 3);
    for (size_t i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(c.begin[i], 4 * i);
        CU_ASSERT_EQUAL(c.end[i], i < 2 ? 4 * i + 4 : 10);
    }
    CU_ASSERT_EQUAL(host->parallel(host, 0, 4, note_chunk, &c), LTC_OK);
    CU_ASSERT_EQUAL(c.n, 3);
    CU_ASSERT_EQUAL(host->parallel(host, 10, 0, note_chunk, &c), LTC_OK);
    CU_ASSERT_EQUAL(c.n, 4);
    CU_ASSERT_EQUAL(host->parallel(host, SIZE_MAX, SIZE_MAX - 1, note_chunk, &c), LTC_OK);
    CU_ASSERT_EQUAL(c.n, 6);
    lt_host_destroy(host);
}

static void the_first_failure_wins(void)
{
    heard h;
    ltc_host *host = make_host(&h);
    chunks c = { .fail_at = 1, .with = LTC_ENUMERIC };
    CU_ASSERT_EQUAL(host->parallel(host, 10, 2, note_chunk, &c), LTC_ENUMERIC);
    CU_ASSERT_EQUAL(c.n, 2);
    chunks odd = { .fail_at = 0, .with = 17 };
    CU_ASSERT_EQUAL(host->parallel(host, 10, 2, note_chunk, &odd), LTC_EINTERNAL);
    lt_host_destroy(host);
}

/* Each chunk must find the mode that the caller had. */
static ltc_status change_mode(void *arg, size_t begin, size_t end)
{
    (void)begin, (void)end;
    *(int *)arg += fegetround() == FE_TONEAREST;
    fesetround(FE_UPWARD);
    return LTC_OK;
}

static void a_chunk_cannot_change_the_mode_of_others(void)
{
    heard h;
    int as_it_was = 0;
    ltc_host *host = make_host(&h);
    const lt_fpmode before = lt_fpmode_get();
    CU_ASSERT_EQUAL(host->parallel(host, 3, 1, change_mode, &as_it_was), LTC_OK);
    CU_ASSERT_TRUE(lt_fpmode_same(before, lt_fpmode_get()));
    CU_ASSERT_EQUAL(as_it_was, 3);
    fesetround(FE_TONEAREST);
    lt_host_destroy(host);
}

typedef struct modes {
    pthread_barrier_t both;
    atomic_uint upward, nearest;
} modes;

/* Two chunks at once, on two threads. */
static ltc_status look_at_mode(modes *m)
{
    const int mode = fegetround();
    pthread_barrier_wait(&m->both);
    atomic_fetch_add(&m->upward, mode == FE_UPWARD);
    atomic_fetch_add(&m->nearest, mode == FE_TONEAREST);
    return LTC_OK;
}

static ltc_status change_mode_of_both(void *arg, size_t begin, size_t end)
{
    (void)begin, (void)end;
    look_at_mode(arg);
    fesetround(FE_DOWNWARD);
    return LTC_OK;
}

static ltc_status look_alone(void *arg, size_t chunk)
{
    (void)chunk;
    return look_at_mode(arg);
}

static void helpers_take_the_mode_and_keep_their_own(void)
{
    heard h;
    modes m = { .upward = 0 };
    lt_team *team = NULL;
    ltc_error err;
    CU_ASSERT_EQUAL_FATAL(lt_team_create(2, &team, &err), LTC_OK);
    ltc_host *host = make_host_of(&h, team);
    pthread_barrier_init(&m.both, NULL, 2);
    CU_ASSERT_EQUAL(lt_team_run(team, 2, look_alone, &m), LTC_OK);       /* the helper begins as this thread
                                                                          * is */
    fesetround(FE_UPWARD);
    CU_ASSERT_EQUAL(host->parallel(host, 2, 1, change_mode_of_both, &m), LTC_OK);
    CU_ASSERT_EQUAL(m.upward, 2);
    fesetround(FE_TONEAREST);
    CU_ASSERT_EQUAL(lt_team_run(team, 2, look_alone, &m), LTC_OK);
    CU_ASSERT_EQUAL(m.nearest, 4);
    pthread_barrier_destroy(&m.both);
    lt_host_destroy(host);
    lt_team_destroy(team);
}

static const lt_test claims[] = {
    { "a message is one sentence", a_message_is_one_sentence },
    { "a stop is passed on", a_stop_is_passed_on },
    { "the cache directory is handed on", the_cache_directory_is_handed_on },
    { "without services it is silent", without_services_it_is_silent },
    { "chunks are fixed and in order", chunks_are_fixed_and_in_order },
    { "the first failure wins", the_first_failure_wins },
    { "a chunk cannot change the mode of others", a_chunk_cannot_change_the_mode_of_others },
    { "helpers take the caller's mode, and keep their own", helpers_take_the_mode_and_keep_their_own },
};

int main(void)
{
    return lt_suite_run("host", claims, sizeof claims / sizeof claims[0]);
}
