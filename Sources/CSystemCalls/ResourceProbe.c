#define _GNU_SOURCE
#include "ResourceProbe.h"

#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static void *wait_for(void *mutex) {
  pthread_mutex_lock(mutex);
  pthread_mutex_unlock(mutex);
  return NULL;
}

/// Opens files on the stack of its calls, so that nothing has to be allocated, and counts them.
static int open_files(int wanted, size_t byte_count, int *has_memory) {
  if (wanted <= 0) {
    void *memory = mmap(NULL, byte_count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    *has_memory = memory != MAP_FAILED;
    if (*has_memory) munmap(memory, byte_count);
    return 0;
  }
  int descriptor = open("/", O_PATH | O_CLOEXEC);
  if (descriptor < 0) return open_files(0, byte_count, has_memory);
  int count = 1 + open_files(wanted - 1, byte_count, has_memory);
  close(descriptor);
  return count;
}

struct p2p_copy_resources p2p_copy_probe_resources(int threads, int descriptors, size_t byte_count) {
  struct p2p_copy_resources result = {0, 0, 0};
  pthread_t started[P2P_COPY_MAXIMUM_PROBED_THREADS];
  if (threads > P2P_COPY_MAXIMUM_PROBED_THREADS) threads = P2P_COPY_MAXIMUM_PROBED_THREADS;
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  while (result.threads < threads && pthread_create(&started[result.threads], NULL, wait_for, &mutex) == 0) {
    result.threads += 1;
  }
  result.descriptors = open_files(descriptors, byte_count, &result.has_memory);
  pthread_mutex_unlock(&mutex);
  for (int index = 0; index < result.threads; index += 1) pthread_join(started[index], NULL);
  return result;
}

void p2p_copy_save_address_space(void) {
#ifdef __GLIBC__
  struct rlimit space, data;
  if (getrlimit(RLIMIT_AS, &space) != 0 || getrlimit(RLIMIT_DATA, &data) != 0) return;
  if (space.rlim_cur != RLIM_INFINITY || data.rlim_cur != RLIM_INFINITY) mallopt(M_ARENA_MAX, 1);
#endif
}
