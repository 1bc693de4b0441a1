/*
 * The functions that programs call: arcc_replica, arcc_all_reduce, arcc_all_gather, arcc_reduce_scatter. The last operand and the last
 * result of each collective is the number of the device in its process: each collective takes it from the one before, so that all
 * processes do them in the same order.
 */
#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "ring.h"

/* Devices that are here, and those that wait for them. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  XlaCall *calls[MOST_LOCAL];
  Request request;
  int arrived, is_running, outcome;
  uint64_t meetings;
} meeting = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static int is_same(const Request *a, const Request *b) {
  return a->kind == b->kind && a->reduction == b->reduction && a->number == b->number && a->outer == b->outer;
}

static void wait_slice(void) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += 200 * 1000 * 1000;
  if (until.tv_nsec >= 1000 * 1000 * 1000) {
    until.tv_nsec -= 1000 * 1000 * 1000;
    until.tv_sec++;
  }
  pthread_cond_timedwait(&meeting.changed, &meeting.lock, &until);
}

/* Takes a device that gives up out of the meeting. */
static int leave(int device, Failure failure) {
  meeting.calls[device] = NULL;
  meeting.arrived--;
  return set_failure(failure);
}

/* Waits for the collective of the other devices; the last one to arrive performs it. Called and left with the lock held. */
static int meet(XlaCall *call, const Request *request, int device) {
  if (has_failed()) return -1;
  if (meeting.calls[device] != NULL || (meeting.arrived > 0 && !is_same(request, &meeting.request)))
    return set_failure((Failure){.kind = MEETING, .own = request->number, .other = meeting.request.number});
  meeting.calls[device] = call;
  meeting.request = *request;
  uint64_t own = meeting.meetings;
  if (++meeting.arrived == exchange.local) {
    meeting.is_running = 1;
    pthread_mutex_unlock(&meeting.lock);
    int outcome = perform(request, meeting.calls);
    pthread_mutex_lock(&meeting.lock);
    for (int i = 0; i < exchange.local; i++) meeting.calls[i] = NULL;
    meeting.arrived = meeting.is_running = 0;
    meeting.outcome = outcome;
    meeting.meetings++;
    pthread_cond_broadcast(&meeting.changed);
    return outcome;
  }
  double since = seconds();
  while (meeting.meetings == own) {
    wait_slice();
    /* While the collective runs, it reads and writes this device's memory. */
    if (meeting.meetings != own || meeting.is_running) continue;
    if (has_failed()) return leave(device, (Failure){.kind = STOPPED});
    if (atomic_load(&exchange.is_stopped)) return leave(device, (Failure){.kind = STOPPED});
    if (seconds() - since > exchange.patience) return leave(device, (Failure){.kind = LATE, .rank = exchange.rank});
  }
  return meeting.outcome;
}

static XlaError *failed(const XlaCall *call) {
  char text[160];
  snprintf(text, sizeof text, "a collective over several processes failed: %s", failure_text());
  return fail(call, text);
}

/* The device's number in this process, of the last operand; -1 if there is none. */
static int device_of(const XlaCall *call) {
  if (call->arguments.size < 1 || exchange.nodes == 0) return -1;
  uint32_t device = *(const uint32_t *)argument(call, call->arguments.size - 1)->data;
  return device < (uint32_t)exchange.local ? (int)device : -1;
}

static XlaError *collective(XlaCall *call, const Request *request) {
  int device = device_of(call);
  int outcome = -1;
  if (device < 0 || call->results.size != call->arguments.size) set_failure((Failure){.kind = CLOSED});
  else {
    pthread_mutex_lock(&meeting.lock);
    outcome = meet(call, request, device);
    pthread_mutex_unlock(&meeting.lock);
  }
  if (outcome < 0) return failed(call);
  *(uint32_t *)result(call, call->results.size - 1)->data = (uint32_t)device;
  return NULL;
}

/* arcc_replica(device) -> the number of the replica among all. */
ARCC_HANDLER XlaError *arcc_replica(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  int device = device_of(call);
  if (device < 0) {
    set_failure((Failure){.kind = CLOSED});
    return failed(call);
  }
  *(uint32_t *)result(call, 0)->data = (uint32_t)(exchange.rank * exchange.local + device);
  return NULL;
}

/* arcc_all_reduce(x…, device) -> (y…, device); attribute: its number, and 0 for sums or 1 for maxima. */
ARCC_HANDLER XlaError *arcc_all_reduce(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, 2);
  if (numbers == NULL) return fail(call, "arcc_all_reduce: the numbers are missing");
  return collective(call, &(Request){ALL_REDUCE, (int)numbers[1], numbers[0], 1});
}

/* arcc_all_gather(x, device) -> (y, device); attribute: its number, and the product of the dims before the gathered one. */
ARCC_HANDLER XlaError *arcc_all_gather(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, 2);
  if (numbers == NULL) return fail(call, "arcc_all_gather: the numbers are missing");
  return collective(call, &(Request){ALL_GATHER, 0, numbers[0], numbers[1]});
}

/* arcc_reduce_scatter(x, device) -> (y, device); attribute: its number, and the product of the dims before the scattered one. */
ARCC_HANDLER XlaError *arcc_reduce_scatter(XlaCall *call) {
  if (answers_metadata(call)) return NULL;
  const int64_t *numbers = numbers_of(call, 2);
  if (numbers == NULL) return fail(call, "arcc_reduce_scatter: the numbers are missing");
  return collective(call, &(Request){REDUCE_SCATTER, 0, numbers[0], numbers[1]});
}
