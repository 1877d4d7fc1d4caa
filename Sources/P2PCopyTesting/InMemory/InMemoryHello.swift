#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The first message of a connection. Fields the relay does not know are ignored.
struct InMemoryHello: Decodable {
  enum Role: String, Decodable {
    case sender
    case receiver
  }

  var codeHash: String
  var role: Role

  private enum CodingKeys: String, CodingKey {
    case type
    case codeHash = "code_hash_hex"
    case role
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
  }
}
