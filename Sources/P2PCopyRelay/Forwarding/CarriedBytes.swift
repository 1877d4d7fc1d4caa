import NIOCore

/// What is held of one peer until its hello is complete or its partner there.
///
/// The hello so far; later what a waiting peer of protocol 1 sent ahead, already in the form its partner will get.
struct CarriedBytes {
  /// How many bytes a waiting peer may send ahead before it is no longer read.
  static let maximumByteCount = 64 << 10

  private let room: HoldingRoom
  private var bytes = ByteBuffer()

  init(room: HoldingRoom) {
    self.room = room
  }

  var byteCount: Int { bytes.readableBytes }

  /// Whether there is no more to be read.
  var isFull: Bool { byteCount >= Self.maximumByteCount }

  /// Holds bytes in place of those held so far.
  ///
  /// - Returns: Whether there is room for them; otherwise nothing is held any more.
  mutating func hold(_ newBytes: ByteBuffer) -> Bool {
    drop()
    guard room.take(newBytes.readableBytes) else { return false }
    // An empty buffer may still have its memory.
    if newBytes.readableBytes > 0 { bytes = newBytes }
    return true
  }

  /// What is held; nothing is, afterwards.
  mutating func take() -> ByteBuffer {
    let taken = bytes
    drop()
    return taken
  }

  /// Holds nothing any more.
  mutating func drop() {
    room.giveBack(bytes.readableBytes)
    bytes = ByteBuffer()
  }
}
