import Logging

extension Logger.Metadata {
  /// The same with one more entry.
  func adding(_ key: String, _ value: String) -> Logger.Metadata {
    var result = self
    result[key] = "\(value)"
    return result
  }
}
