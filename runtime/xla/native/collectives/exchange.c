#include "exchange.h"

#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

Exchange exchange = {.to_next = {-1, -1}, .from_previous = {-1, -1}};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Failure first;

double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* The neighbours learn that nothing more comes; what has been sent still arrives. */
static void end_connections(void) {
  for (int line = 0; line < LINES; line++) {
    if (exchange.to_next[line] >= 0) shutdown(exchange.to_next[line], SHUT_WR);
    if (exchange.from_previous[line] >= 0) shutdown(exchange.from_previous[line], SHUT_WR);
  }
}

int set_failure(Failure failure) {
  /* A connection that was ended because the collectives were told to stop is not lost. */
  if (failure.kind == LOST && atomic_load(&exchange.is_stopped)) failure.kind = STOPPED;
  pthread_mutex_lock(&lock);
  if (first.kind == NONE) first = failure;
  end_connections();
  pthread_mutex_unlock(&lock);
  return -1;
}

int has_failed(void) {
  pthread_mutex_lock(&lock);
  int kind = first.kind;
  pthread_mutex_unlock(&lock);
  return kind != NONE;
}

const char *failure_text(void) {
  switch (first.kind) {
    case LOST: return "the connection to another process is lost";
    case STOPPED: return "the collectives were stopped";
    case LATE: return "another process did not take part in time";
    case MISMATCH: return "another process is at another collective";
    case SYSTEM: return "the system refused";
    case MEMORY: return "no memory";
    case MEETING: return "the devices of this process are at different collectives";
    case CLOSED: return "there is no connection to other processes";
  }
  return "failed";
}

/* The failure as numbers: kind, rank, error of the system, own collective, the other's. */
ARCC_EXPORT void arcc_exchange_failure(int64_t *numbers) {
  pthread_mutex_lock(&lock);
  const int64_t found[] = {first.kind, first.rank, first.error, first.own, first.other};
  pthread_mutex_unlock(&lock);
  memcpy(numbers, found, sizeof found);
}

/* Ends collectives that are waiting, and all later ones. */
ARCC_EXPORT void arcc_exchange_stop(void) {
  atomic_store(&exchange.is_stopped, 1);
  pthread_mutex_lock(&lock);
  end_connections();
  pthread_mutex_unlock(&lock);
}

void start_exchange(int nodes, int rank, int local, double patience) {
  pthread_mutex_lock(&lock);
  first = (Failure){0};
  pthread_mutex_unlock(&lock);
  exchange.nodes = nodes;
  exchange.rank = rank;
  exchange.local = local;
  exchange.sequence = 0;
  exchange.patience = patience;
}
