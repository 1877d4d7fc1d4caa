#ifndef P2P_COPY_SYSTEM_CALLS_H
#define P2P_COPY_SYSTEM_CALLS_H

#include "ResourceProbe.h"

/// Renames `from` to `to`, both relative to directory descriptors, and fails with EEXIST when `to` exists.
/// Swift's overlay of the C library leaves renameat2(2) out.
///
/// @return 0, or -1 with errno set; EINVAL and ENOSYS mean that the file system cannot do it.
int p2p_copy_rename_without_replacing(int from_directory, const char *from, int to_directory, const char *to);

/// Writes everything of the file system that holds `descriptor` to its disk: syncfs(2).
///
/// @return 0, or -1 with errno set.
int p2p_copy_synchronize_file_system(int descriptor);

/// Opens a directory as a place (O_PATH): enough to reach what is in it, and needs no right to read it.
/// Swift's overlay leaves O_PATH out.
///
/// @param follows_links Whether `path` may be a symbolic link to a directory.
/// @return A descriptor that is closed on exec, or -1 with errno set.
int p2p_copy_open_place(int directory, const char *path, int follows_links);

/// Flags for open(2): a directory as the place that others are opened from, which needs no right to read it.
extern const int p2p_copy_place_flags;

/// What kind of file system an open file lies on: f_type of fstatfs(2).
///
/// @return The number of linux/magic.h; 0 when it cannot be found out.
unsigned p2p_copy_file_system_type(int descriptor);

/// Opens a path below a directory without following a symbolic link anywhere on the way: openat2(2), Linux 5.6.
///
/// @return A descriptor, or -1 with errno set; ELOOP for a link, ENOSYS (in some containers EPERM) where there is no such
/// call.
int p2p_copy_open_without_links(int directory, const char *path, int flags);

/// Makes a file without a name that lies in memory: memfd_create(2).
///
/// @return A descriptor, or -1 with errno set.
int p2p_copy_make_memory_file(void);

/// Forbids core dumps of this process and that other processes of the user read its memory: PR_SET_DUMPABLE of prctl(2),
/// a variadic function, which Swift does not import.
///
/// @return 0, or -1 with errno set.
int p2p_copy_forbid_memory_access(void);

/// Gives the threads there are, and those that they start, the lowest priority at the processor, and at the disk the lowest of those that
/// are served in their turn: ioprio_set(2), which glibc leaves out. The idle class is not used: on a busy machine it would
/// never have its turn.
///
/// @return 0, or -1 with errno set when one of the two was refused.
int p2p_copy_give_way(void);

#endif
