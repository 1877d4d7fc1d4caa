// What the archives of a newer Debian take from its glibc and glibc 2.31 does not have. A symbol that comes to be missing
// is named by the linker, and belongs here.

// glibc 2.32: whether there has been one thread only so far. libstdc++ counts references without atomic operations then;
// "no" is right at any time.
char __libc_single_threaded = 0;
