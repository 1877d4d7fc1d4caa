/// The command that a sender without a relay prints for the other side, taken apart as a shell would.
struct Invitation {
  let environment: [String: String]
  let arguments: [String]

  /// Finds the command in what was printed.
  init(in text: String) throws {
    guard let line = text.split(separator: "\n").first(where: { $0.contains("p2p-copy receive") }) else {
      throw ToolFailure(description: "no command for the receiver in '\(text)'")
    }
    let words = line.split(separator: " ").map(String.init)
    let variables = words.prefix { $0 != "p2p-copy" }.map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
    guard variables.allSatisfy({ $0.count == 2 }) else { throw ToolFailure(description: "not a command: '\(line)'") }
    environment = Dictionary(variables.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    arguments = Array(words.drop { $0 != "p2p-copy" }.dropFirst())
  }

  /// The port of the sender's relay.
  var port: UInt16? { arguments.first { $0.hasPrefix("ws://") }?.split(separator: ":").last.flatMap { UInt16($0) } }
}
