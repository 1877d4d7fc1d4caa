import CLibcrypto

/// The version of the library that the program runs with.
package enum LibcryptoVersion {
  /// Such as `3.0.22`.
  package static var text: String {
    OpenSSL_version(OPENSSL_VERSION_STRING).map { String(cString: $0) } ?? "unknown"
  }
}
