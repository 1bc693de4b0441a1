/*
 * Sums go from process 0 to the last one: each adds its devices' tensors, in order, to what it received. The last one sends the result
 * on around the ring. Both run at once, piece by piece, so that a connection carries each byte twice at most, as in the usual ring of
 * parts; but here the order of the sum is that of the replicas, whatever their number and the number of processes.
 */
#include "ring.h"

#include <stdlib.h>
#include <string.h>

#include "stream.h"
#include "sums.h"

enum { MAGIC = 0x41524343 };

/* Bytes that are reduced at once: they stay in a core's cache. */
static const size_t slice = 1 << 16;

/* Kept and grown; only one collective runs at a time. */
static struct {
  void *data;
  size_t bytes;
} held[2];

static void *hold(int which, size_t bytes) {
  if (held[which].bytes >= bytes && held[which].data != NULL) return held[which].data;
  free(held[which].data);
  held[which].data = malloc(bytes > 0 ? bytes : 1);
  held[which].bytes = held[which].data == NULL ? 0 : bytes;
  if (held[which].data == NULL) set_failure((Failure){.kind = MEMORY});
  return held[which].data;
}

static size_t bytes_of(const XlaBuffer *buffer) {
  size_t bytes = element_size(buffer->dtype);
  for (int64_t i = 0; i < buffer->rank; i++) bytes *= (size_t)buffer->dims[i];
  return bytes;
}

/* Tensors of a call: the last operand and the last result are the order of calls. */
static int tensors_of(const XlaCall *call) { return (int)call->arguments.size - 1; }

static Heading heading_of(const Request *request, const XlaCall *call) {
  uint64_t digest = 14695981039346656037u;
  for (int i = 0; i < tensors_of(call); i++) {
    const XlaBuffer *x = argument(call, i);
    digest = (digest ^ (uint64_t)x->dtype) * 1099511628211u;
    digest = (digest ^ (uint64_t)bytes_of(x)) * 1099511628211u;
  }
  return (Heading){MAGIC, (uint32_t)(request->kind << 8 | request->reduction), exchange.sequence, request->number, digest};
}

typedef struct {
  int reduction, count;
  /* The results, their types, and `from[i * local + d]`, the operands of device d. */
  const Span *sums;
  const int *dtypes;
  const char *const *from;
  /* The tensor that is being reduced, the bytes of it that are, and those of all tensors. */
  int at;
  size_t within, reduced;
  /* NULL where this process has no such stream. */
  Stream *sumsIn, *sumsOut, *resultsIn, *resultsOut;
} Reduction;

static int reduce_slice(Reduction *r) {
  while (r->at < r->count && r->within == r->sums[r->at].bytes) {
    r->at++;
    r->within = 0;
  }
  if (r->at == r->count) return 0;
  const Span *sum = &r->sums[r->at];
  size_t left = sum->bytes - r->within, size = element_size(r->dtypes[r->at]);
  if (r->sumsIn != NULL && r->sumsIn->done - r->reduced < left) left = (r->sumsIn->done - r->reduced) / size * size;
  if (left > slice) left = slice;
  if (left == 0) return 0;
  reduce(r->dtypes[r->at], r->reduction, r->sumsIn == NULL, sum->data + r->within, r->from + (size_t)r->at * (size_t)exchange.local,
         exchange.local, r->within, left);
  r->within += left;
  r->reduced += left;
  return 1;
}

static int advance_reduction(void *state) {
  Reduction *r = state;
  int moved = reduce_slice(r);
  if (r->sumsOut != NULL) r->sumsOut->ready = r->reduced;
  /* Only what has been sent as a part of the sum may be overwritten by the result. */
  if (r->resultsIn != NULL) r->resultsIn->ready = r->sumsOut->done;
  if (r->resultsOut != NULL) r->resultsOut->ready = r->resultsIn == NULL ? r->reduced : r->resultsIn->done;
  return moved;
}

/* The sums over all replicas, in `sums`. */
static int reduce_all(const Request *request, const XlaCall *call, const Span *sums, const int *dtypes,
                      const char *const *from) {
  int count = tensors_of(call), last = exchange.nodes - 1;
  Heading heading = heading_of(request, call);
  Reduction r = {.reduction = request->reduction, .count = count, .sums = sums, .dtypes = dtypes, .from = from};
  Stream streams[4];
  int used = 0;
  const struct {
    Stream **which;
    int exists, isOutgoing, line;
  } all[] = {
      {&r.sumsIn, exchange.rank > 0, 0, SUMS},
      {&r.resultsIn, exchange.rank < last, 0, RESULTS},
      {&r.sumsOut, exchange.rank < last, 1, SUMS},
      {&r.resultsOut, exchange.rank != last - 1, 1, RESULTS},
  };
  for (int i = 0; i < 4; i++) {
    if (!all[i].exists) continue;
    streams[used] = stream_of(all[i].isOutgoing, all[i].line, &heading, sums, count);
    *all[i].which = &streams[used++];
  }
  if (r.sumsIn != NULL) r.sumsIn->ready = r.sumsIn->total;
  return run_streams(streams, used, advance_reduction, &r);
}

