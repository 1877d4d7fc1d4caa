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
    for (factor, range) in keyDeriver.costFactors {
      guard let number = cost.factors[factor] else { continue }
      let other = cost.with(factor, number < range.upperBound ? number + 1 : number - 1)
      report.require(try derive(cost: other) != expected, "the cost's factor \(factor) does not matter")
    }
  }

  func checkCostFactors() {
    for (factor, range) in keyDeriver.costFactors {
      report.requireName(factor, "the cost's factor")
      report.require(range.count > 1, "the cost's factor \(factor) can be one number only")
    }
    do throws(P2PCopyError) {
      try keyDeriver.require(cost)
    } catch {
      report.fail("the cost that was given to the check is not the deriver's: \(error)")
    }
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
    func requireRefusal(_ what: String, _ cost: KeyDerivationCost) {
      report.requireRefusal(what) { () throws(P2PCopyError) in _ = try derive(cost: cost) }
    }
    requireRefusal("a cost with a factor that is not the deriver's", cost.with("no-such-factor", 1))
    for (factor, range) in keyDeriver.costFactors {
      requireRefusal("a cost without \(factor)", cost.with(factor, nil))
      if range.lowerBound > .min {
        requireRefusal("a cost with \(factor)=\(range.lowerBound - 1)", cost.with(factor, range.lowerBound - 1))
      }
      if range.upperBound < .max {
        requireRefusal("a cost with \(factor)=\(range.upperBound + 1)", cost.with(factor, range.upperBound + 1))
      }
    }
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

extension KeyDerivationCost {
  /// The cost with another number of one factor, or without it.
  fileprivate func with(_ factor: String, _ number: Int?) -> KeyDerivationCost {
    var cost = self
    cost.factors[factor] = number
    return cost
  }
}
