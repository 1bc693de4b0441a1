/*
 * What the plugin and Node.js call. The plugin calls the three callbacks on its own threads, several at once, and a get blocks until
 * another process has set the key.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pjrt-store.h"
#include "store.h"
#include "wire.h"

#define EXPORT __attribute__((visibility("default")))

enum { KEY_SHOWN = 200 };

/* The store of one client of the plugin: `user_arg` of its callbacks. */
typedef struct {
  Store *store;
  /* Before each key: a run's other clients and the run itself use the same store. */
  char prefix[32];
  pthread_mutex_t lock;
  /* The first failure that the plugin was told; STORE_OK if there was none. */
  StoreStatus failed;
  char failed_key[KEY_SHOWN], failed_text[STORE_TEXT];
} ClientStore;

/* A key as the store takes it: printable, at most 1,024 bytes. */
typedef struct {
  char text[WIRE_MOST_KEY];
  size_t size;
} StoreKey;

enum { ESCAPED = 3, HASH_ROOM = 40 };

/* FNV-1a of 64 bits. */
static uint64_t hash(const char *bytes, size_t size, uint64_t seed) {
  uint64_t value = 0xcbf29ce484222325u ^ seed;
  for (size_t i = 0; i < size; i++) value = (value ^ (unsigned char)bytes[i]) * 0x100000001b3u;
  return value;
}

/*
 * The plugin's keys may hold any bytes, and those of NCCL's ids list all devices. Others than printable ones are escaped, and of a
 * long key the end is replaced by two hashes of the whole.
 */
static void write_key(const ClientStore *client, const char *key, size_t size, StoreKey *into) {
  static const char digits[] = "0123456789abcdef";
  into->size = strlen(client->prefix);
  memcpy(into->text, client->prefix, into->size);
  for (size_t i = 0; i < size; i++) {
    if (into->size + ESCAPED + HASH_ROOM > sizeof into->text) {
      into->size += (size_t)snprintf(into->text + into->size, HASH_ROOM, "%%-%016llx%016llx",
                                     (unsigned long long)hash(key, size, 0), (unsigned long long)hash(key, size, size));
      return;
    }
    unsigned char c = (unsigned char)key[i];
    if (c > ' ' - 1 && c < 127 && c != '%') into->text[into->size++] = (char)c;
    else {
      into->text[into->size++] = '%';
      into->text[into->size++] = digits[c >> 4];
      into->text[into->size++] = digits[c & 15];
    }
  }
}

/* The plugin's key, as it can be shown. */
static void shown(const ClientStore *client, const StoreKey *key, char *into) {
  size_t prefix = strlen(client->prefix);
  snprintf(into, KEY_SHOWN, "%.*s", (int)(key->size - prefix), key->text + prefix);
}

static void remember(ClientStore *client, const StoreKey *key, const StoreReply *reply) {
  pthread_mutex_lock(&client->lock);
  if (client->failed == STORE_OK) {
    client->failed = reply->status;
    shown(client, key, client->failed_key);
    snprintf(client->failed_text, sizeof client->failed_text, "%s", reply->text);
  }
  pthread_mutex_unlock(&client->lock);
}

static const int codes[] = {
    [STORE_NOT_FOUND] = PJRT_NOT_FOUND,         [STORE_TIMED_OUT] = PJRT_DEADLINE_EXCEEDED,
    [STORE_REFUSED] = PJRT_PERMISSION_DENIED,   [STORE_MALFORMED] = PJRT_INVALID_ARGUMENT,
    [STORE_LIMIT] = PJRT_RESOURCE_EXHAUSTED,    [STORE_OVER] = PJRT_ABORTED,
    [STORE_GONE] = PJRT_UNAVAILABLE,            [STORE_NO_MEMORY] = PJRT_RESOURCE_EXHAUSTED,
};

static PjrtError *error_of(PjrtCallbackError *create, const ClientStore *client, const StoreKey *key, const StoreReply *reply) {
  char name[KEY_SHOWN], message[STORE_TEXT + KEY_SHOWN + 40];
  shown(client, key, name);
  int length = snprintf(message, sizeof message, "the run's store, key \"%s\": %s", name, reply->text);
  return (*create)(codes[reply->status], message, (size_t)length);
}

static void delete_value(char *value) { free(value); }

EXPORT PjrtError *arcc_store_get(PjrtGetArgs *args) {
  ClientStore *client = args->user_arg;
  StoreKey key;
  StoreReply reply;
  write_key(client, args->key, args->key_size, &key);
  store_get(client->store, key.text, key.size, args->timeout_in_ms, &reply);
  if (reply.status != STORE_OK) {
    remember(client, &key, &reply);
    return error_of(args->callback_error, client, &key, &reply);
  }
  args->value = reply.value;
  args->value_size = reply.value_size;
  args->value_deleter = delete_value;
  return NULL;
}

EXPORT PjrtError *arcc_store_try_get(PjrtTryGetArgs *args) {
  ClientStore *client = args->user_arg;
  StoreKey key;
  StoreReply reply;
  write_key(client, args->key, args->key_size, &key);
  store_try_get(client->store, key.text, key.size, &reply);
  if (reply.status != STORE_OK) {
    if (reply.status != STORE_NOT_FOUND) remember(client, &key, &reply);
    return error_of(args->callback_error, client, &key, &reply);
  }
  args->value = reply.value;
  args->value_size = reply.value_size;
  args->value_deleter = delete_value;
  return NULL;
}

EXPORT PjrtError *arcc_store_put(PjrtPutArgs *args) {
  ClientStore *client = args->user_arg;
  StoreKey key;
  StoreReply reply;
  write_key(client, args->key, args->key_size, &key);
  store_set(client->store, key.text, key.size, args->value, args->value_size, &reply);
  free(reply.value);
  if (reply.status == STORE_OK) return NULL;
  remember(client, &key, &reply);
  return error_of(args->callback_error, client, &key, &reply);
}

/*
 * Joins the store for one client of the plugin. Returns NULL with the status and the reason, which has room for STORE_TEXT bytes.
 */
EXPORT void *arcc_store_join(const char *host, int port, const char *token, uint32_t rank, const char *prefix, int timeout_ms,
                             int *status, char *reason) {
  StoreReply failed;
  ClientStore *client = calloc(1, sizeof *client);
  Store *store = client == NULL ? NULL : store_connect(host, port, token, rank, timeout_ms, &failed);
  *status = client == NULL ? STORE_NO_MEMORY : (int)failed.status;
  snprintf(reason, STORE_TEXT, "%s", client == NULL ? "out of memory" : failed.text);
  if (store == NULL) {
    free(client);
    return NULL;
  }
  client->store = store;
  pthread_mutex_init(&client->lock, NULL);
  snprintf(client->prefix, sizeof client->prefix, "%s", prefix);
  return client;
}

/* The first failure that the plugin was told: returns its status and fills its key and its text, of at most STORE_TEXT bytes. */
EXPORT int arcc_store_failure(ClientStore *client, char *key, char *text) {
  pthread_mutex_lock(&client->lock);
  int status = client->failed;
  snprintf(key, STORE_TEXT, "%s", client->failed_key);
  snprintf(text, STORE_TEXT, "%s", client->failed_text);
  pthread_mutex_unlock(&client->lock);
  return status;
}

EXPORT void arcc_store_stop(ClientStore *client, const char *text) { store_stop(client->store, text); }

EXPORT void arcc_store_leave(ClientStore *client) { store_close(client->store); }
