#define _GNU_SOURCE
#include "CSystemCalls.h"

#include <fcntl.h>
#include <stdio.h>
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
