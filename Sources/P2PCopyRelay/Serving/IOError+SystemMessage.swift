import NIOCore
import P2PCopyPlatform

extension IOError {
  /// What the system says about the error, such as "Permission denied".
  var systemMessage: String {
    var text = [CChar](repeating: 0, count: 256)
    guard strerror_r(errnoCode, &text, text.count) == 0 else { return "error \(errnoCode)" }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
