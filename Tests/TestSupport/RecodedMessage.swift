/// A JSON message as a peer may send it, and the decoder that reads it: for what a decoder has to make of other keys.
package struct RecodedMessage: Sendable, CustomStringConvertible {
  /// The message, with every value other than what is assumed when it is missing.
  package let text: String

  /// Reads a message and writes it again.
  package let recode: @Sendable (String) throws -> String

  package init(_ text: String, recode: @escaping @Sendable (String) throws -> String) {
    self.text = text
    self.recode = recode
  }

  package var description: String { text }

  /// Spells its keys in other ways, one at a time, those inside it included.
  ///
  /// - Parameter free: Keys that may be anything.
  /// - Returns: The message with another key in place of the right one, and with both.
  package func respelled(except free: Set<String> = []) -> [(inPlace: String, beside: String)] {
    text.matches(of: /"([a-z_]+)":/).map { String($0.output.1) }.filter { !free.contains($0) }.flatMap { key in
      let spellings = [key.uppercased(), Self.capitalized(key), Self.camelCase(key), "_" + key, key + "_"]
      return spellings.filter { $0 != key }.map { other in
        (
          text.replacing("\"\(key)\":", with: "\"\(other)\":"),
          text.replacing("{", with: "{\"\(other)\":[7],", maxReplacements: 1)
        )
      }
    }
  }

  /// The message with one of its keys and its value twice, for each of them.
  package var repeated: [String] {
    text.matches(of: /"[a-z_]+":(?:"[^"]*"|[0-9]+|true)/).map { match in
      text.replacing(match.output, with: "\(match.output),\(match.output)", maxReplacements: 1)
    }
  }

  private static func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst() }

  private static func camelCase(_ key: String) -> String {
    let words = key.split(separator: "_")
    return String(words[0]) + words.dropFirst().map { capitalized(String($0)) }.joined()
  }
}
