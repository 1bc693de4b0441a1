/*
 * The connections to the neighbours. Each process listens at one address; who connects proves with the listener's secret that it may,
 * and the listener proves with the secret of the one that it expects that it is the right one. The secrets came over the store of the
 * run, which admits with the run's token.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exchange.h"

enum { HELLO = 0x4f4c4c48, MOST_WAITING = 16 };

typedef struct {
  uint32_t magic, rank, line;
  unsigned char secret[SECRET_BYTES];
} Hello;

/* A connection on its way: `moved` bytes of what it sends or receives. */
typedef struct {
  int fd;
  size_t moved;
  /* Outgoing only: the answer is awaited. When to try again. */
  int is_sent;
  double after;
  /* What is sent, or has been received. */
  Hello hello;
  unsigned char answer[SECRET_BYTES];
} Pending;

static int listener = -1;

static int close_of(int *fd) {
  if (*fd >= 0) close(*fd);
  *fd = -1;
  return -1;
}

static int equals(const unsigned char *a, const unsigned char *b) {
  unsigned char difference = 0;
  for (int i = 0; i < SECRET_BYTES; i++) difference |= a[i] ^ b[i];
  return difference == 0;
}

static struct addrinfo *find(const char *address, int port) {
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
  struct addrinfo *found = NULL;
  char service[16];
  snprintf(service, sizeof service, "%d", port);
  return getaddrinfo(address, service, &hints, &found) == 0 ? found : NULL;
}

static int socket_for(const struct addrinfo *address) {
  return socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Closes all connections. No collective may be running. */
ARCC_EXPORT void arcc_exchange_close(void) {
  close_of(&listener);
  for (int line = 0; line < LINES; line++) {
    close_of(&exchange.to_next[line]);
    close_of(&exchange.from_previous[line]);
  }
  exchange.nodes = 0;
}

/* Listens at a numeric address, at a free port, which is returned; or the negative number of the system's error. */
ARCC_EXPORT int arcc_exchange_listen(const char *address) {
  /* Here and not when connecting, which happens on another thread: it may be told to stop before it begins. */
  atomic_store(&exchange.is_stopped, 0);
  struct addrinfo *place = find(address, 0);
  if (place == NULL) return -EINVAL;
  listener = socket_for(place);
  int failed = listener < 0 || bind(listener, place->ai_addr, place->ai_addrlen) < 0 || listen(listener, MOST_WAITING) < 0;
  freeaddrinfo(place);
  struct sockaddr_storage bound;
  socklen_t length = sizeof bound;
  if (failed || getsockname(listener, (struct sockaddr *)&bound, &length) < 0) {
    int error = errno;
    close_of(&listener);
    return -error;
  }
  return ntohs(bound.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&bound)->sin6_port
                                           : ((struct sockaddr_in *)&bound)->sin_port);
}

/* Sends or receives more of `size` bytes. Returns 1 when all have passed, 0 for later, -1 if the connection has ended. */
static int more(Pending *p, int isOutgoing, void *bytes, size_t size) {
  while (p->moved < size) {
    char *at = (char *)bytes + p->moved;
    ssize_t n = isOutgoing ? send(p->fd, at, size - p->moved, MSG_NOSIGNAL) : recv(p->fd, at, size - p->moved, 0);
    if (n > 0) p->moved += (size_t)n;
    else if (n < 0 && errno == EINTR) continue;
    else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return 0;
    else return -1;
  }
  p->moved = 0;
  return 1;
}

static void begin_connection(Pending *p, const struct addrinfo *next) {
  p->fd = socket_for(next);
  p->moved = 0;
  p->is_sent = 0;
  if (p->fd >= 0 && connect(p->fd, next->ai_addr, next->ai_addrlen) < 0 && errno != EINPROGRESS) close_of(&p->fd);
}

/* Returns 1 once the connection is admitted, 0 for later, -1 if it must be made again. */
static int advance_outgoing(Pending *p, const unsigned char *own, int *error) {
  socklen_t length = sizeof *error;
  int found = 0;
  if (getsockopt(p->fd, SOL_SOCKET, SO_ERROR, &found, &length) < 0 || found != 0) {
    *error = found;
    return -1;
  }
  if (!p->is_sent) {
    int sent = more(p, 1, &p->hello, sizeof p->hello);
    if (sent < 0 && errno == ENOTCONN) return 0;
    if (sent <= 0) return sent;
    p->is_sent = 1;
  }
  int answered = more(p, 0, p->answer, sizeof p->answer);
  if (answered == 1 && !equals(p->answer, own)) return -1;
  return answered;
}

