/// Sizes as a person reads them.
package enum ByteCountText {
  private static let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

  /// A size in binary units with one decimal, such as `3.4 GiB`; below a KiB in bytes.
  package static func binary(_ byteCount: Int64) -> String {
    var value = Double(byteCount)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    guard unit > 0 else { return "\(byteCount) B" }
    // Below 1024, or 8 EiB.
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(units[unit])"
  }
}
