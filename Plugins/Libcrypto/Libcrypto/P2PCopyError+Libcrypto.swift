import CLibcrypto
package import P2PCopyCore

extension P2PCopyError {
  /// Takes the reason from the thread's error queue and empties the queue, so that nobody else trips over it.
  package static func libcrypto(_ what: String) -> P2PCopyError {
    let code = ERR_get_error()
    ERR_clear_error()
    let reason = ERR_reason_error_string(code).map { String(cString: $0) } ?? "no reason given"
    return P2PCopyError(.internalError, "libcrypto could not \(what): \(reason)")
  }
}
