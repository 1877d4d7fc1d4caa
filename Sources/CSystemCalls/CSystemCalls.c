#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

int p2p_copy_rename_without_replacing(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int p2p_copy_synchronize_file_system(int descriptor) {
  return syncfs(descriptor);
}

int p2p_copy_open_place(int directory, const char *path, int follows_links) {
  return openat(directory, path, O_PATH | O_DIRECTORY | O_CLOEXEC | (follows_links ? 0 : O_NOFOLLOW));
}

const int p2p_copy_place_flags = O_PATH | O_DIRECTORY;

unsigned p2p_copy_file_system_type(int descriptor) {
  struct statfs information;
  return fstatfs(descriptor, &information) == 0 ? (unsigned)information.f_type : 0;
}

int p2p_copy_open_without_links(int directory, const char *path, int flags) {
  struct open_how how = {.flags = (unsigned)flags, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int p2p_copy_make_memory_file(void) {
  return memfd_create("p2p-copy", MFD_CLOEXEC);
}

int p2p_copy_forbid_memory_access(void) {
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static int give_way(id_t thread) {
  // linux/ioprio.h came late; the numbers are the interface's: the process, and the last of the "best effort" class.
  enum { who_process = 1, class_shift = 13, class_best_effort = 2, lowest = 7 };
  int processor = setpriority(PRIO_PROCESS, thread, 19);
  long disk = syscall(SYS_ioprio_set, who_process, thread, class_best_effort << class_shift | lowest);
  return processor == 0 && disk == 0 ? 0 : -1;
}

/// Who may raise a priority may do so no more: libdispatch gives its threads one of their own where it is let.
static void give_up_raising(void) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
  if (syscall(SYS_capget, &header, data) != 0) return;
  data[CAP_TO_INDEX(CAP_SYS_NICE)].effective &= ~CAP_TO_MASK(CAP_SYS_NICE);
  data[CAP_TO_INDEX(CAP_SYS_NICE)].permitted &= ~CAP_TO_MASK(CAP_SYS_NICE);
  data[CAP_TO_INDEX(CAP_SYS_NICE)].inheritable &= ~CAP_TO_MASK(CAP_SYS_NICE);
  syscall(SYS_capset, &header, data);
}

int p2p_copy_give_way(void) {
  // Linux keeps both for each thread; those to come are like the one that starts them.
  give_up_raising();
  DIR *threads = opendir("/proc/self/task");
  if (threads == NULL) return give_way(0);
  int result = 0;
  struct dirent *entry;
  while ((entry = readdir(threads)) != NULL) {
    id_t thread = (id_t)strtoul(entry->d_name, NULL, 10);
    if (thread > 0 && give_way(thread) != 0) result = -1;
  }
  closedir(threads);
  return result;
}
