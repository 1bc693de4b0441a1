#include "store.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

/* The store takes 256 open requests of a connection. Waiting ones leave some free, so that what they wait for can still be set. */
enum { MOST_OPEN = 250, MOST_WAITING = 200 };
/* The store answers a request that need not wait, and says itself that a wait is over. This much later it is not trusted to. */
enum { GRACE_MS = 15000 };
/* Node's timers end at 2^31 - 1 milliseconds, 24 days. */
static const uint32_t forever = 0x7fffffff;

typedef struct Pending {
  uint32_t id;
  int done;
  StoreReply *reply;
  struct Pending *next;
} Pending;

struct Store {
  int socket;
  /* Of frames that are sent; taken without `lock`. */
  pthread_mutex_t writing;
  /* Of all below. */
  pthread_mutex_t lock;
  pthread_cond_t changed;
  Pending *pending;
  uint32_t last_id;
  int open, waiting;
  /* Why no request can succeed any more; STORE_OK while they can. */
  StoreStatus ended;
  char ended_text[STORE_TEXT];
  pthread_t reader;
};

static void fail(StoreReply *reply, StoreStatus status, const char *text) {
  free(reply->value);
  reply->value = NULL;
  reply->value_size = 0;
  reply->status = status;
  snprintf(reply->text, sizeof reply->text, "%s", text);
}

/* With `lock` held. The first reason stays. */
static void end_all(Store *store, StoreStatus status, const char *text) {
  if (store->ended == STORE_OK) {
    store->ended = status;
    snprintf(store->ended_text, sizeof store->ended_text, "%s", text);
  }
  for (Pending *one = store->pending; one != NULL; one = one->next) {
    if (one->done) continue;
    fail(one->reply, store->ended, store->ended_text);
    one->done = 1;
  }
  pthread_cond_broadcast(&store->changed);
}

static void end_with(Store *store, StoreStatus status, const char *text) {
  pthread_mutex_lock(&store->lock);
  end_all(store, status, text);
  pthread_mutex_unlock(&store->lock);
}

/* Reads a reply's payload into `reply`. Returns 0 where it is not of the protocol. */
static int read_reply(int op, const uint8_t *payload, size_t size, StoreReply *reply) {
  if (op == OP_OK) {
    if (size < 4 || read_u32(payload) != size - 4) return 0;
    reply->value_size = size - 4;
    reply->value = malloc(reply->value_size + 1);
    if (reply->value == NULL) {
      fail(reply, STORE_NO_MEMORY, "out of memory");
      return 1;
    }
    memcpy(reply->value, payload + 4, reply->value_size);
    reply->status = STORE_OK;
    return 1;
  }
  if (op != OP_ERROR || size < 4) return 0;
  int code = read_u16(payload);
  size_t length = read_u16(payload + 2);
  if (code < STORE_NOT_FOUND || code > STORE_OVER || length != size - 4) return 0;
  char text[STORE_TEXT];
  snprintf(text, sizeof text, "%.*s", (int)length, (const char *)payload + 4);
  fail(reply, (StoreStatus)code, text);
  return 1;
}

/* Returns 0 for what is not of the protocol. A reply that nobody waits for any more is dropped. */
static int take_frame(Store *store, int op, uint32_t id, const uint8_t *payload, size_t size) {
  if (id == 0) {
    if ((op != OP_LOST && op != OP_FAILED) || size < 4) return 0;
    char text[STORE_TEXT];
    snprintf(text, sizeof text, op == OP_LOST ? "rank %u is lost" : "rank %u has failed", read_u32(payload));
    end_with(store, STORE_OVER, text);
    return 1;
  }
  pthread_mutex_lock(&store->lock);
  int is_valid = op == OP_OK || op == OP_ERROR;
  for (Pending *one = store->pending; one != NULL; one = one->next) {
    if (one->id != id || one->done) continue;
    is_valid = read_reply(op, payload, size, one->reply);
    one->done = is_valid;
    pthread_cond_broadcast(&store->changed);
    break;
  }
  pthread_mutex_unlock(&store->lock);
  return is_valid;
}

static void *read_replies(void *data) {
  Store *store = data;
  for (;;) {
    uint8_t header[WIRE_HEADER];
    int error = receive_all(store->socket, header, sizeof header);
    if (error != 0) {
      end_with(store, STORE_GONE, strerror(error));
      return NULL;
    }
    size_t size = read_u32(header);
    if (size < WIRE_HEADER - WIRE_SIZE_BYTES || size > WIRE_MOST_FRAME) break;
    size -= WIRE_HEADER - WIRE_SIZE_BYTES;
    uint8_t *payload = malloc(size + 1);
    if (payload == NULL) {
      end_with(store, STORE_NO_MEMORY, "out of memory");
      return NULL;
    }
    error = receive_all(store->socket, payload, size);
    int is_valid = error == 0 && take_frame(store, header[WIRE_SIZE_BYTES], read_u32(header + WIRE_ID_AT), payload, size);
    free(payload);
    if (error != 0) {
      end_with(store, STORE_GONE, strerror(error));
      return NULL;
    }
    if (!is_valid) break;
  }
  end_with(store, STORE_GONE, "it does not speak the store's protocol");
  return NULL;
}

/* With `lock` held: waits for a change, at most until `deadline`. Returns 0 when that has passed. */
static int wait_until(Store *store, int64_t deadline) {
  struct timespec until = {deadline / 1000, deadline % 1000 * 1000000};
  pthread_cond_timedwait(&store->changed, &store->lock, &until);
  return now_ms() < deadline;
}

