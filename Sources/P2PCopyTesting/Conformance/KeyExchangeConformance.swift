import P2PCopyCore

/// The parts of ``checkKeyExchange(_:invalidShares:sourceLocation:)``.
struct KeyExchangeConformance: Sendable {
  typealias Outcome = KeyExchangeSide.Outcome

  let keyExchange: any KeyExchange
  let report: ConformanceReport

  func checkAgreement() throws {
    var keys: Set<[UInt8]> = []
    for number in 0..<4 {
      let (sender, receiver) = sides(seed: UInt64(number / 2))
      let outcomes = try run(sender, receiver)
      checkAgreement(of: outcomes)
      report.require(outcomes.sender.key.count >= 16, "the key has only \(outcomes.sender.key.count) bytes")
      report.require(
        outcomes.sender.confirmation.count >= 16,
        "a confirmation of \(outcomes.sender.confirmation.count) bytes can be guessed")
      report.require(keys.insert(outcomes.sender.key).inserted, "two runs give the same key")
      let shares = try (0..<2).map { _ in try sender.begin(keyExchange).share }
      report.require(shares[0] != shares[1], "two runs have the same share")
      report.require(
        shares[0].count == keyExchange.shareByteCount,
        "a share has \(shares[0].count) bytes instead of \(keyExchange.shareByteCount)")
    }
    var (sender, receiver) = sides()
    for byteCount in [0, 1, 4096] {
      sender.identities.sender = SampleData.random(byteCount, seed: 41)
      sender.identities.receiver = SampleData.random(byteCount, seed: 42)
      sender.associatedData = SampleData.random(byteCount, seed: 43)
      receiver.identities = sender.identities
      receiver.associatedData = sender.associatedData
      checkAgreement(of: try run(sender, receiver))
    }
  }

  func checkOtherPasswords() throws {
    let (sender, receiver) = sides()
    for bit in [0, 7, 8 * keyExchange.passwordByteCount / 2, 8 * keyExchange.passwordByteCount - 1] {
      var other = receiver
      other.password[bit / 8] ^= 1 << (bit % 8)
      let outcomes = try run(sender, other)
      requireStrangers(outcomes, "passwords that differ in bit \(bit)")
      report.require(outcomes.sender.key != outcomes.receiver.key, "bit \(bit) of the password does not matter")
    }
  }

  func checkBinding() throws {
    let (sender, receiver) = sides()
    var others: [(what: String, side: KeyExchangeSide)] = []
    func add(_ what: String, _ change: (inout KeyExchangeSide) -> Void) {
      var other = receiver
      change(&other)
      others.append((what, other))
    }
    add("other associated data") { $0.associatedData[0] ^= 1 }
    add("associated data with another end") { $0.associatedData.append(0) }
    add("no associated data") { $0.associatedData = [] }
    add("another name of the sender") { $0.identities.sender[0] ^= 1 }
    add("another name of the receiver") { $0.identities.receiver[0] ^= 1 }
    add("names the other way round") {
      $0.identities = KeyExchangeIdentities(sender: $0.identities.receiver, receiver: $0.identities.sender)
    }
    add("names with another border between them") {
      $0.identities.sender.append($0.identities.receiver.removeFirst())
    }
    for (what, side) in others {
      requireStrangers(try run(sender, side), what)
      var mirrored = side
      mirrored.role = .sender
      requireStrangers(try run(mirrored, receiver), what)
    }
  }

  func checkRoles() throws {
    for role in [PeerRole.sender, .receiver] {
      let side = KeyExchangeSide(role: role, password: sides().sender.password)
      let contexts = try [side.begin(keyExchange), side.begin(keyExchange)]
      // Such a share may be refused as well.
      if let left = try confirmed({ () throws(P2PCopyError) in try side.finish(contexts[0], with: contexts[1].share) }),
        let right = try confirmed({ () throws(P2PCopyError) in try side.finish(contexts[1], with: contexts[0].share) })
      {
        requireStrangers((left, right), "two \(role)s")
      }
      let alone = try side.begin(keyExchange)
      if let outcome = try confirmed({ () throws(P2PCopyError) in try side.finish(alone, with: alone.share) }) {
        report.require(
          outcome.confirmation != outcome.expected, "a \(role) that gets its own messages back takes them for another's"
        )
      }
    }
    let (sender, receiver) = sides()
    let outcomes = try run(sender, receiver)
    report.require(
      outcomes.sender.confirmation != outcomes.sender.expected, "both sides have the same confirmation")
  }

  func checkInvalidShares(_ shares: [[UInt8]]) throws {
    let count = keyExchange.shareByteCount
    let made = [0, 1, count - 1, count + 1, 2 * count, 100_000].flatMap { [zeros($0), SampleData.random($0)] }
    for role in [PeerRole.sender, .receiver] {
      let (side, peer) = role == .sender ? sides() : swapped(sides())
      let valid = try peer.begin(keyExchange).share
      let cut = [Array(valid.dropLast()), Array(valid.dropFirst()), valid + [0], [0] + valid]
      for share in made + cut + shares {
        let context = try side.begin(keyExchange)
        report.requireRefusal("a share of \(share.count) bytes, \(beginning(share)),", code: .protocolViolation) {
          () throws(P2PCopyError) in
          _ = try side.finish(context, with: share)
        }
      }
    }
  }

