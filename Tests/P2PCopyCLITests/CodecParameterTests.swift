import P2PCopyCLI
import P2PCopyCore
import P2PCopyWire
import TestSupport
import Testing

@Suite("Parameters of codecs")
struct CodecParameterTests {
  private static var registry: CodecRegistry {
    var registry = CodecRegistry()
    registry.register(AdjustableDigest())
    registry.register(TestDigest())
    return registry
  }

  private static func digest(after settings: String...) throws -> AdjustableDigest {
    var registry = registry
    try registry.apply(settings.map { try CodecSetting($0) })
    return try #require(registry.digest(named: "adjustable.v2@example.org") as? AdjustableDigest)
  }

  @Test("Every type can be set from text, and the last of two counts")
  func types() throws {
    #expect(try Self.digest() == AdjustableDigest())
    #expect(try Self.digest(after: "adjustable.v2@example.org.rounds=12").rounds == 12)
    #expect(try Self.digest(after: "adjustable.v2@example.org.mode=fast").mode == "fast")
    #expect(try Self.digest(after: "adjustable.v2@example.org.salted=on").isSalted)
    let both = try Self.digest(
      after: "adjustable.v2@example.org.rounds=12", "adjustable.v2@example.org.salted=on",
      "adjustable.v2@example.org.rounds=-3")
    #expect(both == AdjustableDigest(rounds: -3, mode: "safe", isSalted: true))
  }

  @Test(
    "What cannot be set says which codec, which parameter and what is allowed",
    arguments: [
      ("adjustable.v2@example.org.rounds=21", ["adjustable.v2@example.org.rounds", "from -3 to 20", "'21'"]),
      ("adjustable.v2@example.org.rounds=", ["adjustable.v2@example.org.rounds", "from -3 to 20", "''"]),
      ("adjustable.v2@example.org.rounds=9223372036854775808", ["from -3 to 20"]),
      ("adjustable.v2@example.org.rounds=many\u{1B}", ["from -3 to 20", "'many\\u{1B}'"]),
      ("adjustable.v2@example.org.mode=Fast", ["adjustable.v2@example.org.mode", "one of fast, safe", "'Fast'"]),
      ("adjustable.v2@example.org.salted=1", ["adjustable.v2@example.org.salted", "on or off", "'1'"]),
      (
        "adjustable.v2@example.org.level=1",
        ["no parameter 'level'", "rounds (a number from -3 to 20)", "mode", "salted"]
      ),
      ("adjustable.v2@example.org.=1", ["no parameter ''"]),
      ("sha256.rounds=1", ["sha256 has no parameter 'rounds'", "none at all"]),
      ("md5.rounds=1", ["no codec 'md5'", "adjustable.v2@example.org"]),
      ("rounds=1", ["NAME.PARAMETER=VALUE"]),
      ("adjustable.v2@example.org", ["NAME.PARAMETER=VALUE"]),
      ("", ["NAME.PARAMETER=VALUE"]),
    ] as [(String, [String])])
  func refusals(setting: String, named: [String]) {
    let error = #expect(throws: P2PCopyError.self) { try Self.digest(after: setting) }
    #expect(error?.code == .usage)
    for text in named { #expect(error?.message.contains(text) == true, "\(error?.message ?? "")") }
  }

  @Test("What may be a code and is no setting is not repeated")
  func codeInstead() {
    let error = #expect(throws: P2PCopyError.self) { try CodecSetting("my-secret") }
    #expect(error?.message.contains("my-secret") == false)
  }

  @Test("A library sets values")
  func values() throws {
    var registry = Self.registry
    try registry.set("rounds", of: "adjustable.v2@example.org", to: .integer(5))
    #expect((registry.digests.first as? AdjustableDigest)?.rounds == 5)
    for value in [CodecParameter.Value.integer(21), .flag(true), .choice("5")] {
      let error = #expect(throws: P2PCopyError.self) {
        try registry.set("rounds", of: "adjustable.v2@example.org", to: value)
      }
      #expect(error?.code == .usage)
    }
    #expect((registry.digests.first as? AdjustableDigest)?.rounds == 5)
  }

  @Test("The list shows each as it is set, what is allowed and the default, and what is not negotiated apart")
  func list() throws {
    var registry = Self.registry
    try registry.set("rounds", of: "adjustable.v2@example.org", to: .integer(7))
    let text = CodecList.text(for: registry)
    for line in [
      "adjustable.v2@example.org.rounds=7 (-3 … 20; default 3): how often",
      "adjustable.v2@example.org.mode=safe (fast|safe; default safe): how",
      "adjustable.v2@example.org.salted=off (on|off; default off): with salt",
    ] {
      #expect(text.contains(line), "\(text)")
    }
    let apart = try #require(text.firstRange(of: "Not negotiated"))
    for kind in ["ciphers", "compressors", "digests"] {
      #expect(text[..<apart.lowerBound].contains("\n\(kind)\n"), "\(text)")
    }
    for kind in ["transports", "key-derivers", "key-exchanges"] {
      #expect(text[apart.upperBound...].contains("\n\(kind)\n"), "\(text)")
    }
  }

  @Test("The list has ciphers in the order in which they are offered, not that of registration")
  func order() throws {
    var registry = CodecRegistry()
    registry.register(NamedCipher(name: "plain", isAccelerated: false))
    registry.register(NamedCipher(name: "quick", isAccelerated: true))
    let text = CodecList.text(for: registry)
    let (quick, plain) = (text.firstRange(of: "quick"), text.firstRange(of: "plain"))
    #expect(try #require(quick).lowerBound < #require(plain).lowerBound, "\(text)")
    #expect(registry.codecs(of: .cipher).map(\.name) == CodecOffer(registry).ciphers.map(\.name))
  }
}

/// A digest with a parameter of each type. It computes nothing.
private struct AdjustableDigest: Digest, Equatable {
  var rounds = 3
  var mode = "safe"
  var isSalted = false

  var name: CodecName { "adjustable.v2@example.org" }
  var summary: String { "for tests" }
  var byteCount: Int { 32 }

  var parameters: [CodecParameter] {
    [
      .integer("rounds", rounds, default: 3, in: -3...20, help: "how often"),
      .choice("mode", mode, default: "safe", of: ["fast", "safe"], help: "how"),
      .flag("salted", isSalted, default: false, help: "with salt"),
    ]
  }

  func setting(_ parameter: String, to value: CodecParameter.Value) throws(P2PCopyError) -> AdjustableDigest {
    var changed = self
    switch (parameter, value) {
    case ("rounds", .integer(let rounds)): changed.rounds = rounds
    case ("mode", .choice(let mode)): changed.mode = mode
    case ("salted", .flag(let isSalted)): changed.isSalted = isSalted
    default: throw refusal(of: value, for: parameter)
    }
    return changed
  }

  func makeContext() throws(P2PCopyError) -> any DigestContext { try TestDigest().makeContext() }
}
