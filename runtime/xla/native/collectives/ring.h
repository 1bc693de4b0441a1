/* The collectives between processes, for the devices of this process together. */
#ifndef ARCC_RING_H
#define ARCC_RING_H

#include "ffi-call.h"
#include "exchange.h"

enum { ALL_REDUCE, ALL_GATHER, REDUCE_SCATTER };

/* What a device asks for: the same on all devices of all processes. */
typedef struct {
  int kind, reduction;
  /* Of the collective in its program. */
  int64_t number;
  /* Product of the dims before the one that is gathered or scattered. */
  int64_t outer;
} Request;

/* Performs a collective whose calls are those of this process's devices, in order. Returns 0, or -1 after `set_failure`. */
int perform(const Request *request, XlaCall *const *calls);

#endif
