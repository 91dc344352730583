/* The threads of a block as fibres: each has a stack of its own, and runs until it waits at a barrier or
 * ends. Called by kernel.c. */
#ifndef LCU_FIBRE_H
#define LCU_FIBRE_H

#include <stdint.h>

enum { LCU_MOST_FIBRES = 512 };

/* In which order threads and blocks take their turns. What is right gives the same bits in each. */
typedef enum lcu_order { LCU_UPWARDS, LCU_DOWNWARDS, LCU_MIXED } lcu_order;

/* Thread number `turn` of n in this order. */
uint32_t lcu_order_at(lcu_order order, uint32_t turn, uint32_t n);

/* run(number, argument) as threads 0 to n - 1, all of which come to the same barriers: if they do not, the
 * process ends with a sentence. False: no memory for stacks. */
typedef void lcu_thread(uint32_t number, void *argument);
int lcu_fibres_run(lcu_thread *run, void *argument, uint32_t n, lcu_order order);

/* Of the thread that runs: waits for the others. resume() is called when it goes on. */
void lcu_fibres_wait(void (*resume)(uint32_t number));

#endif
