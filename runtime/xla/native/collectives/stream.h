/* Bytes that go through one connection of a collective. */
#ifndef ARCC_STREAM_H
#define ARCC_STREAM_H

#include "exchange.h"

/* A piece of memory. */
typedef struct {
  char *data;
  size_t bytes;
} Span;

/* What every stream begins with, so that processes that do not do the same find it out. */
typedef struct {
  uint32_t magic, kind;
  uint64_t sequence;
  /* The collective's number in its program. */
  int64_t number;
  /* Of the element types and sizes of all tensors. */
  uint64_t digest;
} Heading;

typedef struct {
  int fd, is_outgoing;
  /* The process at the other end. */
  int peer;
  Heading heading;
  /* Bytes of the heading, and of the spans, that have passed. */
  size_t headed, done;
  const Span *spans;
  /* The span that `done` is in, and the bytes before it. */
  int at;
  size_t before;
  /* Bytes of all spans, and those that may pass by now. */
  size_t total, ready;
} Stream;

Stream stream_of(int is_outgoing, int line, const Heading *heading, const Span *spans, int count);

/* The part of a collective that is not sending and receiving: raises `ready` of streams. Returns whether it did anything. */
typedef int (*Advance)(void *state);

/* Moves all bytes of all streams. Returns 0, or -1 after `set_failure`. */
int run_streams(Stream *streams, int count, Advance advance, void *state);

#endif
