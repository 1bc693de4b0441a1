/*
 * Collectives over all devices of several processes. The devices of a process meet in it; then the processes exchange bytes around a
 * ring, each with the next and the previous one.
 *
 * Words: `nodes` processes, `rank` the number of this one, `local` devices in each; replica r is device r % local of process r / local.
 */
#ifndef ARCC_EXCHANGE_H
#define ARCC_EXCHANGE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define ARCC_EXPORT __attribute__((visibility("default")))

enum { MOST_LOCAL = 1024, SECRET_BYTES = 32 };

/* Each process has two connections to the next one: for sums that are not complete, and for what all shall have. */
enum { SUMS, RESULTS, LINES };

/* Why a collective failed; the numbers are known to `collective-errors.ts`. */
enum { NONE, LOST, STOPPED, LATE, MISMATCH, SYSTEM, MEMORY, MEETING, CLOSED, REFUSED };

typedef struct {
  int kind;
  /* The other process. */
  int rank;
  /* Of the system. */
  int error;
  /* Numbers of collectives: where this process is, and where the other one is. */
  int64_t own, other;
} Failure;

typedef struct {
  int nodes, rank, local;
  /* The connections, -1 where there is none. */
  int to_next[LINES], from_previous[LINES];
  /* Collectives so far. */
  uint64_t sequence;
  /* A collective without progress for this time has failed. */
  double patience;
  atomic_int is_stopped;
} Exchange;

extern Exchange exchange;

static inline int next_rank(void) { return (exchange.rank + 1) % exchange.nodes; }
static inline int previous_rank(void) { return (exchange.rank + exchange.nodes - 1) % exchange.nodes; }

/* Seconds of a clock that only runs forward. */
double seconds(void);

/* Forgets the last failure: a new exchange begins. */
void start_exchange(int nodes, int rank, int local, double patience);

/* Notes the first failure, and ends all connections, so that the neighbours fail too. Always returns -1. */
int set_failure(Failure failure);
int has_failed(void);
/* The failure in words, for the plugin's own messages. */
const char *failure_text(void);

#endif