  /// Shares of the right length that were changed or made up: refused, or a key that nobody else has.
  func checkChangedShares() throws {
    let (sender, receiver) = sides()
    let count = keyExchange.shareByteCount
    let share = try receiver.begin(keyExchange).share
    var shares = [zeros(count), [UInt8](repeating: 0xFF, count: count)]
    for seed in 50..<60 {
      shares.append(SampleData.random(count, seed: UInt64(seed)))
      shares.append(Array(share.prefix(1)) + SampleData.random(count, seed: UInt64(seed)).dropFirst())
    }
    for bit in stride(from: 0, to: count * 8, by: 5) {
      let context = try receiver.begin(keyExchange)
      var changed = context.share
      changed[bit / 8] ^= 1 << (bit % 8)
      let peer = try sender.begin(keyExchange)
      if let outcome = try confirmed({ () throws(P2PCopyError) in try sender.finish(peer, with: changed) }) {
        requireStrangers(
          (outcome, try receiver.finish(context, with: peer.share)), "a share with bit \(bit) flipped on the way")
      }
    }
    for share in shares {
      let context = try sender.begin(keyExchange)
      let outcome = try confirmed { () throws(P2PCopyError) in try sender.finish(context, with: share) }
      report.require(
        outcome.map { $0.confirmation != $0.expected } ?? true, "a made-up share gives two equal confirmations")
    }
  }

  func checkMisuse() throws {
    let (sender, receiver) = sides()
    for count in [0, 1, keyExchange.passwordByteCount - 1, keyExchange.passwordByteCount + 1] {
      var side = sender
      side.password = SampleData.random(count)
      report.requireRefusal("a password of \(count) bytes") { () throws(P2PCopyError) in
        _ = try side.begin(keyExchange)
      }
    }
    let share = try receiver.begin(keyExchange).share
    let context = try sender.begin(keyExchange)
    _ = try sender.finish(context, with: share)
    report.requireRefusal("finishing a run twice") { () throws(P2PCopyError) in
      _ = try sender.finish(context, with: share)
    }
    let refused = try sender.begin(keyExchange)
    report.requireRefusal("an empty share", code: .protocolViolation) { () throws(P2PCopyError) in
      _ = try sender.finish(refused, with: [])
    }
    report.requireRefusal("finishing a run after a share that was refused") { () throws(P2PCopyError) in
      _ = try sender.finish(refused, with: share)
    }
  }

  func checkParallelRuns() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          let (sender, receiver) = sides(seed: UInt64(worker))
          for _ in 0..<10 {
            let outcomes = try run(sender, receiver)
            report.require(
              outcomes.sender.agrees(with: outcomes.receiver), "two runs in parallel disturb each other")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  // MARK: - Helpers

  private func sides(seed: UInt64 = 0) -> (sender: KeyExchangeSide, receiver: KeyExchangeSide) {
    let password = SampleData.random(keyExchange.passwordByteCount, seed: 40 + seed)
    return (
      KeyExchangeSide(role: .sender, password: password), KeyExchangeSide(role: .receiver, password: password)
    )
  }

  private func swapped(
    _ sides: (sender: KeyExchangeSide, receiver: KeyExchangeSide)
  ) -> (KeyExchangeSide, KeyExchangeSide) {
    (sides.receiver, sides.sender)
  }

  private func run(
    _ sender: KeyExchangeSide, _ receiver: KeyExchangeSide
  ) throws(P2PCopyError) -> (sender: Outcome, receiver: Outcome) {
    let left = try sender.begin(keyExchange)
    let right = try receiver.begin(keyExchange)
    return (try sender.finish(left, with: right.share), try receiver.finish(right, with: left.share))
  }

  private func checkAgreement(of outcomes: (sender: Outcome, receiver: Outcome)) {
    report.require(outcomes.sender.key == outcomes.receiver.key, "two sides with the same password have different keys")
    report.require(
      outcomes.sender.agrees(with: outcomes.receiver),
      "two sides with the same password do not take each other's confirmation")
  }

  private func requireStrangers(_ outcomes: (Outcome, Outcome), _ what: String) {
    report.require(!outcomes.0.isTaken(for: outcomes.1), "\(what): a confirmation was taken")
  }

  /// What a run ends with, or `nil` when it refuses the share as it must.
  private func confirmed(_ body: () throws(P2PCopyError) -> Outcome) throws(P2PCopyError) -> Outcome? {
    do throws(P2PCopyError) {
      return try body()
    } catch {
      guard error.code == .protocolViolation else { throw error }
      return nil
    }
  }

  private func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  private func beginning(_ share: [UInt8]) -> String {
    share.isEmpty ? "empty" : Hex.encode(share.prefix(8)) + (share.count > 8 ? "…" : "")
  }
}
