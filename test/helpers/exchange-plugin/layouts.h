/*
 * The part of PJRT's C API that this plugin has, as xla/pjrt/c/pjrt_c_api.h 0.81 lays it out. Written apart from arcc's own tables, which
 * it checks.
 */
#ifndef EXCHANGE_LAYOUTS_H
#define EXCHANGE_LAYOUTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OK = 0, INVALID_ARGUMENT = 3, DEADLINE_EXCEEDED = 4, NOT_FOUND = 5, INTERNAL = 13 };

typedef struct {
  int code;
  char text[2000];
} Error;
typedef Error *(*CallbackError)(int code, const char *message, size_t size);

#define ARGS size_t struct_size; void *extension_start

typedef struct {
  ARGS;
  const char *key;
  size_t key_size;
  int timeout_in_ms;
  CallbackError *callback_error;
  void *user_arg;
  char *value;
  size_t value_size;
  void (*value_deleter)(char *);
} GetArgs;
typedef struct {
  ARGS;
  const char *key;
  size_t key_size;
  CallbackError *callback_error;
  void *user_arg;
  char *value;
  size_t value_size;
  void (*value_deleter)(char *);
} TryGetArgs;
typedef struct {
  ARGS;
  const char *key;
  size_t key_size;
  const char *value;
  size_t value_size;
  CallbackError *callback_error;
  void *user_arg;
} PutArgs;

typedef struct {
  ARGS;
  const char *name;
  size_t name_size;
  int type;
  union {
    const char *text;
    int64_t integer;
    const int64_t *integers;
    float number;
    bool flag;
  };
  size_t size;
} Option;
enum { TEXT = 0, INTEGER = 1, INTEGERS = 2, FLOAT = 3, FLAG = 4 };

enum { MOST_DEVICES = 64 };
typedef struct {
  int id, process;
} Device;

typedef struct {
  Error *(*get)(GetArgs *);
  Error *(*put)(PutArgs *);
  Error *(*try_get)(TryGetArgs *);
  void *get_arg, *put_arg, *try_get_arg;
  int node, nodes, local, count;
  Device devices[MOST_DEVICES];
  Device *all[MOST_DEVICES], *own[MOST_DEVICES];
} Client;

typedef struct {
  ARGS;
  const Option *options;
  size_t option_count;
  Error *(*get)(GetArgs *);
  void *get_arg;
  Error *(*put)(PutArgs *);
  void *put_arg;
  Client *client;
  Error *(*try_get)(TryGetArgs *);
  void *try_get_arg;
} CreateArgs;

/* exchange.c; each returns NULL where all went well. */
Error *fail(int code, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* At the creation of a client: the devices of all processes. */
Error *exchange_topologies(Client *client);
/* While compiling: what each process has measured of a program. */
Error *exchange_measurements(Client *client, uint64_t fingerprint);
/* At the first collective, for each device on a thread of its own: NCCL's id of all devices. */
Error *exchange_clique(Client *client, int device);

#endif