/* Takes the connection of the previous process, and closes any other that says something else. */
static void advance_incoming(Pending *p, const unsigned char *own, const unsigned char *previous) {
  int received = more(p, 0, &p->hello, sizeof p->hello);
  if (received == 0 && seconds() < p->after) return;
  const Hello *hello = &p->hello;
  int isRight = received == 1 && hello->magic == HELLO && hello->rank == (uint32_t)previous_rank() && hello->line < LINES &&
                exchange.from_previous[hello->line] < 0 && equals(hello->secret, own);
  if (isRight && send(p->fd, previous, SECRET_BYTES, MSG_NOSIGNAL) == SECRET_BYTES) {
    exchange.from_previous[hello->line] = p->fd;
    p->fd = -1;
  } else close_of(&p->fd);
}

static void accept_some(Pending *waiting) {
  for (int i = 0; i < MOST_WAITING; i++) {
    if (waiting[i].fd >= 0) continue;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    waiting[i] = (Pending){.fd = fd, .after = seconds() + 10};
  }
}

static void wait_for(const Pending *outgoing, const Pending *waiting) {
  struct pollfd polled[1 + LINES + MOST_WAITING];
  int count = 0;
  polled[count++] = (struct pollfd){.fd = listener, .events = POLLIN};
  for (int i = 0; i < LINES; i++)
    if (outgoing[i].fd >= 0) polled[count++] = (struct pollfd){.fd = outgoing[i].fd, .events = outgoing[i].is_sent ? POLLIN : POLLOUT};
  for (int i = 0; i < MOST_WAITING; i++)
    if (waiting[i].fd >= 0) polled[count++] = (struct pollfd){.fd = waiting[i].fd, .events = POLLIN};
  poll(polled, (nfds_t)count, 50);
}

/* Whether all connections are there. */
static int connect_more(Pending *outgoing, Pending *waiting, const struct addrinfo *next, const unsigned char *const *secrets,
                        int *error) {
  int complete = 1;
  for (int line = 0; line < LINES; line++) {
    Pending *p = &outgoing[line];
    if (exchange.to_next[line] < 0) {
      if (p->fd < 0 && seconds() >= p->after) begin_connection(p, next);
      int state = p->fd < 0 ? -1 : advance_outgoing(p, secrets[0], error);
      if (state == 1) {
        exchange.to_next[line] = p->fd;
        p->fd = -1;
      } else if (state < 0 && p->fd >= 0) {
        close_of(&p->fd);
        p->after = seconds() + 0.2;
      }
    }
    complete &= exchange.to_next[line] >= 0 && exchange.from_previous[line] >= 0;
  }
  accept_some(waiting);
  for (int i = 0; i < MOST_WAITING; i++)
    if (waiting[i].fd >= 0) advance_incoming(&waiting[i], secrets[0], secrets[2]);
  return complete;
}

/*
 * Connects with both neighbours; `secrets` are this process's, the next one's and the previous one's, one after the other. Returns 0, or
 * -1 with a failure: LATE with the rank that is missing, and the last error of the system.
 */
ARCC_EXPORT int arcc_exchange_connect(int nodes, int rank, int local, const char *address, int port, const unsigned char *secrets,
                                      double timeout, double patience) {
  start_exchange(nodes, rank, local, patience);
  const unsigned char *const each[] = {secrets, secrets + SECRET_BYTES, secrets + 2 * SECRET_BYTES};
  struct addrinfo *next = find(address, port);
  if (next == NULL || local > MOST_LOCAL) {
    if (next != NULL) freeaddrinfo(next);
    return set_failure((Failure){.kind = REFUSED, .rank = next_rank()});
  }
  Pending outgoing[LINES], waiting[MOST_WAITING];
  for (int line = 0; line < LINES; line++) {
    outgoing[line] = (Pending){.fd = -1, .hello = {HELLO, (uint32_t)rank, (uint32_t)line, {0}}};
    memcpy(outgoing[line].hello.secret, each[1], SECRET_BYTES);
  }
  for (int i = 0; i < MOST_WAITING; i++) waiting[i].fd = -1;
  double end = seconds() + timeout;
  int error = 0, complete = 0;
  while (!(complete = connect_more(outgoing, waiting, next, each, &error)) && seconds() < end && !atomic_load(&exchange.is_stopped))
    wait_for(outgoing, waiting);
  freeaddrinfo(next);
  for (int line = 0; line < LINES; line++) {
    close_of(&outgoing[line].fd);
    int on = 1;
    setsockopt(exchange.to_next[line], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(exchange.from_previous[line], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  for (int i = 0; i < MOST_WAITING; i++) close_of(&waiting[i].fd);
  close_of(&listener);
  if (complete) return 0;
  int toNext = exchange.to_next[SUMS] >= 0 && exchange.to_next[RESULTS] >= 0;
  int kind = atomic_load(&exchange.is_stopped) ? STOPPED : LATE;
  return set_failure((Failure){.kind = kind, .rank = toNext ? previous_rank() : next_rank(), .error = toNext ? 0 : error});
}
