#ifndef P2P_COPY_SYSTEM_CALLS_H
#define P2P_COPY_SYSTEM_CALLS_H

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

#endif
