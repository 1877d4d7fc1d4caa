#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The first message of a connection. Fields the relay does not know are ignored.
struct InMemoryHello: Decodable {
  /// The type of a message and the protocol of who sent it, complete or not.
  private struct Outline: Decodable {
    var type: String
    var `protocol`: Int
  }

  enum Role: String, Decodable {
    case sender
    case receiver
  }

  var codeHash: String
  var role: Role
  /// Whether `"protocol":2` is there.
  var speaksProtocol2: Bool

  private enum CodingKeys: String, CodingKey {
    case type
    case codeHash = "code_hash_hex"
    case role
    case protocolNumber = "protocol"
  }

  /// Whether a message is a hello of protocol 2, even if something else is wrong with it.
  static func speaksProtocol2(_ text: String) -> Bool {
    guard let outline = try? JSONDecoder().decode(Outline.self, from: Data(text.utf8)) else { return false }
    return outline.type == "hello" && outline.protocol == 2
  }

  /// The hello that a text message holds, or `nil` when it holds something else.
  init?(_ text: String) {
    guard let hello = try? JSONDecoder().decode(InMemoryHello.self, from: Data(text.utf8)) else { return nil }
    self = hello
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    guard try container.decode(String.self, forKey: .type) == "hello" else {
      throw DecodingError.dataCorruptedError(forKey: .type, in: container, debugDescription: "not a hello")
    }
    codeHash = try container.decode(String.self, forKey: .codeHash)
    role = try container.decode(Role.self, forKey: .role)
    speaksProtocol2 = (try? container.decode(Int.self, forKey: .protocolNumber)) == 2
  }
}