/* Sends and frees a frame. Returns the system's error. */
static int send_frame(Store *store, Frame frame) {
  pthread_mutex_lock(&store->writing);
  int error = send_all(store->socket, frame.bytes, frame.size);
  pthread_mutex_unlock(&store->writing);
  free(frame.bytes);
  return error;
}

/* Sends one request and waits for its reply. */
static void request(Store *store, Frame frame, int is_waiting, int64_t deadline, StoreReply *reply) {
  memset(reply, 0, sizeof *reply);
  if (frame.bytes == NULL) {
    fail(reply, STORE_NO_MEMORY, "out of memory");
    return;
  }
  Pending own = {0, 0, reply, NULL};
  pthread_mutex_lock(&store->lock);
  int in_time = 1;
  while (in_time && store->ended == STORE_OK &&
         (store->open >= MOST_OPEN || (is_waiting && store->waiting >= MOST_WAITING)))
    in_time = wait_until(store, deadline);
  if (!in_time || store->ended != STORE_OK) {
    if (store->ended != STORE_OK) fail(reply, store->ended, store->ended_text);
    else fail(reply, STORE_TIMED_OUT, "too many requests are open");
    pthread_mutex_unlock(&store->lock);
    free(frame.bytes);
    return;
  }
  do own.id = ++store->last_id;
  while (own.id == 0);
  own.next = store->pending;
  store->pending = &own;
  store->open++;
  store->waiting += is_waiting;
  pthread_mutex_unlock(&store->lock);

  frame_end(&frame, own.id);
  int error = send_frame(store, frame);

  pthread_mutex_lock(&store->lock);
  if (error != 0) end_all(store, STORE_GONE, strerror(error));
  while (in_time && !own.done) in_time = wait_until(store, deadline);
  if (!own.done) fail(reply, STORE_TIMED_OUT, "no reply");
  for (Pending **one = &store->pending; *one != NULL; one = &(*one)->next) {
    if (*one != &own) continue;
    *one = own.next;
    break;
  }
  store->open--;
  store->waiting -= is_waiting;
  pthread_cond_broadcast(&store->changed);
  pthread_mutex_unlock(&store->lock);
}

void store_set(Store *store, const char *key, size_t key_size, const char *value, size_t value_size, StoreReply *reply) {
  memset(reply, 0, sizeof *reply);
  if (value_size > WIRE_MOST_VALUE) {
    fail(reply, STORE_LIMIT, "a value has at most 16 MiB");
    return;
  }
  Frame frame = frame_begin(OP_SET, 2 + key_size + 4 + value_size);
  frame_string(&frame, key, key_size);
  frame_value(&frame, value, value_size);
  request(store, frame, 0, now_ms() + GRACE_MS, reply);
}

void store_get(Store *store, const char *key, size_t key_size, int timeout_ms, StoreReply *reply) {
  uint32_t timeout = timeout_ms < 0 ? forever : (uint32_t)timeout_ms;
  Frame frame = frame_begin(OP_GET, 2 + key_size + 4);
  frame_string(&frame, key, key_size);
  frame_u32(&frame, timeout);
  request(store, frame, 1, now_ms() + (int64_t)timeout + GRACE_MS, reply);
}

void store_try_get(Store *store, const char *key, size_t key_size, StoreReply *reply) {
  Frame frame = frame_begin(OP_TRY_GET, 2 + key_size);
  frame_string(&frame, key, key_size);
  request(store, frame, 0, now_ms() + GRACE_MS, reply);
}

void store_stop(Store *store, const char *text) { end_with(store, STORE_OVER, text); }

void store_close(Store *store) {
  store_stop(store, "this process has left the store");
  Frame bye = frame_begin(OP_BYE, 0);
  if (bye.bytes != NULL) {
    frame_end(&bye, forever);
    send_frame(store, bye);
  }
  shutdown(store->socket, SHUT_RDWR);
  pthread_join(store->reader, NULL);
  /* Another thread may be about to send, which must not go to a file that is opened meanwhile. */
  pthread_mutex_lock(&store->writing);
  close(store->socket);
  store->socket = -1;
  pthread_mutex_unlock(&store->writing);
}

static Store *create(int connection) {
  Store *store = calloc(1, sizeof *store);
  if (store == NULL) return NULL;
  store->socket = connection;
  pthread_mutex_init(&store->writing, NULL);
  pthread_mutex_init(&store->lock, NULL);
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&store->changed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  if (pthread_create(&store->reader, NULL, read_replies, store) == 0) return store;
  free(store);
  return NULL;
}

Store *store_connect(const char *host, int port, const char *token, uint32_t rank, int timeout_ms, StoreReply *failed) {
  memset(failed, 0, sizeof *failed);
  int64_t deadline = now_ms() + timeout_ms;
  char reason[STORE_TEXT] = "";
  int connection = connect_to(host, port, timeout_ms, reason, sizeof reason);
  if (connection < 0) {
    fail(failed, STORE_GONE, reason);
    return NULL;
  }
  Store *store = create(connection);
  if (store == NULL) {
    close(connection);
    fail(failed, STORE_NO_MEMORY, "no thread can be started");
    return NULL;
  }
  size_t token_size = strlen(token);
  Frame hello = frame_begin(OP_HELLO, 4 + 2 + 1 + 4 + 2 + token_size + 4);
  frame_u32(&hello, WIRE_MAGIC);
  frame_u16(&hello, WIRE_PROTOCOL);
  frame_u8(&hello, WIRE_AUXILIARY);
  frame_u32(&hello, rank);
  frame_string(&hello, token, token_size);
  frame_value(&hello, NULL, 0);
  request(store, hello, 0, deadline, failed);
  free(failed->value);
  failed->value = NULL;
  if (failed->status == STORE_OK) return store;
  store_close(store);
  free(store);
  return NULL;
}
