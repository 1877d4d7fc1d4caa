package import P2PCopy
import P2PCopyCore

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

  /// Draws the first of the commands as a QR code, for a camera.
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when the terminal cannot show it.
  func drawCode() throws(P2PCopyError) {
    func refuse(_ why: String) -> P2PCopyError { P2PCopyError(.usage, "--qr cannot be shown: \(why); leave it out") }
    guard Console.isTerminal else { throw refuse("standard error is no terminal") }
    guard let code = commands.first.flatMap({ QRCode(Array($0.utf8)) }) else { throw refuse("the command is too long") }
    guard code.columnCount <= Console.width else {
      throw refuse("it takes \(code.columnCount) columns, and the terminal has \(Console.width)")
    }
    for line in code.terminalLines { Console.error(line) }
  }

  /// Puts the first of the commands on the clipboard of the terminal, which may be another machine's (OSC 52).
  ///
  /// - Throws: ``P2PCopyError`` with code ``P2PCopyError/Code/usage`` when there is no terminal.
  func copy() throws(P2PCopyError) {
    guard Console.isTerminal else {
      throw P2PCopyError(.usage, "--copy needs a terminal, and standard error is none; leave it out")
    }
    guard let command = commands.first else { return }
    Console.drawRaw("\u{1B}]52;c;\(Base64.encode(Array(command.utf8)))\u{7}")
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
