/*
 * A PJRT plugin without devices: it takes the CUDA plugin's options and exchanges what that one does with the other processes, when a
 * client is created, a program is compiled, and at the first collective. Its programs compute nothing. EXCHANGE_DEVICES is the number of
 * devices that the last process has, instead of as many as this one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layouts.h"

/* Takes arguments whose struct is at least as large as the header's. */
#define NEED(args, last)                                                                 \
  if ((args)->struct_size < offsetof(__typeof__(*(args)), last) + sizeof((args)->last)) \
    return fail(INVALID_ARGUMENT, "%s: the struct has %zu bytes", __func__, (args)->struct_size)

typedef struct { ARGS; Error *error; } ErrorArgs;
typedef struct { ARGS; const Error *error; const char *message; size_t size; } MessageArgs;
typedef struct { ARGS; const Error *error; int code; } CodeArgs;
typedef struct { ARGS; Client *client; } ClientArgs;
typedef struct { ARGS; Client *client; const char *text; size_t size; } TextArgs;
typedef struct { ARGS; Client *client; Device **devices; size_t count; } DevicesArgs;
typedef struct { ARGS; Device *device; Device *description; } DescriptionArgs;
typedef struct { ARGS; Device *description; int number; } NumberArgs;
typedef struct { ARGS; Device *description; const char *kind; size_t size; } KindArgs;
typedef struct { ARGS; Device *device; int64_t in_use, peak; bool has_peak; } StatsArgs;

static void *destroy_error(ErrorArgs *args) {
  free(args->error);
  return NULL;
}

static void *error_message(MessageArgs *args) {
  args->message = args->error->text;
  args->size = strlen(args->error->text);
  return NULL;
}

static void *error_code(CodeArgs *args) {
  args->code = args->error->code;
  return NULL;
}

static void *initialize(void *args) {
  (void)args;
  return NULL;
}

static int is_named(const Option *option, const char *name) {
  return option->name_size == strlen(name) && memcmp(option->name, name, option->name_size) == 0;
}

static Error *read_option(Client *client, const Option *option) {
  int type = option->type;
  if (is_named(option, "node_id") && type == INTEGER) client->node = (int)option->integer;
  else if (is_named(option, "num_nodes") && type == INTEGER) client->nodes = (int)option->integer;
  else if (is_named(option, "visible_devices") && type == INTEGERS) client->local = (int)option->size;
  else if (!(is_named(option, "memory_fraction") && type == FLOAT) && !(is_named(option, "preallocate") && type == FLAG))
    return fail(INVALID_ARGUMENT, "Unexpected option name passed to PJRT_Client_Create: %.*s", (int)option->name_size, option->name);
  return NULL;
}

static Error *create_client(CreateArgs *args) {
  NEED(args, try_get_arg);
  Client *client = calloc(1, sizeof *client);
  client->nodes = 1;
  Error *error = NULL;
  for (size_t i = 0; i < args->option_count && error == NULL; i++) error = read_option(client, &args->options[i]);
  const char *devices = getenv("EXCHANGE_DEVICES");
  client->get = args->get;
  client->put = args->put;
  client->try_get = args->try_get;
  client->get_arg = args->get_arg;
  client->put_arg = args->put_arg;
  client->try_get_arg = args->try_get_arg;
  if (error == NULL && client->nodes > 1 && (client->get == NULL || client->put == NULL || client->try_get == NULL))
    error = fail(INVALID_ARGUMENT, "a client of %d processes needs key-value callbacks", client->nodes);
  if (error == NULL && client->nodes > 1) error = exchange_topologies(client);
  /* The devices of the last process come first, in descending order: nothing may rest on the order. */
  int last = devices == NULL ? client->local : atoi(devices);
  for (int process = client->nodes - 1; process >= 0; process--) {
    int count = process == client->nodes - 1 ? last : client->local;
    for (int i = count - 1; i >= 0; i--) {
      Device *device = &client->devices[client->count];
      *device = (Device){process * client->local + i, process};
      client->all[client->count++] = device;
    }
  }
  int own = 0;
  for (int i = client->count - 1; i >= 0; i--)
    if (client->all[i]->process == client->node) client->own[own++] = client->all[i];
  client->local = own;
  if (error != NULL) free(client);
  else args->client = client;
  return error;
}

static void *destroy_client(ClientArgs *args) {
  free(args->client);
  return NULL;
}

static void *platform_name(TextArgs *args) {
  args->text = "cuda";
  args->size = strlen(args->text);
  return NULL;
}

static void *platform_version(TextArgs *args) {
  args->text = "exchange 1";
  args->size = strlen(args->text);
  return NULL;
}

