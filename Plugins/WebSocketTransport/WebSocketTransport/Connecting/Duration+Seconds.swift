extension Duration {
  /// `30 s`, `0.05 s`: for error messages.
  var formattedSeconds: String {
    let (seconds, attoseconds) = components
    let thousandths = attoseconds / 1_000_000_000_000_000
    guard thousandths != 0 else { return "\(seconds) s" }
    var fraction = String(1000 + thousandths).dropFirst()
    while fraction.last == "0" { fraction.removeLast() }
    return "\(seconds).\(fraction) s"
  }
}
