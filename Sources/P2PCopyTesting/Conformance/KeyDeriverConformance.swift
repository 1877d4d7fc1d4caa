import P2PCopyCore

/// The parts of ``checkKeyDeriver(_:vectors:cost:sourceLocation:)``.
struct KeyDeriverConformance: Sendable {
  let keyDeriver: any KeyDeriver
  let cost: KeyDerivationCost
  let report: ConformanceReport

  private static let secret = Array("correct horse battery staple".utf8)
  private static let salt = Array("a salt of some length".utf8)

  func checkVectors(_ vectors: [KeyDerivationVector]) throws {
    report.require(!vectors.isEmpty, "there is no known answer")
    for vector in vectors {
      let derived = try derive(
        from: vector.secret, salt: vector.salt, cost: vector.cost, byteCount: vector.derived.count)
      report.require(derived == vector.derived, "the derived bytes differ from \(vector.source)")
    }
  }

  func checkDependence() throws {
    let expected = try derive()
    report.require(try derive() == expected, "the same arguments give different bytes")
    for bit in [0, 7, 8 * Self.secret.count - 1] {
      var secret = Self.secret
      secret[bit / 8] ^= 1 << (bit % 8)
      report.require(try derive(from: secret) != expected, "bit \(bit) of the secret does not matter")
    }
    for bit in [0, 7, 8 * Self.salt.count - 1] {
      var salt = Self.salt
      salt[bit / 8] ^= 1 << (bit % 8)
      report.require(try derive(salt: salt) != expected, "bit \(bit) of the salt does not matter")
    }
    report.require(try derive(from: Self.secret + [0]) != expected, "a zero byte at the secret's end does not matter")
    report.require(try derive(salt: Self.salt + [0]) != expected, "a zero byte at the salt's end does not matter")
    var cost = cost
    cost.iterations += 1
    report.require(try derive(cost: cost) != expected, "the iterations do not matter")
    cost = self.cost
    cost.memoryKibibytes *= 2
    report.require(try derive(cost: cost) != expected, "the memory does not matter")
    cost = self.cost
    cost.parallelism += 1
    report.require(try derive(cost: cost) != expected, "the parallelism does not matter")
  }

  func checkLengths() throws {
    for byteCount in [16, 31, 32, 48, 64] {
      let derived = try derive(byteCount: byteCount)
      report.require(derived.count == byteCount, "\(derived.count) bytes were derived instead of \(byteCount)")
      report.require(Set(derived).count > 1, "the derived bytes are all the same")
    }
    let long = SampleData.random(4096)
    report.require(try derive(from: long, salt: long).count == 32, "a secret of 4096 bytes gives no 32 bytes")
    _ = try derive(salt: Array(Self.salt[..<8]))
  }

  func checkRefusals() {
    for byteCount in [Int.min, -1, 0, 15, 65, Int.max] {
      report.requireRefusal("deriving \(byteCount) bytes") { () throws(P2PCopyError) in
        _ = try derive(byteCount: byteCount)
      }
    }
    for count in [0, 1, 7] {
      report.requireRefusal("a salt of \(count) bytes") { () throws(P2PCopyError) in
        _ = try derive(salt: Array(Self.salt[..<count]))
      }
    }
    let nothing = KeyDerivationCost(iterations: 0, memoryKibibytes: 0, parallelism: 0)
    report.requireRefusal("a cost of nothing") { () throws(P2PCopyError) in _ = try derive(cost: nothing) }
  }

  func checkParallelDerivations() async throws {
    let expected = try derive()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          report.require(try derive() == expected, "two derivations in parallel disturb each other")
        }
      }
      try await group.waitForAll()
    }
  }

  private func derive(
    from secret: [UInt8] = secret, salt: [UInt8] = salt, cost: KeyDerivationCost? = nil, byteCount: Int = 32
  ) throws(P2PCopyError) -> [UInt8] {
    let derived = try keyDeriver.deriveKey(
      from: SecretBytes(copying: secret.span.bytes), salt: salt.span.bytes, cost: cost ?? self.cost,
      byteCount: byteCount)
    return derived.withUnsafeBytes { Array($0) }
  }
}
