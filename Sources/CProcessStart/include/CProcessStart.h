#ifndef P2P_COPY_PROCESS_START_H
#define P2P_COPY_PROCESS_START_H

/// Puts `/dev/null` where a standard stream is closed, so that no file or connection gets its number and is written on.
///
/// Open the wrong way round: who reads or writes there nevertheless gets EBADF, not an end of file or a success. It runs
/// by itself before `main`, since the main queue of a program with an asynchronous `main` opens descriptors before
/// anything in it is called. Only a command links this.
void p2p_copy_open_standard_streams(void);

/// The commit that this was built from, as the build's environment variable P2P_COPY_COMMIT has it; empty when it has none.
const char *p2p_copy_build_commit(void);

#endif
