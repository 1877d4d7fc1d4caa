import Testing
import WebSocketFraming

@Suite struct UTF8ValidatorTests {
  static let valid: [[UInt8]] = [
    [], Array("plain ASCII, longer than one machine word".utf8), Array("κόσμε".utf8), Array("12345678é".utf8),
    [0x00], [0x7F], [0xC2, 0x80], [0xDF, 0xBF], [0xE0, 0xA0, 0x80], [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80],
    [0xEF, 0xBF, 0xBF], [0xF0, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xBF],
    Array("a\u{1F9EC}b\u{10FFFF}c".utf8),
  ]

  static let invalid: [[UInt8]] = [
    [0x80], [0xBF], [0xFE], [0xFF],
    [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],  // overlong
    [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
    [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0x80, 0xED, 0xB0, 0x80],  // surrogates
    [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80],  // beyond U+10FFFF
    [0xC2, 0x41], [0xE2, 0x82, 0x41], [0xF0, 0x9F, 0xA7, 0x41], [0xC3, 0xC3], [0xE2, 0x28, 0xA1],
    Array("12345678".utf8) + [0xFF],
  ]

  private func accepts(_ pieces: [ArraySlice<UInt8>]) -> (isValid: Bool, isComplete: Bool) {
    var validator = UTF8Validator()
    var isValid = true
    for piece in pieces { isValid = piece.withUnsafeBytes { validator.consume($0) } && isValid }
    return (isValid, validator.isComplete)
  }

  @Test("Accepts at every split", arguments: valid)
  func acceptsAtEverySplit(bytes: [UInt8]) {
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let result = accepts([bytes[..<first], bytes[first..<second], bytes[second...]])
        #expect(result.isValid && result.isComplete, "split at \(first) and \(second)")
      }
    }
  }

  @Test("Refuses at every split", arguments: invalid)
  func refusesAtEverySplit(bytes: [UInt8]) {
    for first in 0...bytes.count {
      for second in first...bytes.count {
        let result = accepts([bytes[..<first], bytes[first..<second], bytes[second...]])
        #expect(!(result.isValid && result.isComplete), "split at \(first) and \(second)")
      }
    }
  }

  @Test("A cut scalar is valid so far but not complete")
  func aCutScalarIsValidSoFarButNotComplete() {
    let scalar = Array("\u{1F9EC}".utf8)
    for count in 1...3 {
      let result = accepts([scalar[..<count]])
      #expect(result.isValid && !result.isComplete)
    }
  }

  @Test("Stays failed")
  func staysFailed() {
    let result = accepts([[0xFF], [0x41]])
    #expect(!result.isValid && !result.isComplete)
    var validator = UTF8Validator()
    _ = [UInt8]([0xC0]).withUnsafeBytes { validator.consume($0) }
    #expect(![UInt8]([0x41]).withUnsafeBytes { validator.consume($0) })
    #expect(![UInt8]().withUnsafeBytes { validator.consume($0) })
  }

  /// Every sequence of two bytes, and every one of three and four that starts one of the interesting ways.
  @Test("Agrees with the standard library")
  func agreesWithTheStandardLibrary() {
    func check(_ bytes: [UInt8]) {
      let result = accepts([bytes[...]])
      let expected = String(validating: bytes, as: UTF8.self) != nil
      if (result.isValid && result.isComplete) != expected { Issue.record("\(bytes)") }
    }
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        check([first, second])
        guard first >= 0xE0, (0x80...0xBF).contains(second) else { continue }
        for third: UInt8 in [0x00, 0x7F, 0x80, 0xBF, 0xC0] {
          check([first, second, third])
          check([first, second, third, 0x80])
          check([first, second, third, 0x41])
        }
      }
    }
  }
}