static void *all_devices(DevicesArgs *args) {
  args->devices = args->client->all;
  args->count = (size_t)args->client->count;
  return NULL;
}

static void *own_devices(DevicesArgs *args) {
  args->devices = args->client->own;
  args->count = (size_t)args->client->local;
  return NULL;
}

static void *describe(DescriptionArgs *args) {
  args->description = args->device;
  return NULL;
}

static void *device_id(NumberArgs *args) {
  args->number = args->description->id;
  return NULL;
}

static void *device_process(NumberArgs *args) {
  args->number = args->description->process;
  return NULL;
}

static void *device_kind(KindArgs *args) {
  args->kind = "a card";
  args->size = strlen(args->kind);
  return NULL;
}

static void *memory_stats(StatsArgs *args) {
  args->peak = 1000 + args->device->id;
  args->has_peak = true;
  return NULL;
}

typedef struct { ARGS; const char *code; size_t size; } Program;
typedef struct { ARGS; Client *client; const Program *program; const char *options; size_t options_size; void *executable; } CompileArgs;
typedef struct { ARGS; void *executable; } ExecutableArgs;
typedef struct { ARGS; void *loaded; void *executable; } GetExecutableArgs;
typedef struct { ARGS; void *executable; const char *bytes; size_t size; void *owner; void (*deleter)(void *); } SerializeArgs;
typedef struct { ARGS; Client *client; const char *bytes; size_t size; void *loaded; } LoadArgs;
typedef struct { ARGS; void *executable, *options; void ***arguments; size_t devices, count; void ***outputs; void **events; } ExecuteArgs;
typedef struct { ARGS; void *event; bool is_ready; } ReadyArgs;
typedef struct { ARGS; void *handle; } HandleArgs;

/* A run of one device, and the event of its end. */
typedef struct {
  Client *client;
  int device;
  pthread_t thread;
  Error *error;
} Run;

static Error *compile(CompileArgs *args) {
  NEED(args, executable);
  uint64_t fingerprint = 0xcbf29ce484222325u;
  for (size_t i = 0; i < args->program->size; i++)
    fingerprint = (fingerprint ^ (unsigned char)args->program->code[i]) * 0x100000001b3u;
  Error *error = args->client->nodes > 1 ? exchange_measurements(args->client, fingerprint) : NULL;
  args->executable = args->client;
  return error;
}

static void *get_executable(GetExecutableArgs *args) {
  args->executable = args->loaded;
  return NULL;
}

static void keep(void *owner) { (void)owner; }

static void *serialize(SerializeArgs *args) {
  args->bytes = "program";
  args->size = strlen(args->bytes);
  args->deleter = keep;
  return NULL;
}

static void *load(LoadArgs *args) {
  args->loaded = args->client;
  return NULL;
}

static void *run_device(void *data) {
  Run *run = data;
  run->error = exchange_clique(run->client, run->device);
  return NULL;
}

static void *execute(ExecuteArgs *args) {
  Client *client = args->executable;
  if (args->devices != (size_t)client->local) return fail(INVALID_ARGUMENT, "arguments for %zu of %d devices", args->devices, client->local);
  for (size_t i = 0; i < args->devices; i++) {
    Run *run = calloc(1, sizeof *run);
    *run = (Run){client, (int)i, 0, NULL};
    args->outputs[i][0] = malloc(1);
    args->events[i] = run;
    pthread_create(&run->thread, NULL, run_device, run);
  }
  return NULL;
}

static void *is_ready(ReadyArgs *args) {
  args->is_ready = false;
  return NULL;
}

static void *await_event(HandleArgs *args) {
  Run *run = args->handle;
  pthread_join(run->thread, NULL);
  return run->error;
}

static void *free_handle(HandleArgs *args) {
  free(args->handle);
  return NULL;
}

/* The numbers of the methods in PJRT_Api. */
static const struct {
  size_t size;
  void *extensions;
  struct { ARGS; int major, minor; } version;
  void *methods[118];
} api = {
    .size = sizeof api,
    .version = {24, NULL, 0, 81},
    .methods =
        {
            [0] = destroy_error,   [1] = error_message,   [2] = error_code,     [3] = initialize,     [5] = free_handle,
            [6] = is_ready,        [8] = await_event,     [10] = create_client, [11] = destroy_client, [12] = platform_name,
            [14] = platform_version, [15] = all_devices,  [16] = own_devices,   [20] = compile,       [23] = device_id,
            [24] = device_process, [26] = device_kind,    [29] = describe,      [34] = memory_stats,  [40] = initialize,
            [49] = serialize,      [50] = initialize,     [51] = get_executable, [55] = execute,      [56] = load,
            [58] = free_handle,
        },
};

__attribute__((visibility("default"))) const void *GetPjrtApi(void) { return &api; }
