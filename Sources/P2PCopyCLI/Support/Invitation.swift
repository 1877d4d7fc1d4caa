package import P2PCopy

/// What a person has to type at the other side, when the relay is the sender's own.
package struct Invitation: Sendable {
  /// The relay's addresses, the one that is most likely reached first.
  package let relays: [String]

  /// The code, when it was made here; whoever gave one knows it.
  package let code: String?

  /// What to type, one for each address. The code is in the environment of that command, where `ps` does not show it.
  package let commands: [String]

  /// - Parameters:
  ///   - hosts: The relay's addresses without the port.
  ///   - port: The port.
  ///   - code: The code, when it was made here.
  ///   - transferProtocol: The protocol that the sender speaks.
  package init(hosts: [String], port: Int, code: String?, transferProtocol: TransferProtocol) {
    let relays = hosts.map { host in "ws://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
    let options = transferProtocol == .one ? " --protocol 1 --encrypt" : ""
    self.relays = relays
    self.code = code
    commands = relays.map { relay in
      let command = "p2p-copy receive --relay \(relay)\(options)"
      return code.map { "P2P_COPY_CODE=\($0) \(command)" } ?? command
    }
  }

  /// The lines for a person.
  package var lines: [String] {
    var lines = ["On the receiving side run:"]
    for (index, command) in commands.enumerated() {
      if index > 0 { lines.append("or, if that address cannot be reached from there:") }
      lines.append("  " + command)
    }
    if code == nil { lines.append("with the code you gave here") }
    return lines
  }
}
