import P2PCopyCore
import P2PCopyTesting
import SPAKE2
import Testing

@Suite struct SPAKE2Tests {
  private let exchange = SPAKE2KeyExchange()
  private let nobody = KeyExchangeIdentities(sender: [], receiver: [])

  @Test("Conforms")
  func conforms() async throws {
    let shares = try invalidShares()
    await checkKeyExchange(exchange, invalidShares: shares)
  }

  @Test("Answers of the standard hold")
  func answersOfTheStandardHold() throws {
    let vectors = try SPAKE2Vectors.load().vectors
    #expect(vectors.count == 4)
    for vector in vectors {
      for role in [PeerRole.sender, .receiver] { try check(vector, as: role) }
    }
  }

  private func check(_ vector: SPAKE2Vectors.Vector, as role: PeerRole) throws {
    let run = try begin(vector, as: role)
    let isSender = role == .sender
    #expect(hex(run.share) == (isSender ? vector.senderShare : vector.receiverShare))
    let peerShare = try #require(Hex.decode(isSender ? vector.receiverShare : vector.senderShare))
    let transcript = try run.transcript(peerShare: peerShare.span.bytes)
    #expect(hex(transcript) == vector.transcript)
    // Behind it come the password's length and the password.
    let end = transcript.byteCount - 40
    #expect(transcript.withUnsafeBytes { hex($0[(end - 65)..<end]) } == vector.key)

    let schedule = try SPAKE2Schedule(transcript: transcript, associatedData: [UInt8]().span.bytes)
    #expect(hex(schedule.sharedKey) == vector.sharedKey)
    #expect(hex(schedule.confirmationSecret) == vector.confirmationSecret)
    #expect(hex(schedule.senderConfirmationKey) == vector.senderConfirmationKey)
    #expect(hex(schedule.receiverConfirmationKey) == vector.receiverConfirmationKey)

    let result = try begin(vector, as: role).finish(
      peerShare: peerShare.span.bytes, associatedData: [UInt8]().span.bytes)
    #expect(hex(result.sharedKey) == vector.sharedKey)
    #expect(hex(result.confirmation) == (isSender ? vector.senderConfirmation : vector.receiverConfirmation))
    #expect(hex(result.expectedConfirmation) == (isSender ? vector.receiverConfirmation : vector.senderConfirmation))
  }

  @Test("Passwords are reduced by the order")
  func passwordsAreReducedByTheOrder() throws {
    // The order of P-256 (FIPS 186-4, D.1.2.3), plus 5: the same number as 5.
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    var bytes = try #require(Hex.decode(String(repeating: "0", count: 32) + order))
    bytes[47] += 5
    let five = [UInt8](repeating: 0, count: 47) + [5]
    let left = try exchange.begin(as: .sender, password: secret(bytes), identities: nobody)
    let right = try exchange.begin(as: .receiver, password: secret(five), identities: nobody)
    let result = try left.finish(peerShare: right.share.span.bytes, associatedData: [1].span.bytes)
    let other = try right.finish(peerShare: left.share.span.bytes, associatedData: [1].span.bytes)
    #expect(result.confirmation == other.expectedConfirmation)
    #expect(other.confirmation == result.expectedConfirmation)
    #expect(hex(result.sharedKey) == hex(other.sharedKey))
  }

  @Test("A password of zero is refused")
  func aPasswordOfZeroIsRefused() throws {
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
    for digits in [String(repeating: "0", count: 64), order] {
      let password = try #require(Hex.decode(String(repeating: "0", count: 32) + digits))
      do throws(P2PCopyError) {
        _ = try exchange.begin(as: .sender, password: secret(password), identities: nobody)
        Issue.record("\(digits) was accepted")
      } catch {
        #expect(error.code == .internalError)
      }
    }
  }

  @Test("Shares that are none are refused")
  func sharesThatAreNoneAreRefused() throws {
    let vectors = try SPAKE2Vectors.load()
    let vector = vectors.vectors[0]
    let valid = try #require(Hex.decode(vector.receiverShare))
    for share in try invalidShares() {
      let run = try begin(vector, as: .sender)
      expectRefusal(of: share, by: run)
      // A second try would be a second guess.
      do throws(P2PCopyError) {
        _ = try run.finish(peerShare: valid.span.bytes, associatedData: [UInt8]().span.bytes)
        Issue.record("a run went on after \(hex(share))")
      } catch {
        #expect(error.code == .internalError)
      }
    }
  }

