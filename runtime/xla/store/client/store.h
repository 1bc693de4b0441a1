/*
 * A connection to the store of a run that any number of threads use at once: requests are pipelined, and one thread of its own reads
 * the replies. Nothing waits for Node's event loop.
 */
#ifndef ARCC_STORE_H
#define ARCC_STORE_H

#include <stddef.h>
#include <stdint.h>

/* How a request ended; 1 to 6 are the store's own codes. */
typedef enum {
  STORE_OK = 0,
  STORE_NOT_FOUND = 1,
  STORE_TIMED_OUT = 2,
  STORE_REFUSED = 3,
  STORE_MALFORMED = 4,
  STORE_LIMIT = 5,
  STORE_OVER = 6,
  STORE_GONE = 7,
  STORE_NO_MEMORY = 8,
} StoreStatus;

enum { STORE_TEXT = 512 };

typedef struct Store Store;

typedef struct {
  StoreStatus status;
  /* With STORE_OK; freed by the caller. */
  char *value;
  size_t value_size;
  /* Otherwise. */
  char text[STORE_TEXT];
} StoreReply;

/* Connects and is admitted as an auxiliary of `rank`. NULL with the reason in `failed`. */
Store *store_connect(const char *host, int port, const char *token, uint32_t rank, int timeout_ms, StoreReply *failed);

void store_set(Store *store, const char *key, size_t key_size, const char *value, size_t value_size, StoreReply *reply);
/* Waits until the key is there, at most for `timeout_ms`; below 0: as long as the run lasts. */
void store_get(Store *store, const char *key, size_t key_size, int timeout_ms, StoreReply *reply);
/* STORE_NOT_FOUND where the key is not there. */
void store_try_get(Store *store, const char *key, size_t key_size, StoreReply *reply);

/* Ends all requests, and every later one, with STORE_OVER and this text. */
void store_stop(Store *store, const char *text);

/* Ends the connection. The memory stays: threads of the plugin may still hold the store, and get STORE_OVER. */
void store_close(Store *store);

#endif
