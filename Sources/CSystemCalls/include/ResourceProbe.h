#ifndef P2P_COPY_RESOURCE_PROBE_H
#define P2P_COPY_RESOURCE_PROBE_H

#include <stddef.h>

/// The most threads that are tried.
enum { P2P_COPY_MAXIMUM_PROBED_THREADS = 512 };

/// What the system gave at one time.
struct p2p_copy_resources {
  /// Threads that ran side by side.
  int threads;
  /// Files that were open at once, besides those that were open before.
  int descriptors;
  /// Whether the memory could be had besides, 1 or 0.
  int has_memory;
};

/// Takes threads, open files and memory all at once, and gives everything back: later, when one of them is refused, the
/// runtime traps, or waits for ever.
struct p2p_copy_resources p2p_copy_probe_resources(int threads, int descriptors, size_t byte_count);

/// Where the address space is limited, lets all threads share one heap: each one's own would take 64 MiB of it.
/// Before the first other thread.
void p2p_copy_save_address_space(void);

#endif
