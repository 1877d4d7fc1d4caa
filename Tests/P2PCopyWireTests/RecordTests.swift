import AESGCM
import ChaCha20Poly1305
import NIOCore
import P2PCopyCore
import P2PCopyWire
import Testing

@Suite("Records")
struct RecordTests {
  static let ciphers: [any Cipher] = [AESGCMCipher(), ChaCha20Poly1305Cipher()]
  private static let body = Array("a small record".utf8)

  private static func key(_ cipher: any Cipher, _ direction: KeyDirection, _ purpose: String = "a") throws -> RecordKey
  {
    let schedule = KeySchedule(
      sharedKey: SecretBytes(hex: "000102030405060708090a0b0c0d0e0f"), kemSecret: SecretBytes(hex: "10111213"),
      salt: [1])
    return try RecordKey(
      schedule, .dataKey, .dataIV, cipher: cipher, direction: direction, context: Array(purpose.utf8))
  }

  private static func sealer(_ cipher: any Cipher, _ direction: KeyDirection = .senderToReceiver) throws -> RecordSealer
  {
    RecordSealer(key: try key(cipher, direction))
  }

  private static func opener(_ cipher: any Cipher) throws -> RecordOpener {
    RecordOpener(key: try key(cipher, .senderToReceiver), from: .sender)
  }

  private static func sealed(_ sealer: RecordSealer, _ body: [UInt8] = RecordTests.body) throws -> [UInt8] {
    var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
    record.writeBytes(body)
    try sealer.seal(&record)
    return Array(record.readableBytesView)
  }

  private static func open(_ record: [UInt8], _ opener: RecordOpener) throws -> [UInt8] {
    var record = ByteBuffer(bytes: record)
    try opener.open(&record)
    return Array(record.readableBytesView)
  }

