import P2PCopyCore
import Testing

@Suite("Secrets")
struct SecretTests {
  @Test("A code keeps its bytes")
  func bytes() throws {
    let code = try PairingCode("пароль-ключ-🔑")
    let bytes = code.withSecret { secret in secret.withUnsafeBytes { Array($0) } }
    #expect(bytes == Array("пароль-ключ-🔑".utf8))
  }

  @Test("Empty and overlong codes are refused")
  func refused() {
    #expect(throws: P2PCopyError.self) { try PairingCode("") }
    #expect(throws: P2PCopyError.self) { try PairingCode(String(repeating: "x", count: 4097)) }
  }

  @Test("A code does not show in a description")
  func description() throws {
    let code = try PairingCode("hunter2")
    #expect(!"\(code)".contains("hunter2"))
    #expect(!String(reflecting: code).contains("hunter2"))
  }

  @Test(
    "A code is divided at its first dash",
    arguments: [
      ("4821-lusab-babad", "4821", "lusab-babad"), ("a--", "a", "-"), ("käse-🔑", "käse", "🔑"),
      ("no dash", nil, "no dash"),
    ] as [(String, String?, String)])
  func parts(code: String, channel: String?, secret: String) throws {
    let parts = try PairingCode(code).parts()
    #expect(parts.channel == channel.map { Array($0.utf8) })
    #expect(parts.secret.withUnsafeBytes { Array($0) } == Array(secret.utf8))
  }

  @Test("A code with an empty part shows what a code looks like", arguments: ["-", "4821-", "-lusab-babad"])
  func emptyParts(code: String) throws {
    let code = try PairingCode(code)
    let error = #expect(throws: P2PCopyError.self) { _ = try code.parts() }
    #expect(error?.code == .usage)
    #expect(error?.message.contains("482137-lusab-babad") == true)
  }

  @Test(
    "Weak codes of one's own are remarked on",
    arguments: [
      ("482137-lusab-babad", []), ("4821-lusab-babad", []), ("123456789-lusab-babad", []), ("0000-correct horse", []),
      ("4821-lusab", ["short"]), ("4821-12345678", ["short"]),
      ("4821-123456789", []), ("4821-aaaaaaaaaaaa", ["short"]), ("482-lusab-babad", ["('482') is public"]),
      ("name\u{1B}-lusab-babad", ["('name\\u{1B}') is public"]), ("my-dog", ["('my') is public", "short"]),
      ("correct horse battery", ["offline"]), ("secret", ["offline", "short"]),
    ] as [(String, [String])])
  func advice(code: String, expected: [String]) throws {
    let advice = try PairingCode(code).advice
    #expect(advice.count == expected.count)
    for (line, text) in zip(advice, expected) { #expect(line.contains(text)) }
  }
}
