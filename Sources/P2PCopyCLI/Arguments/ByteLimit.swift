import ArgumentParser

/// A number of bytes: `10G` and `10GiB` are in powers of 1024, `10GB` in powers of 1000, as GNU tools have it; a number alone
/// is bytes.
package struct ByteLimit: ExpressibleByArgument, Equatable, Sendable {
  /// In bytes, from 0.
  package let byteCount: Int64

  private static let letters: [Character] = ["K", "M", "G", "T", "P"]

  package init?(argument: String) {
    let digits = argument.prefix { ("0"..."9").contains($0) }
    guard var number = Int64(digits) else { return nil }
    var suffix = argument[digits.endIndex...].uppercased()[...]
    if let letter = suffix.popFirst(), letter != "B" || !suffix.isEmpty {
      guard let power = Self.letters.firstIndex(of: letter), let factor = Self.factors[String(suffix)] else {
        return nil
      }
      for _ in 0...power {
        let (product, overflows) = number.multipliedReportingOverflow(by: factor)
        guard !overflows else { return nil }
        number = product
      }
    }
    byteCount = number
  }

  /// What stands behind the letter, and what it means.
  private static let factors: [String: Int64] = ["": 1024, "IB": 1024, "B": 1000]
}