static int all_reduce(const Request *request, XlaCall *const *calls) {
  int count = tensors_of(calls[0]), local = exchange.local;
  size_t each = sizeof(Span) + sizeof(int) + (size_t)local * sizeof(char *);
  char *memory = hold(0, (size_t)count * each);
  if (memory == NULL) return -1;
  Span *sums = (Span *)memory;
  const char **from = (const char **)(sums + count);
  int *dtypes = (int *)(from + (size_t)count * (size_t)local);
  for (int i = 0; i < count; i++) {
    sums[i] = (Span){result(calls[0], i)->data, bytes_of(argument(calls[0], i))};
    dtypes[i] = argument(calls[0], i)->dtype;
    for (int d = 0; d < local; d++) from[(size_t)i * (size_t)local + (size_t)d] = argument(calls[d], i)->data;
  }
  if (reduce_all(request, calls[0], sums, dtypes, from) < 0) return -1;
  for (int d = 1; d < local; d++)
    for (int i = 0; i < count; i++) memcpy(result(calls[d], i)->data, sums[i].data, sums[i].bytes);
  return 0;
}

/* Copies between tensors [outer, replicas, row] and tensors [outer, row] of single replicas. */
static void copy_rows(char *to, size_t toStep, const char *from, size_t fromStep, int64_t outer, size_t row) {
  for (int64_t i = 0; i < outer; i++) memcpy(to + (size_t)i * toStep, from + (size_t)i * fromStep, row);
}

static int reduce_scatter(const Request *request, XlaCall *const *calls) {
  int local = exchange.local;
  size_t total = bytes_of(argument(calls[0], 0)), replicas = (size_t)(exchange.nodes * local);
  size_t row = total / replicas / (size_t)request->outer;
  Span sum = {hold(0, total), total};
  const char **from = hold(1, (size_t)local * sizeof(char *));
  if (sum.data == NULL || from == NULL) return -1;
  for (int d = 0; d < local; d++) from[d] = argument(calls[d], 0)->data;
  int dtype = argument(calls[0], 0)->dtype;
  if (reduce_all(request, calls[0], &sum, &dtype, from) < 0) return -1;
  for (int d = 0; d < local; d++) {
    size_t replica = (size_t)(exchange.rank * local + d);
    copy_rows(result(calls[d], 0)->data, row, sum.data + replica * row, replicas * row, request->outer, row);
  }
  return 0;
}

typedef struct {
  Stream *in, *out;
  size_t own;
} Gathering;

static int advance_gathering(void *state) {
  Gathering *g = state;
  size_t ready = g->own + g->in->done;
  g->in->ready = g->in->total;
  g->out->ready = ready < g->out->total ? ready : g->out->total;
  return 0;
}

/* Each process sends its own tensors on, and then those that it receives, until all have all. */
static int gather_parts(const Request *request, const XlaCall *call, char *all, size_t part) {
  int nodes = exchange.nodes;
  Span *sent = hold(1, 2 * (size_t)nodes * sizeof(Span));
  if (sent == NULL) return -1;
  Span *received = sent + nodes;
  for (int step = 0; step < nodes - 1; step++) {
    int out = (exchange.rank + nodes - step) % nodes, in = (out + nodes - 1) % nodes;
    sent[step] = (Span){all + (size_t)out * part, part};
    received[step] = (Span){all + (size_t)in * part, part};
  }
  Heading heading = heading_of(request, call);
  Stream streams[] = {
      stream_of(0, RESULTS, &heading, received, nodes - 1),
      stream_of(1, RESULTS, &heading, sent, nodes - 1),
  };
  Gathering g = {&streams[0], &streams[1], part};
  return run_streams(streams, 2, advance_gathering, &g);
}

static int all_gather(const Request *request, XlaCall *const *calls) {
  int local = exchange.local, isWhole = request->outer == 1;
  size_t one = bytes_of(argument(calls[0], 0)), replicas = (size_t)(exchange.nodes * local);
  size_t row = one / (size_t)request->outer;
  char *all = isWhole ? result(calls[0], 0)->data : hold(0, replicas * one);
  if (all == NULL) return isWhole && one == 0 ? 0 : -1;
  for (int d = 0; d < local; d++)
    memcpy(all + (size_t)(exchange.rank * local + d) * one, argument(calls[d], 0)->data, one);
  if (gather_parts(request, calls[0], all, (size_t)local * one) < 0) return -1;
  for (int d = 0; d < local; d++) {
    char *to = result(calls[d], 0)->data;
    if (isWhole && d == 0) continue;
    if (isWhole) memcpy(to, all, replicas * one);
    else
      for (size_t r = 0; r < replicas; r++)
        copy_rows(to + r * row, replicas * row, all + r * one, row, request->outer, row);
  }
  return 0;
}

int perform(const Request *request, XlaCall *const *calls) {
  exchange.sequence++;
  switch (request->kind) {
    case ALL_REDUCE: return all_reduce(request, calls);
    case ALL_GATHER: return all_gather(request, calls);
    default: return reduce_scatter(request, calls);
  }
}
