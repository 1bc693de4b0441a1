/*
 * Bytes of the protocol that the processes of a run speak with the store of rank 0 (runtime/peers): little-endian frames of
 * `u32 size` (of what follows it), `u8 op`, `u32 id`, payload.
 */
#ifndef ARCC_WIRE_H
#define ARCC_WIRE_H

#include <stddef.h>
#include <stdint.h>

enum { WIRE_MAGIC = 0x41524343, WIRE_PROTOCOL = 2, WIRE_AUXILIARY = 1 };
enum { OP_HELLO = 1, OP_SET = 2, OP_GET = 3, OP_TRY_GET = 4, OP_BYE = 9 };
enum { OP_LOST = 32, OP_FAILED = 33, OP_OK = 128, OP_ERROR = 129 };
enum { WIRE_SIZE_BYTES = 4, WIRE_ID_AT = 5, WIRE_HEADER = 9 };
enum { WIRE_MOST_KEY = 1024, WIRE_MOST_VALUE = 16 << 20, WIRE_MOST_FRAME = WIRE_MOST_VALUE + (64 << 10) };

/* A frame that is being written; `bytes` is NULL where there was no memory. */
typedef struct {
  uint8_t *bytes;
  size_t size;
} Frame;

/* Begins a frame, with room for exactly this payload. */
Frame frame_begin(int op, size_t payload);
void frame_u8(Frame *frame, uint8_t value);
void frame_u16(Frame *frame, uint16_t value);
void frame_u32(Frame *frame, uint32_t value);
/* u16 length and bytes. */
void frame_string(Frame *frame, const char *text, size_t size);
/* u32 length and bytes. */
void frame_value(Frame *frame, const char *bytes, size_t size);
/* Writes the size and the request's number; the frame can be sent then. */
void frame_end(Frame *frame, uint32_t id);

uint16_t read_u16(const uint8_t *from);
uint32_t read_u32(const uint8_t *from);

/* Reads or writes exactly `size` bytes. Returns 0, or the system's error (ECONNRESET where the other side has closed). */
int receive_all(int socket, void *into, size_t size);
int send_all(int socket, const void *from, size_t size);

/*
 * A TCP connection, made within `timeout_ms`, that notices after 25 s that the other computer is gone. Returns the socket, or -1
 * with the reason in `reason`.
 */
int connect_to(const char *host, int port, int timeout_ms, char *reason, size_t reason_size);

/* Milliseconds of a clock that only goes forward. */
int64_t now_ms(void);

#endif
