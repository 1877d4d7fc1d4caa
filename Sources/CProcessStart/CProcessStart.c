#include "CProcessStart.h"

#include <fcntl.h>
#include <unistd.h>

__attribute__((constructor)) void p2p_copy_open_standard_streams(void) {
  for (int descriptor = 0; descriptor <= 2; descriptor++) {
    if (fcntl(descriptor, F_GETFD) >= 0) continue;
    // The lowest number that is free, which is this one. Without it there is nothing that may be opened safely.
    if (open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY) != descriptor) _exit(1);
  }
}

#define P2P_COPY_QUOTED(text) #text
#define P2P_COPY_TEXT(text) P2P_COPY_QUOTED(text)

const char *p2p_copy_build_commit(void) {
#ifdef P2P_COPY_COMMIT
  return P2P_COPY_TEXT(P2P_COPY_COMMIT);
#else
  return "";
#endif
}
