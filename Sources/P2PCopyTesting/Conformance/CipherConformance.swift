import P2PCopyCore

/// The parts of ``checkCipher(_:vectors:sourceLocation:)``.
struct CipherConformance: Sendable {
  let cipher: any Cipher
  let report: ConformanceReport

  func checkVectors(_ vectors: [CipherVector]) throws {
    for count in cipher.nonceByteCounts {
      report.require(
        vectors.contains { $0.nonce.count == count }, "there is no known answer with a nonce of \(count) bytes")
    }
    for vector in vectors {
      let context = try cipher.makeContext(key: SecretBytes(copying: vector.key.span.bytes))
      let expected = SealedMessage(
        nonce: vector.nonce, bytes: vector.ciphertext, associatedData: vector.associatedData, tag: vector.tag)
      let sealed = try seal(
        vector.plaintext, nonce: vector.nonce, authenticating: vector.associatedData, with: context)
      report.require(sealed.bytes == vector.ciphertext, "the ciphertext differs from \(vector.source)")
      report.require(sealed.tag == vector.tag, "the tag differs from \(vector.source)")
      report.require(try context.open(expected) == vector.plaintext, "the plaintext differs from \(vector.source)")
    }
  }

  func checkRoundTrips() throws {
    // One context for everything: nonce lengths take turns on it.
    let context = try makeContext()
    let associatedData = SampleData.random(48, seed: 5)
    var number: UInt64 = 0
    for byteCount in SampleData.byteCounts {
      let plaintext = SampleData.text(byteCount)
      for nonceByteCount in cipher.nonceByteCounts {
        for associated in [[], Array(associatedData[..<1]), associatedData] {
          number += 1
          let nonce = SampleData.random(nonceByteCount, seed: 1000 + number)
          let sealed = try seal(plaintext, nonce: nonce, authenticating: associated, with: context)
          report.require(sealed.tag.count == cipher.tagByteCount, "a tag has \(sealed.tag.count) bytes")
          report.require(
            byteCount < 15 || sealed.bytes != plaintext, "\(byteCount) bytes were sealed, but not encrypted")
          report.require(try context.open(sealed) == plaintext, "\(byteCount) bytes came back changed")
          let again = try seal(plaintext, nonce: nonce, authenticating: associated, with: makeContext())
          report.require(again == sealed, "a fresh context seals the same message differently")
        }
      }
    }
  }

  func checkFlippedBits() throws {
    let context = try makeContext()
    for nonceByteCount in cipher.nonceByteCounts {
      let nonce = SampleData.random(nonceByteCount, seed: 6)
      let associated = SampleData.random(20, seed: 7)
      let plaintext = SampleData.text(67)
      let sealed = try seal(plaintext, nonce: nonce, authenticating: associated, with: context)
      refuseEveryFlip(of: \.nonce, "nonce", in: sealed, with: context)
      refuseEveryFlip(of: \.bytes, "data", in: sealed, with: context)
      refuseEveryFlip(of: \.associatedData, "associated data", in: sealed, with: context)
      refuseEveryFlip(of: \.tag, "tag", in: sealed, with: context)
      report.require(try context.open(sealed) == plaintext, "a context gives wrong results after a refusal")
    }
  }

  func checkOtherMessages() throws {
    let context = try makeContext()
    let nonce = SampleData.random(12, seed: 8)
    let plaintext = SampleData.text(64)
    let sealed = try seal(plaintext, nonce: nonce, authenticating: [1, 2, 3], with: context)
    var changed = sealed
    changed.bytes.removeLast()
    refuse(changed, "a message without its last byte", with: context)
    changed.bytes = sealed.bytes + [0]
    refuse(changed, "a message with one more byte", with: context)
    changed.bytes = []
    refuse(changed, "a message without its data", with: context)
    changed = sealed
    changed.associatedData = []
    refuse(changed, "a message without its associated data", with: context)
    changed.associatedData = [1, 2, 3, 0]
    refuse(changed, "a message with more associated data", with: context)
    changed = try seal(plaintext, nonce: SampleData.random(12, seed: 9), authenticating: [1, 2, 3], with: context)
    report.require(changed.bytes != sealed.bytes, "two nonces give the same ciphertext")
    changed.nonce = nonce
    refuse(changed, "a message with another one's nonce", with: context)
    refuse(sealed, "a message under another key", with: try makeContext(seed: 11))
    report.require(try context.open(sealed) == plaintext, "a context gives wrong results after a refusal")
  }

