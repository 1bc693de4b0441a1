#define _GNU_SOURCE
#include "stream.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

enum { MOST_STREAMS = 4, MOST_SPANS = 64, SLICE_MILLISECONDS = 200 };

/* Bytes that one stream moves before it is the next one's turn. */
static const size_t turn = 1 << 19;

Stream stream_of(int is_outgoing, int line, const Heading *heading, const Span *spans, int count) {
  Stream stream = {.is_outgoing = is_outgoing, .heading = *heading, .spans = spans};
  stream.fd = is_outgoing ? exchange.to_next[line] : exchange.from_previous[line];
  stream.peer = is_outgoing ? next_rank() : previous_rank();
  for (int i = 0; i < count; i++) stream.total += spans[i].bytes;
  return stream;
}

/* Whether bytes may pass by now. */
static int is_ready(const Stream *s) { return s->headed < sizeof s->heading || s->done < s->ready; }

static int is_complete(const Stream *s) { return s->headed == sizeof s->heading && s->done == s->total; }

static int lost(const Stream *s, int error) {
  return set_failure((Failure){.kind = LOST, .rank = s->peer, .error = error, .own = s->heading.number});
}

/* What `move` finds instead of a number of bytes. */
enum { ENDED = -1, MISMATCHED = -2 };

/* Bytes that have passed through the spans' next pieces; 0 if the connection is busy. */
static ssize_t pass(const Stream *s, struct iovec *pieces, int count) {
  struct msghdr message = {.msg_iov = pieces, .msg_iovlen = (size_t)count};
  ssize_t n;
  do n = s->is_outgoing ? sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) : recvmsg(s->fd, &message, MSG_DONTWAIT);
  while (n < 0 && errno == EINTR);
  if (n > 0) return n;
  if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
  if (n == 0) errno = 0;
  return ENDED;
}

static int is_same(const Stream *s, const Heading *found) {
  const Heading *own = &s->heading;
  return found->magic == own->magic && found->kind == own->kind && found->sequence == own->sequence &&
         found->number == own->number && found->digest == own->digest;
}

/* Moves what is left of the heading. A received one overwrites nothing until it is complete. */
static ssize_t pass_heading(Stream *s, Heading *received) {
  char *bytes = (char *)(s->is_outgoing ? &s->heading : received);
  struct iovec piece = {bytes + s->headed, sizeof s->heading - s->headed};
  ssize_t n = pass(s, &piece, 1);
  if (n <= 0) return n;
  s->headed += (size_t)n;
  if (s->is_outgoing || s->headed < sizeof s->heading || is_same(s, received)) return n;
  return MISMATCHED;
}

static ssize_t move(Stream *s, Heading *received) {
  if (s->headed < sizeof s->heading) return pass_heading(s, received);
  size_t end = s->ready < s->done + turn ? s->ready : s->done + turn;
  if (s->done >= end) return 0;
  struct iovec pieces[MOST_SPANS];
  int count = 0, at = s->at;
  size_t before = s->before;
  for (size_t from = s->done; from < end && count < MOST_SPANS; at++) {
    const Span *span = &s->spans[at];
    size_t to = before + span->bytes < end ? before + span->bytes : end;
    if (to > from) pieces[count++] = (struct iovec){span->data + (from - before), to - from};
    from = to;
    before += span->bytes;
  }
  ssize_t n = pass(s, pieces, count);
  if (n <= 0) return n;
  s->done += (size_t)n;
  while (s->done < s->total && s->done >= s->before + s->spans[s->at].bytes) s->before += s->spans[s->at++].bytes;
  return n;
}

/* Waits until a stream can move. A neighbour that has all that it needs may have gone; one that bytes must go to may not. */
static int wait_for(Stream *streams, int count) {
  struct pollfd polled[MOST_STREAMS];
  int waiting = 0;
  for (int i = 0; i < count; i++) {
    const Stream *s = &streams[i];
    if (is_complete(s)) continue;
    short events = s->is_outgoing ? (short)(POLLRDHUP | (is_ready(s) ? POLLOUT : 0)) : (short)(is_ready(s) ? POLLIN : 0);
    polled[waiting++] = (struct pollfd){.fd = s->fd, .events = events};
  }
  if (poll(polled, (nfds_t)waiting, SLICE_MILLISECONDS) < 0 && errno != EINTR)
    return set_failure((Failure){.kind = SYSTEM, .error = errno});
  const Stream *ended = NULL;
  for (int i = 0, k = 0; i < count; i++) {
    const Stream *s = &streams[i];
    if (is_complete(s)) continue;
    short found = polled[k++].revents;
    /* What has come may tell why the other side has ended. */
    if (!s->is_outgoing && found != 0 && is_ready(s)) return 0;
    if (found & (POLLRDHUP | POLLERR | POLLHUP)) ended = s;
  }
  return ended == NULL ? 0 : lost(ended, 0);
}

static int late(const Stream *streams, int count) {
  const Stream *waited = NULL;
  for (int i = 0; i < count; i++)
    if (!is_complete(&streams[i]) && (waited == NULL || !streams[i].is_outgoing)) waited = &streams[i];
  return set_failure((Failure){.kind = LATE, .rank = waited->peer, .own = waited->heading.number});
}

static int mismatch(Stream *streams, int count, const Stream *found, const Heading *received) {
  Failure failure = {.kind = MISMATCH, .rank = found->peer, .own = found->heading.number, .other = received->number};
  /* The next process finds it out by itself only if it is told where this one is. */
  Heading unused;
  for (int i = 0; i < count; i++)
    if (streams[i].is_outgoing && streams[i].headed < sizeof(Heading)) pass_heading(&streams[i], &unused);
  return set_failure(failure);
}

/* A stream has ended too early. If the other side has sent why, that is the failure. */
static int ended(Stream *streams, int count, const Stream *found, Heading *received) {
  int error = errno;
  for (int i = 0; i < count; i++)
    if (!streams[i].is_outgoing && streams[i].headed < sizeof(Heading) && pass_heading(&streams[i], &received[i]) == MISMATCHED)
      return mismatch(streams, count, &streams[i], &received[i]);
  return lost(found, error);
}

int run_streams(Stream *streams, int count, Advance advance, void *state) {
  Heading received[MOST_STREAMS];
  double since = seconds();
  for (;;) {
    int moved = advance(state), complete = 1;
    for (int i = 0; i < count; i++) {
      ssize_t n = move(&streams[i], &received[i]);
      if (n == ENDED) return ended(streams, count, &streams[i], received);
      if (n == MISMATCHED) return mismatch(streams, count, &streams[i], &received[i]);
      moved |= n > 0;
      complete &= is_complete(&streams[i]);
    }
    if (complete) return 0;
    if (atomic_load(&exchange.is_stopped)) return set_failure((Failure){.kind = STOPPED});
    if (moved) {
      since = 0;
      continue;
    }
    if (since == 0) since = seconds();
    if (seconds() - since > exchange.patience) return late(streams, count);
    if (wait_for(streams, count) < 0) return -1;
  }
}
