import Glibc

/// Programs that start the command with fewer rights than the tests have.
enum Restrictions {
  static let isRoot = geteuid() == 0

  /// Starts it as a user without rights; needs root.
  static let asNobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

  /// Starts it where the system refuses to set modes and times, as FAT, CIFS and FUSE do: with a filter on system calls.
  static let withoutMetadata = ["python3", "-c", filter]

  private static let filter = """
    import ctypes, os, platform, struct, sys
    architecture, numbers = {
      'x86_64': (0xC000003E, [90, 91, 132, 235, 261, 268, 280, 452]), 'aarch64': (0xC00000B7, [52, 53, 88, 452])
    }[platform.machine()]
    def step(code, yes, no, value): return struct.pack('HBBI', code, yes, no, value)
    program = step(0x20, 0, 0, 4) + step(0x15, 1, 0, architecture) + step(0x06, 0, 0, 0x7FFF0000) + step(0x20, 0, 0, 0)
    for index, number in enumerate(numbers): program += step(0x15, len(numbers) - index, 0, number)
    program += step(0x06, 0, 0, 0x7FFF0000) + step(0x06, 0, 0, 0x00050001)
    memory = ctypes.create_string_buffer(program)
    class Filter(ctypes.Structure): _fields_ = [('count', ctypes.c_ushort), ('program', ctypes.c_void_p)]
    value = Filter(len(program) // 8, ctypes.addressof(memory))
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(38, 1, 0, 0, 0) or library.prctl(22, 2, ctypes.byref(value)):
      sys.exit(os.strerror(ctypes.get_errno()))
    os.execvp(sys.argv[1], sys.argv[1:])
    """
}
