import Foundation

/// How much memory this process takes.
enum ResidentMemory {
  /// Bytes that are in memory now; 0 where the system does not say.
  static var byteCount: Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
    let fields = text.split(separator: " ")
    return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4096 : 0
  }
}
