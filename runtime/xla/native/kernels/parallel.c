#include "parallel.h"

#include <immintrin.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Outlives the call: a task that the pool starts late finds no part left, and drops its reference. */
typedef struct {
  atomic_int references;
  atomic_int next[MAX_PHASES];
  atomic_int done[MAX_PHASES];
  Plan plan;
  void *work;
} Job;

enum { mostSpins = 1 << 14 };

int pool_threads(const XlaCall *call) {
  int64_t count = 1;
  XlaThreadsArgs args = {sizeof args, NULL, call->context, &count};
  if (call->api->thread_count(&args) != NULL || count < 1) return 1;
  return count > 256 ? 256 : (int)count;
}

static void release(Job *job) {
  if (atomic_fetch_sub(&job->references, 1) == 1) free(job);
}

/* The caller waits for the last phase; a task of the pool only for phases before the last one. */
static void work_on(Job *job, int is_caller) {
  const Plan *plan = &job->plan;
  for (int phase = 0; phase < plan->phases; phase++) {
    int parts = plan->parts[phase];
    for (int i; (i = atomic_fetch_add(&job->next[phase], 1)) < parts;) {
      plan->run(job->work, phase, i);
      atomic_fetch_add(&job->done[phase], 1);
    }
    if (!is_caller && phase + 1 == plan->phases) return;
    /* Parts take milliseconds; where more threads than cores run, the one that works on it may need this core. */
    for (int spins = 0; atomic_load(&job->done[phase]) < parts; spins++) {
      if (spins < mostSpins) _mm_pause();
      else sched_yield();
    }
  }
}

static void task(void *data) {
  Job *job = data;
  work_on(job, 0);
  release(job);
}

void run_plan(const XlaCall *call, const Plan *plan, void *work) {
  int most = 1;
  for (int phase = 0; phase < plan->phases; phase++)
    if (plan->parts[phase] > most) most = plan->parts[phase];
  int threads = pool_threads(call);
  int helpers = (most < threads ? most : threads) - 1;
  Job *job = helpers > 0 ? calloc(1, sizeof *job) : NULL;
  if (job == NULL) {
    for (int phase = 0; phase < plan->phases; phase++)
      for (int i = 0; i < plan->parts[phase]; i++) plan->run(work, phase, i);
    return;
  }
  job->plan = *plan;
  job->work = work;
  atomic_store(&job->references, helpers + 1);
  for (int i = 0; i < helpers; i++) {
    XlaScheduleArgs args = {sizeof args, NULL, call->context, task, job};
    if (call->api->schedule(&args) != NULL) release(job);
  }
  work_on(job, 1);
  release(job);
}

void part_of(int64_t total, int64_t step, int count, int i, int64_t *from, int64_t *to) {
  int64_t blocks = (total + step - 1) / step;
  *from = blocks * i / count * step;
  *to = blocks * (i + 1) / count * step;
  if (*from > total) *from = total;
  if (*to > total) *to = total;
}