  /// Opening must fail, and say which record it was.
  private static func expectDamage(
    _ record: [UInt8], number: UInt64, _ opener: RecordOpener, _ what: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      _ = try open(record, opener)
      Issue.record("opened: \(what)", sourceLocation: sourceLocation)
    } catch let error as P2PCopyError {
      #expect(error.code == .checksumMismatch, "\(what)", sourceLocation: sourceLocation)
      #expect(
        error.message.contains("record \(number) from the sender"), "\(what): \(error.message)",
        sourceLocation: sourceLocation)
    } catch {
      Issue.record("\(error)", sourceLocation: sourceLocation)
    }
  }

  @Test("Any changed bit of header, chain, body or tag is found", arguments: ciphers.indices)
  func flipped(cipher: Int) throws {
    let cipher = Self.ciphers[cipher]
    let record = try Self.sealed(Self.sealer(cipher))
    #expect(record.count == RecordHeader.byteCount + Self.body.count + cipher.tagByteCount)
    for index in record.indices {
      for bit in 0..<8 {
        var changed = record
        changed[index] ^= 1 << UInt8(bit)
        Self.expectDamage(changed, number: 0, try Self.opener(cipher), "byte \(index), bit \(bit)")
      }
    }
    #expect(try Self.open(record, Self.opener(cipher)) == Self.body)
  }

  @Test("Any other length is found", arguments: ciphers.indices)
  func lengths(cipher: Int) throws {
    let cipher = Self.ciphers[cipher]
    for body in [[], Self.body] {
      let record = try Self.sealed(Self.sealer(cipher), body)
      for count in 0..<record.count {
        Self.expectDamage(Array(record[..<count]), number: 0, try Self.opener(cipher), "\(count) bytes at the front")
        Self.expectDamage(Array(record.suffix(count)), number: 0, try Self.opener(cipher), "\(count) bytes at the end")
      }
      for extra in [1, 16, 40] {
        Self.expectDamage(
          record + [UInt8](repeating: 0, count: extra), number: 0, try Self.opener(cipher), "\(extra) more")
      }
      #expect(try Self.open(record, Self.opener(cipher)) == body)
    }
  }

  @Test("A record that is missing, moved, repeated or of the other direction is found", arguments: ciphers.indices)
  func order(cipher: Int) throws {
    let cipher = Self.ciphers[cipher]
    let sealer = try Self.sealer(cipher)
    let records = try (0..<4).map { try Self.sealed(sealer, [UInt8($0)]) }
    #expect(sealer.recordCount == 4)

    func opener(after count: Int) throws -> RecordOpener {
      let opener = try Self.opener(cipher)
      for index in 0..<count { #expect(try Self.open(records[index], opener) == [UInt8(index)]) }
      return opener
    }
    for count in 0..<4 {
      for other in 0..<4 where other != count {
        Self.expectDamage(records[other], number: UInt64(count), try opener(after: count), "\(other) for \(count)")
        // Nor with the right number on it.
        let renumbered = records[count][..<8] + records[other][8...]
        Self.expectDamage(
          Array(renumbered), number: UInt64(count), try opener(after: count), "\(other) as \(count)")
        // Nor with the right number and chain.
        let dressed = records[count][..<40] + records[other][40...]
        Self.expectDamage(Array(dressed), number: UInt64(count), try opener(after: count), "\(other) in \(count)")
      }
    }
    let other = try Self.sealer(cipher, .receiverToSender)
    Self.expectDamage(try Self.sealed(other, [0]), number: 0, try opener(after: 0), "the other direction")

    let all = try opener(after: 4)
    #expect(all.recordCount == 4)
    #expect(all.chainValue == sealer.chainValue)
  }

  @Test("After a record that does not fit no other is opened, not even the right one", arguments: ciphers.indices)
  func afterDamage(cipher: Int) throws {
    let cipher = Self.ciphers[cipher]
    let record = try Self.sealed(Self.sealer(cipher))
    let opener = try Self.opener(cipher)
    var changed = record
    changed[record.count - 1] ^= 1
    Self.expectDamage(changed, number: 0, opener, "its tag")
    #expect(throws: P2PCopyError.self) { try Self.open(record, opener) }
  }

  @Test(
    "Numbers and chain go on across a change of keys; the old key opens nothing any more", arguments: ciphers.indices)
  func changeOfKeys(cipher: Int) throws {
    let cipher = Self.ciphers[cipher]
    let sealer = try Self.sealer(cipher)
    let first = try Self.sealed(sealer)
    let stale = try Self.sealer(cipher)
    _ = try Self.sealed(stale)
    let underOldKey = try Self.sealed(stale)
    sealer.changeKey(to: try Self.key(cipher, .senderToReceiver, "b"))
    let second = try Self.sealed(sealer)
    #expect(second[..<8].elementsEqual([0, 0, 0, 0, 0, 0, 0, 1]))

    func changed() throws -> RecordOpener {
      let opener = try Self.opener(cipher)
      _ = try Self.open(first, opener)
      opener.changeKey(to: try Self.key(cipher, .senderToReceiver, "b"))
      return opener
    }
    #expect(try Self.open(second, changed()) == Self.body)
    Self.expectDamage(underOldKey, number: 1, try changed(), "the old key")
    for index in second.indices {
      var flipped = second
      flipped[index] ^= 0x80
      Self.expectDamage(flipped, number: 1, try changed(), "byte \(index) after the change")
    }
    let unchanged = try Self.opener(cipher)
    _ = try Self.open(first, unchanged)
    Self.expectDamage(second, number: 1, unchanged, "the new key too early")
  }

  @Test("A lane among several carries numbers in any order, none of them twice, and opens them as they were sealed")
  func anyOrder() throws {
    for cipher in Self.ciphers {
      let (sealer, opener) = (try Self.sealer(cipher), try Self.opener(cipher))
      for number: UInt64 in [7, 3, 1000, 4] {
        var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount)
        record.writeBytes(Self.body)
        try sealer.seal(&record, as: number)
        #expect(try opener.openAny(&record) == number)
        #expect(Array(record.readableBytesView) == Self.body)
      }
      for number: UInt64 in [3, 1000, .max] {
        var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount + 1)
        let error = #expect(throws: P2PCopyError.self) { try sealer.seal(&record, as: number) }
        #expect(error?.code == .internalError)
      }
      // Without a number of its own a record is behind all others.
      var next = ByteBuffer(bytes: try Self.sealed(sealer))
      #expect(try opener.openAny(&next) == 1001)
    }
  }

  @Test("However many were sealed, no number is used again")
  func longAgo() throws {
    let sealer = try Self.sealer(AESGCMCipher())
    for _ in 0..<5000 { _ = try Self.sealed(sealer, [1]) }
    for number: UInt64 in [0, 1, 2000, 4999] {
      var record = ByteBuffer(repeating: 0, count: RecordHeader.byteCount + 1)
      #expect(throws: P2PCopyError.self) { try sealer.seal(&record, as: number) }
    }
  }

  @Test("Over a lane among several, a record that was changed or is missing is damage all the same")
  func anyOrderDamage() throws {
    let sealer = try Self.sealer(AESGCMCipher())
    let (first, second) = (try Self.sealed(sealer), try Self.sealed(sealer))
    for index in [0, 7, 8, 39, 40, second.count - 1] {
      let opener = try Self.opener(AESGCMCipher())
      var whole = ByteBuffer(bytes: first)
      #expect(try opener.openAny(&whole) == 0)
      var changed = second
      changed[index] ^= 1
      var record = ByteBuffer(bytes: changed)
      let error = #expect(throws: P2PCopyError.self) { try opener.openAny(&record) }
      #expect(error?.code == .checksumMismatch, "byte \(index)")
    }
    var alone = ByteBuffer(bytes: second)
    let opener = try Self.opener(AESGCMCipher())
    #expect(throws: P2PCopyError.self) { try opener.openAny(&alone) }
  }
}
