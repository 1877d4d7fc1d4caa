import P2PCopyCore
import SPAKE2

/// SPAKE2 with one fault.
struct BrokenKeyExchange: KeyExchange {
  enum Fault: CaseIterable {
    case ignoresAssociatedData, ignoresIdentities, ignoresTheEndOfThePassword, confirmsAlike, takesAnyShare,
      takesPointsOffTheCurve, repeatsItself, finishesTwice, isLongerThanItSays

    /// What the kit must say about it.
    var finding: String {
      switch self {
      case .ignoresAssociatedData: "no associated data: a confirmation was taken"
      case .ignoresIdentities: "another name of the sender: a confirmation was taken"
      case .ignoresTheEndOfThePassword: "bit 383 of the password does not matter"
      case .confirmsAlike: "a sender that gets its own messages back takes them for another's"
      case .takesAnyShare: "a share of 0 bytes, empty, was accepted"
      case .takesPointsOffTheCurve: "a share of 65 bytes, 0000000000000000…, was accepted"
      case .repeatsItself: "two runs have the same share"
      case .finishesTwice: "finishing a run twice was accepted"
      case .isLongerThanItSays: "a share has 65 bytes instead of 64"
      }
    }
  }

  var fault: Fault

  var name: CodecName { "broken@example.org" }
  var summary: String { "SPAKE2 with a fault" }
  var passwordByteCount: Int { 48 }
  var shareByteCount: Int { fault == .isLongerThanItSays ? 64 : 65 }

  func begin(
    as role: PeerRole, password: borrowing SecretBytes, identities: KeyExchangeIdentities
  ) throws(P2PCopyError) -> any KeyExchangeContext {
    guard password.byteCount == 48 else { throw P2PCopyError(.internalError, "wrong length") }
    let identities = fault == .ignoresIdentities ? KeyExchangeIdentities(sender: [], receiver: []) : identities
    var bytes = password.withUnsafeBytes { Array($0) }
    if fault == .ignoresTheEndOfThePassword { bytes[47] = 1 }
    var scalar: [UInt8] = [role == .sender ? 5 : 7]
    if fault != .repeatsItself {
      for _ in 0..<31 { scalar.append(.random(in: 0...255)) }
    }
    let run = Run(password: bytes, scalar: scalar, role: role, identities: identities)
    return Context(fault: fault, run: run, context: try run.begin())
  }

  /// What it takes to do a run again.
  private struct Run {
    let password: [UInt8]
    let scalar: [UInt8]
    let role: PeerRole
    let identities: KeyExchangeIdentities

    func begin() throws(P2PCopyError) -> SPAKE2Context {
      try SPAKE2KeyExchange().begin(
        as: role, fixedPassword: SecretBytes(copying: password.span.bytes),
        fixedScalar: SecretBytes(copying: scalar.span.bytes), identities: identities)
    }
  }

  private final class Context: KeyExchangeContext {
    let fault: Fault
    let run: Run
    var context: SPAKE2Context
    var share: [UInt8] { context.share }

    init(fault: Fault, run: Run, context: SPAKE2Context) {
      self.fault = fault
      self.run = run
      self.context = context
    }

    func finish(peerShare: RawSpan, associatedData: RawSpan) throws(P2PCopyError) -> KeyExchangeResult {
      if fault == .finishesTwice { context = try run.begin() }
      let nothing = [UInt8]()
      let associatedData = fault == .ignoresAssociatedData ? nothing.span.bytes : associatedData
      do throws(P2PCopyError) {
        let result = try context.finish(peerShare: peerShare, associatedData: associatedData)
        guard fault == .confirmsAlike else { return result }
        let both = zip(result.confirmation, result.expectedConfirmation).map { $0 ^ $1 }
        return KeyExchangeResult(
          sharedKey: SecretBytes(byteCount: 16) { _ in }, confirmation: both, expectedConfirmation: both)
      } catch {
        let isTaken = fault == .takesAnyShare || fault == .takesPointsOffTheCurve && peerShare.byteCount == 65
        guard isTaken, error.code == .protocolViolation else { throw error }
        return KeyExchangeResult(
          sharedKey: SecretBytes(byteCount: 16) { _ in }, confirmation: [1], expectedConfirmation: [2])
      }
    }
  }
}
