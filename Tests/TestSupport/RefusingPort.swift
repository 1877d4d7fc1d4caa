import P2PCopyPlatform

/// A port of the loopback address that refuses connections: it is taken, so that nobody else can listen on it meanwhile,
/// and nobody listens on it.
package final class RefusingPort {
  /// The port.
  package let number: Int
  private let descriptor: Int32

  /// Takes a port that the system chooses, until this is let go.
  package init() throws(SystemCallError) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw SystemCallError("socket") }
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var byteCount = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, byteCount) == 0 ? getsockname(descriptor, address, &byteCount) : -1
      }
    }
    number = Int(UInt16(bigEndian: address.sin_port))
    guard status == 0 else {
      let error = SystemCallError("bind")
      close(descriptor)
      throw error
    }
  }

  deinit {
    close(descriptor)
  }
}
