/* A kernel's work, split in parts that XLA's own thread pool runs. */
#ifndef ARCC_PARALLEL_H
#define ARCC_PARALLEL_H

#include "xla-ffi.h"

enum { MAX_PHASES = 3 };

typedef struct {
  int phases;
  /* Number of parts of each phase. A phase starts when the one before it has ended. */
  int parts[MAX_PHASES];
  void (*run)(void *work, int phase, int part);
} Plan;

/* The threads of XLA's pool, at least 1. */
int pool_threads(const XlaCall *call);

/*
 * Runs all parts of a plan; returns when they have ended. The caller's thread works on parts itself until none is left, so it never
 * waits for a pool that is busy with something else.
 */
void run_plan(const XlaCall *call, const Plan *plan, void *work);

/* Part i of `count` nearly equal parts of [0, total), in multiples of `step`. */
void part_of(int64_t total, int64_t step, int count, int i, int64_t *from, int64_t *to);

#endif
