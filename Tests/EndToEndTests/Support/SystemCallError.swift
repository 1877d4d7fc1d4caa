import Glibc

/// A system call that failed in the tests' own machinery.
struct SystemCallError: Error, CustomStringConvertible {
  let description: String

  /// Takes the reason from `errno`, or from what a call that returns its error returned.
  init(_ what: String, _ number: Int32 = errno) {
    description = "\(what): \(String(cString: strerror(number)))"
  }
}
