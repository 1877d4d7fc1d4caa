import NIOCore
import P2PCopy
import P2PCopyWire
import Synchronization
import TestSupport
import Testing

/// A relay that sends a peer what that has said itself.
@Suite("Hostile relay and several connections: reflection")
struct LaneReflectionTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write(TestContent.random(5 << 20, seed: 1), to: "tree/large")
    try folder.write(Array("one".utf8), to: "tree/small")
  }

  @Test(
    "A peer's own record ends the session, the first one of a connection as well",
    arguments: [PeerRole.sender, .receiver], [0, 1])
  func records(role: PeerRole, lane: UInt32) async throws {
    let (asked, reflected) = (Once(), Once())
    let record = CountingCipher.Record()
    let meddler = Meddler { meddler, line, message in
      guard message.isRecord, let address = line.address else { return line.passing(message) }
      if record.isLaneCount(message) {
        asked.set()
        return line.passing(message)
      }
      guard asked.isDone, !reflected.isDone else { return line.passing(message) }
      guard line.role == role else {
        // What comes back is the first that comes over a new connection.
        return lane > 0 && address.number == lane ? nil : line.passing(message)
      }
      guard address.number == lane, let partner = meddler.partner(of: line) else { return nil }
      reflected.set()
      return line.passing(message) + partner.passing(message)
    }
    let results = try await MeddledTransfer(in: folder, laneCount: 2, meddler, record).run()
    #expect(reflected.isDone)
    #expect(results.sent.errorCode == .checksumMismatch, "\(results)")
    #expect(results.received.errorCode == .checksumMismatch, "\(results)")
  }

  /// What comes back.
  private static func reflection(of message: TransportMessage, isAdapted: Bool) -> TransportMessage {
    guard isAdapted else { return message }
    switch message.handshakeMessage {
    case .laneOffer(let offer)?:
      return .text(
        HandshakeMessage.laneAnswer(
          receivedCount: offer.receivedCount,
          kemCiphertext: Array(offer.kemKey.prefix(HandshakeTranscript.kemCiphertextByteCount)),
          confirmation: [UInt8](repeating: 0, count: 32)
        ).encoded())
    case .laneAnswer(_, _, let confirmation)?: return .text(HandshakeMessage.laneConfirm(confirmation).encoded())
    default: return message
    }
  }

  @Test(
    "What a peer has said itself, with its role changed or not, is no answer, and it dials again",
    arguments: [ExchangeStep.offer, .answer], [false, true])
  func exchange(step: ExchangeStep, isAdapted: Bool) async throws {
    let (cut, reflected) = (Once(), Once())
    let meddler = Meddler { meddler, line, message in
      if ExchangeStep(message) == step, let partner = meddler.partner(of: line), reflected.take() {
        return partner.passing(Self.reflection(of: message, isAdapted: isAdapted))
      }
      guard message.isRecord, line.role == .sender, line.recordCount == 4, cut.take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    try await MeddledTransfer(in: folder, meddler).succeed()
    #expect(reflected.isDone)
  }

  @Test("A sender's confirmation that comes back is a text among its records, and the relay's")
  func confirmation() async throws {
    let (cut, reflected) = (Once(), Once())
    let meddler = Meddler { meddler, line, message in
      if ExchangeStep(message) == .confirmation, let partner = meddler.partner(of: line), reflected.take() {
        return partner.passing(message)
      }
      guard message.isRecord, line.role == .sender, line.recordCount == 4, cut.take() else {
        return line.passing(message)
      }
      meddler.cut(line)
      return []
    }
    // Who never got that confirmation does not know that the other one has ended.
    let sent = try await MeddledTransfer(in: folder, meddler).runToSendersEnd()
    #expect(reflected.isDone)
    #expect(sent.errorCode == .protocolViolation, "\(sent)")
    #expect(sent.errorMessage?.contains("interferes") == true, "\(sent)")
  }

  @Test(
    "Two connections of one peer that meet each other, one under the other role, are none, and are dialled again",
    arguments: [PeerRole.sender, .receiver])
  func roles(role: PeerRole) async throws {
    let count = Mutex(0)
    let record = CountingCipher.Record()
    let meddler = Meddler(renaming: { line in
      guard line.role == role else { return nil }
      let index = count.withLock { count in
        count += 1
        return count
      }
      // The first one is the handshake's.
      return switch index {
      case 2: ("meeting", role)
      case 3: ("meeting", role.other)
      default: nil
      }
    }) { _, line, message in
      record.isControl(message, "end") && count.withLock { $0 } < 3 ? nil : line.passing(message)
    }
    try await MeddledTransfer(in: folder, laneCount: 3, meddler, record).succeed()
    #expect(count.withLock { $0 } >= 3)
  }
}
