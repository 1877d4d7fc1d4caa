import Glibc

/// A system call that failed, with what it was about.
struct SystemCallError: Error, CustomStringConvertible {
  let description: String

  init(_ what: String) {
    description = "\(what): \(String(cString: strerror(errno)))"
  }
}
