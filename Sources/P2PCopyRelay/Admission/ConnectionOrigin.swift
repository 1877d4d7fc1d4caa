import NIOCore

/// Where a connection comes from, as far as one customer of a network is told from another: an IPv4 address, or the first
/// 64 bits of an IPv6 one, of which whoever has one has all.
struct ConnectionOrigin: Hashable {
  /// 4 or 8 bytes; none for an address that is not known.
  private let bytes: [UInt8]

  /// The origin of a connection from an address.
  init(of address: SocketAddress?) {
    switch address {
    // Where `sin_addr` and `sin6_addr` lie in the system's structures, on every system; by name they are not visible here.
    case .v4(let address): bytes = withUnsafeBytes(of: address.address) { Array($0[4..<8]) }
    case .v6(let address):
      let all = withUnsafeBytes(of: address.address) { Array($0[8..<24]) }
      // An IPv4 address as a socket that takes both sees it: ::ffff:192.0.2.1.
      let isMapped = all[..<10].allSatisfy { $0 == 0 } && all[10..<12].allSatisfy { $0 == 0xFF }
      bytes = Array(isMapped ? all[12...] : all[..<8])
    case .unixDomainSocket, nil: bytes = []
    }
  }
}
