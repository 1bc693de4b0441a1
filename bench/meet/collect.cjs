// Loaded before a node and its threads: each collects its garbage every two seconds, so that memory is what is held.
setInterval(() => globalThis.gc(), 2000).unref()
