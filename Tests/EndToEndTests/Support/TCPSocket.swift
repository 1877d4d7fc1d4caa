import CTestSystemCalls
import Glibc
import TestSupport

/// A blocking TCP socket on loopback. Used from threads, never from a task.
final class TCPSocket: Sendable {
  let descriptor: Int32

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
  }

  /// Listens on a port that the system chooses.
  static func listening() throws -> TCPSocket {
    let socket = TCPSocket(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
    guard try socket.withAddress(port: 0, { bind(socket.descriptor, $0, $1) }) == 0, listen(socket.descriptor, 16) == 0
    else { throw SystemCallError("cannot listen") }
    return socket
  }

  /// Connects to a port.
  static func connecting(to port: UInt16) throws -> TCPSocket {
    let socket = TCPSocket(owning: Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
    guard try socket.withAddress(port: port, { connect(socket.descriptor, $0, $1) }) == 0 else {
      throw SystemCallError("cannot connect to port \(port)")
    }
    // Nothing here may wait for ever.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(socket.descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(socket.descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return socket
  }

  deinit { close(descriptor) }

  /// The port it is bound to.
  func port() throws -> UInt16 {
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    guard result == 0 else { throw SystemCallError("a socket has no address") }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Waits for the next connection; `nil` when the socket was ended.
  func accepted() -> TCPSocket? {
    while true {
      let number = test_accept(descriptor)
      if number >= 0 { return TCPSocket(owning: number) }
      if errno != EINTR && errno != ECONNABORTED { return nil }
    }
  }

  /// Waits for some bytes; none at the end, or when the connection is lost.
  func read() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &bytes, bytes.count, 0)
      if count < 0, errno == EINTR { continue }
      return Array(bytes.prefix(max(0, count)))
    }
  }

  /// Writes everything.
  ///
  /// - Returns: Whether the other side was still there.
  @discardableResult
  func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Ends one direction or both; whoever waits on the socket wakes up.
  func end(_ how: Int = SHUT_RDWR) {
    shutdown(descriptor, Int32(how))
  }

  private func withAddress(
    port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws -> Int32 {
    guard descriptor >= 0 else { throw SystemCallError("cannot make a socket") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
