/* Owns the fibres, which are made once and used by every block: one set for the process, since runtime.c
 * lets one kernel run at a time. The first thread of a block that ends without a barrier spares the others
 * a fibre. */
#include "fibre.h"

#include <stdio.h>
#include <stdlib.h>
#include <ucontext.h>

#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK = 1 << 17 };

/* A jump from stack to stack, which is all that is wanted: libc's also looks after signals, and the
 * sanitizer takes it for the end of a stack, which costs a system call. */
#if defined(__x86_64__)
typedef void *place[5];
#define MARK(place) __builtin_setjmp(place)
#define JUMP(place) __builtin_longjmp(place, 1)
#if __has_attribute(noipa) /* no caller is to know which registers these spare: the others do not */
#define UNWATCHED   __attribute__((noipa, no_sanitize("address")))
#else
#define UNWATCHED   __attribute__((noinline, no_sanitize("address")))
#endif
#else
#include <setjmp.h>
typedef jmp_buf place;
#define MARK(place) _setjmp(place)
#define JUMP(place) _longjmp(place, 1)
#define UNWATCHED
#endif

typedef enum state { IDLE, RUNNING, WAITING, ENDED } state;

typedef struct fibre {
    place       here;
    ucontext_t  start;
    char       *stack;
    state       state;
    void       *shadow;                       /* the sanitizer's */
} fibre;

static struct {
    fibre       thread[LCU_MOST_FIBRES];
    place       caller;
    ucontext_t  ground;
    const void *ground_stack;                 /* the caller's, as the sanitizer has it */
    size_t      ground_size;
    void       *ground_shadow;
    uint32_t    now;
    lcu_thread *run;
    void       *argument;
} all;

/* The sanitizer is told of each change of stacks, before and after. */
static void leave(void **shadow, const void *stack, size_t size)
{
#ifdef WATCHED
    __sanitizer_start_switch_fiber(shadow, stack, size);
#else
    (void)shadow, (void)stack, (void)size;
#endif
}

static void arrive(void *shadow, const void **from, size_t *size)
{
#ifdef WATCHED
    __sanitizer_finish_switch_fiber(shadow, from, size);
#else
    (void)shadow, (void)from, (void)size;
#endif
}

UNWATCHED static void jump_to_caller(void)
{
    JUMP(all.caller);
}

UNWATCHED static void jump_to(fibre *f)
{
    JUMP(f->here);
}

UNWATCHED static void to_caller(fibre *f, state why)
{
    f->state = why;
    if (MARK(f->here) == 0) {
        leave(&f->shadow, all.ground_stack, all.ground_size);
        jump_to_caller();
    }
    f = &all.thread[all.now];
    arrive(f->shadow, &all.ground_stack, &all.ground_size);
}

static void live(void)
{
    arrive(NULL, &all.ground_stack, &all.ground_size);
    for (;;) {
        const uint32_t number = all.now;
        all.run(number, all.argument);
        to_caller(&all.thread[number], ENDED);
    }
}

static int prepare(fibre *f)
{
    if (f->stack)
        return 1;
    f->stack = malloc(STACK);
    if (!f->stack || getcontext(&f->start))
        return 0;
    f->start.uc_stack.ss_sp = f->stack;
    f->start.uc_stack.ss_size =
        STACK - (size_t)(f - all.thread) % 64 * 1088; /* not all in the same cache lines */
    f->start.uc_link = NULL;
    makecontext(&f->start, live, 0);
    return 1;
}

/* Runs thread `number` until it waits or ends. */
UNWATCHED static int resume(uint32_t number)
{
    fibre *f = &all.thread[number];
    const int fresh = !f->stack;
    if (!prepare(f))
        return 0;
    all.now = number;
    f->state = RUNNING;
    if (MARK(all.caller) == 0) {
        leave(&all.ground_shadow, f->stack, f->start.uc_stack.ss_size);
        if (fresh)
            setcontext(&f->start);
        else
            jump_to(f);
    }
    arrive(all.ground_shadow, NULL, NULL);
    return 1;
}

uint32_t lcu_order_at(lcu_order order, uint32_t turn, uint32_t n)
{
    if (order == LCU_UPWARDS)
        return turn;
    if (order == LCU_DOWNWARDS)
        return n - 1 - turn;
    const uint32_t half = (n + 1) / 2;        /* ..., 4, 2, 0, 1, 3, 5, ... */
    return turn < half ? 2 * (half - 1 - turn) : 2 * (turn - half) + 1;
}

static void stop(uint32_t number, const char *what)
{
    fprintf(stderr, "emulated kernel: thread %u %s a barrier at which another thread of its block waits\n",
            number, what);
    abort();
}

int lcu_fibres_run(lcu_thread *run, void *argument, uint32_t n, lcu_order order)
{
    const uint32_t first = lcu_order_at(order, 0, n);
    all.run = run, all.argument = argument;
    if (!resume(first))
        return 0;
    if (all.thread[first].state == ENDED) {
        for (uint32_t t = 1; t < n; t++)
            run(all.now = lcu_order_at(order, t, n), argument);
        return 1;
    }
    uint32_t begin = 1;                       /* the first has come to the first barrier */
    for (state reached = WAITING; reached == WAITING; begin = 0)
        for (uint32_t t = begin; t < n; t++) {
            const uint32_t number = lcu_order_at(order, t, n);
            if (!resume(number))
                return 0;
            if (t == 0)
                reached = all.thread[number].state;
            else if (all.thread[number].state != reached)
                stop(number, reached == WAITING ? "never came to" : "comes to");
        }
    return 1;
}

void lcu_fibres_wait(void (*resumed)(uint32_t number))
{
    const uint32_t number = all.now;
    fibre *f = &all.thread[number];
    if (f->state != RUNNING)
        stop(number, "comes to");             /* it has no fibre: the first thread ended without a barrier */
    to_caller(f, WAITING);
    resumed(number);
}
