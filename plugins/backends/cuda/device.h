/* The little of CUDA's runtime that this backend needs: memory, copies, launches, graphs, on one stream.
 * tests/gpu/emulate has a runtime on which all of it, and every kernel, runs without a GPU. Called by all
 * files here.
 *
 * What is asked for is done in order; only copies are waited for. The first failure sticks, what follows it
 * does nothing, and lcu_finish tells. All [serial] per device. */
#ifndef LCU_DEVICE_H
#define LCU_DEVICE_H

#include <ltcore/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lcu_device lcu_device;
typedef struct lcu_graph  lcu_graph;
typedef void (*lcu_entry)(void);              /* a kernel: LCU_ENTRY of language.h */

/* shared: bytes of memory that each block has beyond what its kernel declares. */
typedef struct lcu_grid { uint32_t x, y, z, threads, shared; } lcu_grid;

/* Replicas: number r is bit r % 64 of word r / 64. */
enum { LCU_MOST_REPLICAS = 512 };
typedef struct lcu_set { uint64_t word[LCU_MOST_REPLICAS / 64]; } lcu_set;

static inline void lcu_include(lcu_set *s, uint32_t replica, bool in)
{
    const uint64_t bit = (uint64_t)1 << replica % 64;
    s->word[replica / 64] = in ? s->word[replica / 64] | bit : s->word[replica / 64] & ~bit;
}

LTC_INLINE bool lcu_has(const lcu_set *s, uint32_t replica)
{
    return s->word[replica / 64] >> replica % 64 & 1;
}

/* `bytes` of each of `count` rows, which lie so many bytes apart; one row needs no strides. */
typedef struct lcu_rows {
    void       *dst;
    const void *src;
    size_t      dst_stride, src_stride, bytes, count;
} lcu_rows;

/* The device of that number. Without one the sentence begins with "no CUDA device". */
ltc_status lcu_device_open(int64_t number, lcu_device **device, ltc_error *err);
void       lcu_device_close(lcu_device *d);

/* Makes it this thread's, as the runtime wants and all below do. False: something has failed before. */
bool       lcu_enter(lcu_device *d);

/* What its bits depend on, in a few words; bytes of its memory; the most that a grid's `shared` may be. */
const char *lcu_device_text(const lcu_device *d);
uint64_t    lcu_device_bytes(const lcu_device *d);
uint32_t    lcu_device_shared(const lcu_device *d);

/* Zeroed memory of the device; NULL when there is none, or when something has failed. */
void *lcu_alloc(lcu_device *d, size_t bytes);
void  lcu_free(lcu_device *d, void *p);

/* To the device and back, and waited for: src may be changed on return; dst holds the bytes. Of several that
 * go together all are sent, and then waited for once. */
void lcu_write(lcu_device *d, void *dst, const void *src, size_t bytes);
void lcu_write_all(lcu_device *d, const lcu_rows *each, size_t n);
void lcu_read(lcu_device *d, void *dst, const void *src, size_t bytes);

/* Every byte of it; not waited for. */
void lcu_set_bytes(lcu_device *d, void *dst, uint8_t value, size_t bytes);

/* The launches from now on are for these replicas of the grid's z alone; at first for none. */
void lcu_only(lcu_device *d, const lcu_set *replicas);

/* One kernel, whose argument is copied. Between begin and end launches are recorded and not done; NULL:
 * failed. */
void       lcu_launch(lcu_device *d, lcu_entry kernel, lcu_grid grid, const void *argument, size_t bytes);
void       lcu_capture_begin(lcu_device *d);
lcu_graph *lcu_capture_end(lcu_device *d);
void       lcu_replay(lcu_device *d, lcu_graph *g);
void       lcu_graph_free(lcu_device *d, lcu_graph *g);

/* For dnn.c: the stream, the replicas that launches are for, and that a call on the stream has failed, in
 * words that last. */
void          *lcu_stream(lcu_device *d);
const lcu_set *lcu_whom(const lcu_device *d);
void           lcu_fail(lcu_device *d, const char *during, const char *why);

/* Waits, and forgets the failure that it reports: LTC_ENOMEM where memory was lacking, else LTC_EDEVICE. */
ltc_status lcu_finish(lcu_device *d, ltc_error *err);

#ifdef __cplusplus
}
#endif
#endif
