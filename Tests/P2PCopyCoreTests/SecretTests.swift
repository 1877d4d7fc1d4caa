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

  @Test("Exit statuses and names of error codes are distinct")
  func codesAreDistinct() {
    let codes = P2PCopyError.Code.all
    #expect(Set(codes.map(\.exitStatus)).count == codes.count)
    #expect(Set(codes.map(\.name)).count == codes.count)
    #expect(!codes.map(\.exitStatus).contains(0))
  }
}
