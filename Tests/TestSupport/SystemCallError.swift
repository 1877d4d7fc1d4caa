import P2PCopyPlatform

/// A system call that failed in the tests' own machinery, with what it was about.
package struct SystemCallError: Error, CustomStringConvertible {
  package let description: String

  /// Takes the reason from `errno`, or from what a call that returns its error returned.
  package init(_ what: String, _ number: Int32 = errno) {
    description = "\(what): \(String(cString: strerror(number)))"
  }
}
