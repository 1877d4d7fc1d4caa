package import P2PCopyPlatform

extension FileDescriptor {
  /// Locks the file until it is closed, so that two receivers cannot write one file.
  ///
  /// - Throws: ``SystemError`` with `EAGAIN` when somebody else has it locked. Some network file systems have no locks:
  ///   then there is none to respect.
  package func lock() throws(SystemError) {
    guard flock(number, LOCK_EX | LOCK_NB) != 0 else { return }
    let error = SystemError.last
    guard error.number != EWOULDBLOCK else { throw SystemError(number: EAGAIN) }
  }
}
