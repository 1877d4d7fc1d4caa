import P2PCopyPlatform

/// The machine's own addresses.
enum NetworkInterfaces {
  /// Numeric addresses of the interfaces that are up, without loopback and link-local ones.
  static func addresses(includingIPv6: Bool) -> [String] {
    var first: UnsafeMutablePointer<ifaddrs>?
    guard getifaddrs(&first) == 0 else { return [] }
    defer { freeifaddrs(first) }
    var addresses: [String] = []
    var next = first
    while let interface = next?.pointee {
      next = interface.ifa_next
      let flags = Int32(bitPattern: interface.ifa_flags)
      guard let address = interface.ifa_addr, flags & Int32(IFF_UP) != 0,
        flags & Int32(IFF_LOOPBACK) == 0
      else { continue }
      let family = Int32(address.pointee.sa_family)
      guard family == AF_INET || (family == AF_INET6 && includingIPv6) else { continue }
      let length = family == AF_INET ? MemoryLayout<sockaddr_in>.size : MemoryLayout<sockaddr_in6>.size
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard
        getnameinfo(address, socklen_t(length), &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let host = text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
      let shown = String(decoding: host, as: UTF8.self)
      if !shown.contains("%"), !addresses.contains(shown) { addresses.append(shown) }
    }
    return addresses
  }
}