  @Test("A share that is only the blind is refused")
  func aShareThatIsOnlyTheBlindIsRefused() throws {
    // The password of the first vector times M and times N, computed apart: nothing remains without the blind.
    let vector = try SPAKE2Vectors.load().vectors[0]
    let timesM = try #require(
      Hex.decode(
        "04374dda5476677d9762e6109d93992307d600ed0e3b78f565359599d0be3c8628"
          + "9050ce8ab0864c2c397b2a55b6e198e4ea8ab87600a4fcb9dd3ddddafdcaeff4"))
    let timesN = try #require(
      Hex.decode(
        "04012f3c32af2c3dd3ffc98c81bfb37d262ebafc3f71065def69da12e369d8778c"
          + "9a6af8cbf8eb3b6a0fa1035586bd7de73bbce56dfe2ef94fabc045a8dcc356b1"))
    expectRefusal(of: timesN, by: try begin(vector, as: .sender))
    expectRefusal(of: timesM, by: try begin(vector, as: .receiver))
    // The other way round they are points like any other.
    _ = try begin(vector, as: .sender).finish(peerShare: timesM.span.bytes, associatedData: [UInt8]().span.bytes)
    _ = try begin(vector, as: .receiver).finish(peerShare: timesN.span.bytes, associatedData: [UInt8]().span.bytes)
  }

  /// Bytes that are no uncompressed point of P-256.
  private func invalidShares() throws -> [[UInt8]] {
    let vectors = try SPAKE2Vectors.load()
    let valid = try #require(Hex.decode(vectors.vectors[0].receiverShare))
    let coordinates = valid[1...]
    // The point with x = 0, whose other spelling x = p fits into 32 bytes too.
    let prime = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
    let zero = String(repeating: "0", count: 64)
    let root = "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"
    let smallest = try #require(Hex.decode("04" + zero + root))
    // Shows that it is a point, so that the next one is refused for its spelling only.
    let run = try begin(vectors.vectors[0], as: .sender)
    _ = try run.finish(peerShare: smallest.span.bytes, associatedData: [UInt8]().span.bytes)
    var offCurve = valid
    offCurve[64] ^= 1
    return [
      [], [0], [4], Array(valid.dropLast()), valid + [0], valid + valid,
      // Infinity, alone and filled up.
      [UInt8](repeating: 0, count: 65), [0] + coordinates,
      // Compressed, hybrid, and an encoding that is none.
      try #require(Hex.decode(vectors.senderPoint)),
      try #require(Hex.decode(vectors.senderPoint)) + [UInt8](repeating: 0, count: 32),
      [2] + coordinates, [3] + coordinates, [6] + coordinates, [7] + coordinates, [5] + coordinates,
      offCurve, [4] + [UInt8](repeating: 0, count: 64), [4] + [UInt8](repeating: 0xFF, count: 64),
      try #require(Hex.decode("04" + prime + root)),
    ]
  }

  private func begin(_ vector: SPAKE2Vectors.Vector, as role: PeerRole) throws -> SPAKE2Context {
    let password = try #require(Hex.decode(vector.password))
    let scalar = try #require(Hex.decode(role == .sender ? vector.senderScalar : vector.receiverScalar))
    return try exchange.begin(
      as: role, fixedPassword: secret(password), fixedScalar: secret(scalar),
      identities: KeyExchangeIdentities(sender: Array(vector.sender.utf8), receiver: Array(vector.receiver.utf8)))
  }

  private func expectRefusal(
    of share: [UInt8], by run: SPAKE2Context, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do throws(P2PCopyError) {
      _ = try run.finish(peerShare: share.span.bytes, associatedData: [UInt8]().span.bytes)
      Issue.record("\(hex(share)) was accepted", sourceLocation: sourceLocation)
    } catch {
      #expect(error.code == .protocolViolation, "\(hex(share))", sourceLocation: sourceLocation)
    }
  }

  private func secret(_ bytes: [UInt8]) -> SecretBytes { SecretBytes(copying: bytes.span.bytes) }
  private func hex(_ bytes: some Sequence<UInt8>) -> String { Hex.encode(bytes) }
  private func hex(_ bytes: borrowing SecretBytes) -> String { bytes.withUnsafeBytes { Hex.encode($0) } }
}