  func checkWrongLengths() throws {
    for count in [0, 1, cipher.keyByteCount - 1, cipher.keyByteCount + 1, 2 * cipher.keyByteCount] {
      report.requireRefusal("a key of \(count) bytes") { () throws(P2PCopyError) in
        _ = try cipher.makeContext(key: SecretBytes(copying: SampleData.random(count).span.bytes))
      }
    }
    let context = try makeContext()
    let nonce = SampleData.random(12, seed: 8)
    let sealed = try seal([1, 2, 3], nonce: nonce, authenticating: [], with: context)
    let wrong = Set(cipher.nonceByteCounts.flatMap { [$0 - 1, $0 + 1] } + [0, 1, 1000])
    for count in wrong.subtracting(cipher.nonceByteCounts).sorted() {
      report.requireRefusal("sealing with a nonce of \(count) bytes") { () throws(P2PCopyError) in
        _ = try seal([1, 2, 3], nonce: SampleData.random(count), authenticating: [], with: context)
      }
      var changed = sealed
      changed.nonce = SampleData.random(count)
      report.requireRefusal("opening with a nonce of \(count) bytes") { () throws(P2PCopyError) in
        _ = try context.open(changed)
      }
    }
    for count in [0, 1, cipher.tagByteCount - 1, cipher.tagByteCount + 1] {
      var changed = sealed
      changed.tag = Array((sealed.tag + [0]).prefix(count))
      report.requireRefusal("opening with a tag of \(count) bytes") { () throws(P2PCopyError) in
        _ = try context.open(changed)
      }
    }
    for room in [0, cipher.tagByteCount - 1] {
      report.requireRefusal("sealing with room for \(room) bytes of tag") { () throws(P2PCopyError) in
        _ = try context.seal([1, 2, 3], nonce: nonce, authenticating: [], room: room, report: report)
      }
    }
    report.require(try context.open(sealed) == [1, 2, 3], "a context gives wrong results after a wrong length")
  }

  func checkParallelContexts() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let context = try makeContext(seed: UInt64(20 + worker))
          for round in 0..<20 {
            let plaintext = SampleData.text(10_000 + round)
            let nonce = SampleData.random(12, seed: UInt64(round))
            let sealed = try seal(plaintext, nonce: nonce, authenticating: [UInt8(round)], with: context)
            report.require(try context.open(sealed) == plaintext, "two contexts in parallel disturb each other")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - Helpers

  private func makeContext(seed: UInt64 = 10) throws(P2PCopyError) -> any CipherContext {
    try cipher.makeContext(key: SecretBytes(copying: SampleData.random(cipher.keyByteCount, seed: seed).span.bytes))
  }

  private func seal(
    _ plaintext: [UInt8], nonce: [UInt8], authenticating associatedData: [UInt8], with context: any CipherContext
  ) throws(P2PCopyError) -> SealedMessage {
    try context.seal(
      plaintext, nonce: nonce, authenticating: associatedData, room: cipher.tagByteCount, report: report)
  }

  @discardableResult
  private func refuse(_ message: SealedMessage, _ what: String, with context: any CipherContext) -> Bool {
    report.requireRefusal(what, code: .wrongCode) { () throws(P2PCopyError) in _ = try context.open(message) }
  }

  private func refuseEveryFlip(
    of part: WritableKeyPath<SealedMessage, [UInt8]>, _ name: String, in sealed: SealedMessage,
    with context: any CipherContext
  ) {
    for bit in 0..<(sealed[keyPath: part].count * 8) {
      var changed = sealed
      changed[keyPath: part][bit / 8] ^= 1 << (bit % 8)
      // One finding a part is enough.
      guard refuse(changed, "a message with bit \(bit) of its \(name) flipped", with: context) else { return }
    }
  }
}
