/*
 * What XLA's CUDA plugin exchanges over the key-value callbacks, with its keys, its threads and its waits
 * (xla/pjrt/distributed/topology_util.cc, xla/backends/gpu/collectives/gpu_cliques.cc, xla/backends/autotuner/autotuner.cc).
 * EXCHANGE_TIMEOUT_MS shortens the waits for topologies.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layouts.h"

Error *fail(int code, const char *format, ...) {
  Error *error = calloc(1, sizeof *error);
  error->code = code;
  va_list values;
  va_start(values, format);
  vsnprintf(error->text, sizeof error->text, format, values);
  va_end(values);
  return error;
}

static Error *create_error(int code, const char *message, size_t size) { return fail(code, "%.*s", (int)size, message); }
static CallbackError callback_error = create_error;

/* XLA leaves what it does not set as the stack had it. */
enum { GARBAGE = 0xa5 };

static Error *put(Client *client, const char *key, const char *value, size_t size) {
  PutArgs args;
  memset(&args, GARBAGE, sizeof args);
  args.key = key;
  args.key_size = strlen(key);
  args.value = value;
  args.value_size = size;
  args.callback_error = &callback_error;
  args.user_arg = client->put_arg;
  return client->put(&args);
}

/* The value has to be these bytes. */
static Error *check(const char *key, const char *value, size_t size, const char *wanted, size_t wanted_size) {
  if (size == wanted_size && memcmp(value, wanted, size) == 0) return NULL;
  return fail(INTERNAL, "%s has a wrong value of %zu bytes", key, size);
}

static Error *get(Client *client, const char *key, int timeout, const char *wanted, size_t wanted_size) {
  GetArgs args;
  memset(&args, GARBAGE, sizeof args);
  args.key = key;
  args.key_size = strlen(key);
  args.timeout_in_ms = timeout;
  args.callback_error = &callback_error;
  args.user_arg = client->get_arg;
  Error *error = client->get(&args);
  if (error != NULL) return error;
  error = check(key, args.value, args.value_size, wanted, wanted_size);
  args.value_deleter(args.value);
  return error;
}

/* With `wanted` NULL the key must not be there. */
static Error *try_get(Client *client, const char *key, const char *wanted, size_t wanted_size) {
  TryGetArgs args;
  memset(&args, GARBAGE, sizeof args);
  args.key = key;
  args.key_size = strlen(key);
  args.callback_error = &callback_error;
  args.user_arg = client->try_get_arg;
  Error *error = client->try_get(&args);
  if (wanted == NULL) {
    if (error == NULL) return fail(INTERNAL, "%s is there already", key);
    if (error->code != NOT_FOUND) return error;
    free(error);
    return NULL;
  }
  if (error != NULL) return error;
  error = check(key, args.value, args.value_size, wanted, wanted_size);
  args.value_deleter(args.value);
  return error;
}

static int timeout_ms(int usual) {
  const char *shorter = getenv("EXCHANGE_TIMEOUT_MS");
  return shorter == NULL ? usual : atoi(shorter);
}

/* Bytes of every value, so that text functions would cut them. */
static size_t local_topology(int node, int devices, char *into) {
  into[0] = (char)node;
  into[1] = (char)devices;
  for (int i = 2; i < 300; i++) into[i] = (char)(i * (node + 1));
  return 300;
}

typedef struct {
  Client *client;
  int node;
  Error *error;
} Part;

static void *get_local(void *data) {
  Part *part = data;
  char key[60], wanted[300];
  size_t size = local_topology(part->node, part->client->local, wanted);
  snprintf(key, sizeof key, "local_topology/cuda/%d", part->node);
  part->error = get(part->client, key, timeout_ms(120000), wanted, size);
  return NULL;
}

static Error *get_locals(Client *client) {
  pthread_t threads[MOST_DEVICES];
  Part parts[MOST_DEVICES];
  for (int i = 0; i < client->nodes; i++) {
    parts[i] = (Part){client, i, NULL};
    pthread_create(&threads[i], NULL, get_local, &parts[i]);
  }
  Error *first = NULL;
  for (int i = 0; i < client->nodes; i++) {
    pthread_join(threads[i], NULL);
    if (first == NULL && parts[i].error != NULL) first = fail(INTERNAL, "Getting local topologies failed: %s", parts[i].error->text);
    free(parts[i].error);
  }
  return first;
}

Error *exchange_topologies(Client *client) {
  char key[60], value[300], global[300];
  size_t size = local_topology(client->node, client->local, value);
  size_t global_size = local_topology(client->nodes, client->local, global);
  snprintf(key, sizeof key, "local_topology/cuda/%d", client->node);
  Error *error = put(client, key, value, size);
  if (error != NULL) return error;
  if (client->node != 0) return get(client, "global_topology/cuda", timeout_ms(300000), global, global_size);
  error = get_locals(client);
  return error != NULL ? error : put(client, "global_topology/cuda", global, global_size);
}

Error *exchange_measurements(Client *client, uint64_t fingerprint) {
  char key[100], results[40];
  for (int i = 0; i < client->nodes; i++) {
    int shard = (client->node + i) % client->nodes;
    int is_own = i == 0, is_empty = shard == 1;
    snprintf(key, sizeof key, "autotune_results_%016llx_%d", (unsigned long long)fingerprint, shard);
    int length = is_empty ? 0 : snprintf(results, sizeof results, "results of %d", shard);
    Error *error = is_own ? try_get(client, key, NULL, 0) : get(client, key, 24 * 3600 * 1000, results, (size_t)length);
    if (error == NULL && is_own) error = put(client, key, results, (size_t)length);
    if (error == NULL && is_own) error = try_get(client, key, results, (size_t)length);
    if (error != NULL) return error;
  }
  return NULL;
}

Error *exchange_clique(Client *client, int device) {
  /* Far longer than the store's keys: a clique of 1,024 devices. Two that differ at their ends, and in who makes the id. */
  for (int clique = 0; clique < 2; clique++) {
    char key[8000], id[128];
    int root = clique % client->nodes;
    int length = snprintf(key, sizeof key, "root_process: %d; clique: devices=[", root);
    for (int i = 0; i < 1024; i++) length += snprintf(key + length, sizeof key - (size_t)length, "%d,", i);
    snprintf(key + length, sizeof key - (size_t)length, "]; stream=%d", clique);
    for (size_t i = 0; i < sizeof id; i++) id[i] = (char)(i * 7 + (size_t)clique);
    Error *error = client->node == root && device == 0 ? put(client, key, id, sizeof id) : NULL;
    if (error == NULL) error = get(client, key, -1, id, sizeof id);
    if (error != NULL) return error;
  }
  return NULL;
}
