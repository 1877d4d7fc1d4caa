#pragma once

#include <spawn.h>
#include <stddef.h>

// Calls that glibc declares only with _GNU_SOURCE, which Swift's Glibc module does not define.

/// pipe2 with O_CLOEXEC.
int test_pipe(int ends[2]);

/// accept4 with SOCK_CLOEXEC.
int test_accept(int descriptor);

/// Opens a new pseudo-terminal, close-on-exec, and writes the name of its other end into `name`; -1 when it cannot.
int test_open_terminal(char *name, size_t capacity);

/// posix_spawn_file_actions_addchdir_np.
int test_spawn_add_chdir(posix_spawn_file_actions_t *actions, const char *path);

/// posix_spawn_file_actions_addclosefrom_np.
int test_spawn_add_closefrom(posix_spawn_file_actions_t *actions, int first);

/// POSIX_SPAWN_SETSID.
short test_spawn_new_session(void);
