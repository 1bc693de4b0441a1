/*
 * PJRT's key-value callbacks as the C API lays out their arguments (xla/pjrt/c/pjrt_c_api.h, version 0.81; later ones only append).
 * Declared here so that building needs no header of XLA's. The plugin does not set `struct_size`.
 */
#ifndef ARCC_PJRT_STORE_H
#define ARCC_PJRT_STORE_H

#include <stddef.h>

typedef struct PjrtError PjrtError;

/* Creates the error that a callback returns; copies the message. */
typedef PjrtError *(*PjrtCallbackError)(int code, const char *message, size_t message_size);

/* PJRT_Error_Code, which are Abseil's. */
enum {
  PJRT_INVALID_ARGUMENT = 3,
  PJRT_DEADLINE_EXCEEDED = 4,
  PJRT_NOT_FOUND = 5,
  PJRT_PERMISSION_DENIED = 7,
  PJRT_RESOURCE_EXHAUSTED = 8,
  PJRT_ABORTED = 10,
  PJRT_UNAVAILABLE = 14,
};

typedef struct {
  size_t struct_size;
  void *extension_start;
  const char *key;
  size_t key_size;
  /* Below 0 where it is not limited. */
  int timeout_in_ms;
  PjrtCallbackError *callback_error;
  void *user_arg;
  /* Results. */
  char *value;
  size_t value_size;
  void (*value_deleter)(char *value);
} PjrtGetArgs;

typedef struct {
  size_t struct_size;
  void *extension_start;
  const char *key;
  size_t key_size;
  PjrtCallbackError *callback_error;
  void *user_arg;
  /* Results. */
  char *value;
  size_t value_size;
  void (*value_deleter)(char *value);
} PjrtTryGetArgs;

typedef struct {
  size_t struct_size;
  void *extension_start;
  const char *key;
  size_t key_size;
  const char *value;
  size_t value_size;
  PjrtCallbackError *callback_error;
  void *user_arg;
} PjrtPutArgs;

#endif
