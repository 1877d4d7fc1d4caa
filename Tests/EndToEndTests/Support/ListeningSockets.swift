import Foundation

/// The TCP addresses a process listens on, from `/proc`.
enum ListeningSockets {
  /// The addresses as the kernel writes them, such as `0100007F:1F90` for 127.0.0.1:8080.
  static func addresses(of identifier: pid_t) throws -> [String] {
    let descriptors = "/proc/\(identifier)/fd"
    let targets = try FileManager.default.contentsOfDirectory(atPath: descriptors).compactMap {
      try? FileManager.default.destinationOfSymbolicLink(atPath: "\(descriptors)/\($0)")
    }
    let sockets = Set(targets)
    var addresses: [String] = []
    for table in ["tcp", "tcp6"] {
      let text = try String(contentsOfFile: "/proc/\(identifier)/net/\(table)", encoding: .utf8)
      for line in text.split(separator: "\n").dropFirst() {
        let fields = line.split(separator: " ").map(String.init)
        // Local address, state 0A (listening), inode.
        guard fields.count > 9, fields[3] == "0A", sockets.contains("socket:[\(fields[9])]") else { continue }
        addresses.append(fields[1])
      }
    }
    return addresses
  }
}
