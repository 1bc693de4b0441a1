#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* A store that takes nothing for this long is as good as gone. */
static const struct timeval longest_write = {30, 0};

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void append(Frame *frame, const void *from, size_t size) {
  if (frame->bytes == NULL || size == 0) return;
  memcpy(frame->bytes + frame->size, from, size);
  frame->size += size;
}

Frame frame_begin(int op, size_t payload) {
  Frame frame = {malloc(WIRE_HEADER + payload), 0};
  frame_u32(&frame, 0);
  frame_u8(&frame, (uint8_t)op);
  frame_u32(&frame, 0);
  return frame;
}

void frame_u8(Frame *frame, uint8_t value) { append(frame, &value, 1); }

void frame_u16(Frame *frame, uint16_t value) {
  uint8_t bytes[2] = {value & 255, value >> 8};
  append(frame, bytes, 2);
}

void frame_u32(Frame *frame, uint32_t value) {
  uint8_t bytes[4] = {value & 255, value >> 8 & 255, value >> 16 & 255, value >> 24};
  append(frame, bytes, 4);
}

void frame_string(Frame *frame, const char *text, size_t size) {
  frame_u16(frame, (uint16_t)size);
  append(frame, text, size);
}

void frame_value(Frame *frame, const char *bytes, size_t size) {
  frame_u32(frame, (uint32_t)size);
  append(frame, bytes, size);
}

void frame_end(Frame *frame, uint32_t id) {
  Frame size = {frame->bytes, 0}, number = {frame->bytes, WIRE_ID_AT};
  frame_u32(&size, (uint32_t)(frame->size - WIRE_SIZE_BYTES));
  frame_u32(&number, id);
}

uint16_t read_u16(const uint8_t *from) { return (uint16_t)(from[0] | from[1] << 8); }

uint32_t read_u32(const uint8_t *from) { return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24; }

int receive_all(int socket, void *into, size_t size) {
  for (char *at = into; size > 0;) {
    ssize_t got = recv(socket, at, size, 0);
    if (got == 0) return ECONNRESET;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    at += got;
    size -= (size_t)got;
  }
  return 0;
}

int send_all(int socket, const void *from, size_t size) {
  for (const char *at = from; size > 0;) {
    ssize_t sent = send(socket, at, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return errno == EAGAIN ? ETIMEDOUT : errno;
    at += sent;
    size -= (size_t)sent;
  }
  return 0;
}

static void set_option(int socket, int level, int name, int value) { setsockopt(socket, level, name, &value, sizeof value); }

static int connect_within(int socket, const struct addrinfo *address, int timeout_ms) {
  int flags = fcntl(socket, F_GETFL, 0);
  fcntl(socket, F_SETFL, flags | O_NONBLOCK);
  int error = 0;
  if (connect(socket, address->ai_addr, address->ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    struct pollfd wait = {socket, POLLOUT, 0};
    int ready;
    do ready = poll(&wait, 1, timeout_ms);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0) return ready == 0 ? ETIMEDOUT : errno;
    socklen_t size = sizeof error;
    if (getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  }
  fcntl(socket, F_SETFL, flags);
  return error;
}

int connect_to(const char *host, int port, int timeout_ms, char *reason, size_t reason_size) {
  char service[8];
  snprintf(service, sizeof service, "%d", port);
  struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
  int unknown = getaddrinfo(host, service, &hints, &found);
  if (unknown != 0) {
    snprintf(reason, reason_size, "%s", gai_strerror(unknown));
    return -1;
  }
  int64_t deadline = now_ms() + timeout_ms;
  int error = ETIMEDOUT;
  for (struct addrinfo *address = found; address != NULL; address = address->ai_next) {
    int64_t left = deadline - now_ms();
    if (left <= 0) break;
    int connection = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC, address->ai_protocol);
    if (connection < 0) {
      error = errno;
      continue;
    }
    error = connect_within(connection, address, (int)left);
    if (error != 0) {
      close(connection);
      continue;
    }
    freeaddrinfo(found);
    set_option(connection, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(connection, SOL_SOCKET, SO_KEEPALIVE, 1);
    set_option(connection, IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set_option(connection, IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set_option(connection, IPPROTO_TCP, TCP_KEEPCNT, 3);
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &longest_write, sizeof longest_write);
    return connection;
  }
  freeaddrinfo(found);
  snprintf(reason, reason_size, "%s", strerror(error));
  return -1;
}
