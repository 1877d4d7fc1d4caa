/// An error number of the C library, with its text.
package struct SystemError: Error, Hashable, CustomStringConvertible {
  package let number: Int32

  package init(number: Int32) {
    self.number = number
  }

  /// The error that the last failed call left behind. Must be read before anything else is called.
  package static var last: SystemError { SystemError(number: errno) }

  /// The system's text for it, such as `No space left on device`.
  package var description: String {
    // glibc's strerror keeps its buffer per thread since 2.32.
    String(cString: strerror(number))
  }

  /// Whether the system gives this process no more memory or open files.
  package var isOutOfResources: Bool { [ENOMEM, EMFILE, ENFILE].contains(number) }
}
