import NIOCore
import P2PCopy
import P2PCopyTesting
import Synchronization

/// Somebody at the relay who does one thing to one message.
final class Tamperer: Sendable {
  /// What is done.
  enum Fault: Hashable, Sendable {
    /// Changes one bit: of the first byte (0), the middle one (0.5), the last (1), or between.
    case flip(Double)
    /// Leaves the message out; the connection is cut once nothing comes any more.
    case drop
    /// Delivers it twice.
    case duplicate
    /// Delivers the next one first; without a next one it is lost.
    case swap
    /// Delivers the front of it.
    case truncate(Double)
    /// Delivers an earlier one of the same direction in its place.
    case replay(Int)
    /// Delivers something before it.
    case insertText(String)
    case insertBinary(Int)
    /// Replaces text within it.
    case edit(String, String)
    /// Changes the first digit of a hexadecimal field.
    case changeField(String)
    /// Removes a field.
    case removeField(String)
  }

  private struct State {
    var earlier: [TransportMessage] = []
    var held: TransportMessage?
    var isApplied = false
    var hasLostMessage = false
  }

  private let direction: InMemoryRelay.Direction
  private let index: Int
  private let fault: Fault
  private let state = Mutex(State())

  init(_ fault: Fault, on direction: InMemoryRelay.Direction, _ index: Int) {
    self.fault = fault
    self.direction = direction
    self.index = index
  }

  /// Whether anything was done.
  var isApplied: Bool { state.withLock { $0.isApplied } }

  /// Whether a message is missing, so that both sides may wait for ever.
  var hasLostMessage: Bool { state.withLock { $0.hasLostMessage } }

  func tamper(_ message: TransportMessage, _ direction: InMemoryRelay.Direction) -> [TransportMessage] {
    guard direction == self.direction else { return [message] }
    return state.withLock { state in
      defer { state.earlier.append(message) }
      if let held = state.held {
        state.held = nil
        state.hasLostMessage = false
        return [message, held]
      }
      guard state.earlier.count == index, let replacement = replacement(for: message, &state) else { return [message] }
      state.isApplied = true
      return replacement
    }
  }

  /// What is delivered; `nil` when the fault does not fit the message.
  private func replacement(for message: TransportMessage, _ state: inout State) -> [TransportMessage]? {
    switch (fault, message) {
    case (.drop, _):
      state.hasLostMessage = true
      return []
    case (.swap, _):
      state.held = message
      state.hasLostMessage = true
      return []
    case (.duplicate, _): return [message, message]
    case (.replay(let index), _): return state.earlier.indices.contains(index) ? [state.earlier[index]] : nil
    case (.insertText(let text), _): return [.text(text), message]
    case (.insertBinary(let count), _): return [.binary(ByteBuffer(repeating: 0x41, count: count)), message]
    case (.flip(let part), .binary(let buffer)):
      var bytes = Array(buffer.readableBytesView)
      bytes[Int(Double(bytes.count - 1) * part)] ^= 1
      return [.binary(ByteBuffer(bytes: bytes))]
    case (.flip(let part), .text(let text)):
      var bytes = Array(text.utf8)
      bytes[Int(Double(bytes.count - 1) * part)] ^= 1
      return [.text(String(decoding: bytes, as: UTF8.self))]
    case (.truncate(let part), .binary(let buffer)):
      return [.binary(ByteBuffer(bytes: buffer.readableBytesView.prefix(Int(Double(buffer.readableBytes) * part))))]
    case (.truncate(let part), .text(let text)):
      return [.text(String(text.prefix(Int(Double(text.utf8.count) * part))))]
    case (.edit(let old, let new), .text(let text)):
      guard let range = text.firstRange(of: old) else { return nil }
      return [.text(text.replacingCharacters(in: range, with: new))]
    case (.changeField(let name), .text(let text)):
      let key = "\"\(name)\":\""
      guard let range = text.firstRange(of: key) else { return nil }
      // In the middle of the field: its beginning may say what form it has.
      let start = text.index(range.upperBound, offsetBy: 20)
      let digit = text[start] == "0" ? "1" : "0"
      return [.text(text.replacingCharacters(in: start..<text.index(after: start), with: digit))]
    case (.removeField(let name), .text(let text)):
      guard let range = text.firstRange(of: "\"\(name)\":") else { return nil }
      return [.text(text.replacingCharacters(in: range, with: "\"other\":"))]
    case (.edit, .binary), (.changeField, .binary), (.removeField, .binary): return nil
    }
  }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    self[..<range.lowerBound] + text + self[range.upperBound...]
  }
}
