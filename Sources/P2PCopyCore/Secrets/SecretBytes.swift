import P2PCopyPlatform

/// Secret bytes with one owner, wiped when they go.
///
/// Not copyable, so that there is exactly one place in memory to wipe, and not printable.
public struct SecretBytes: ~Copyable, @unchecked Sendable {
  // Safe to move between threads: the memory has one owner and is written only before anybody else can see it.
  private let storage: UnsafeMutableRawBufferPointer

  /// How many bytes there are.
  public var byteCount: Int { storage.count }

  /// Makes room for `byteCount` bytes, zero at first, and lets `body` fill it.
  ///
  /// - Parameters:
  ///   - byteCount: 0 or more.
  ///   - body: Writes the secret. The span is valid during the call only.
  /// - Throws: What `body` throws; the memory is wiped then too.
  public init<Failure: Error>(
    byteCount: Int, initializingWith body: (inout MutableRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(byteCount >= 0, "a secret cannot have a negative length")
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    do throws(Failure) {
      var span = MutableRawSpan(_unsafeBytes: memory)
      try body(&span)
    } catch {
      Self.wipe(memory)
      throw error
    }
    storage = memory
  }

  /// Copies bytes. The caller wipes its own copy, if it has one.
  public init(copying bytes: RawSpan) {
    storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.byteCount, alignment: 16)
    bytes.withUnsafeBytes { storage.copyMemory(from: $0) }
  }

  deinit {
    Self.wipe(storage)
  }

  /// Calls `body` with the bytes. They must not be kept beyond the call.
  public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(storage))
  }

  private static func wipe(_ memory: UnsafeMutableRawBufferPointer) {
    if let start = memory.baseAddress, memory.count > 0 { explicit_bzero(start, memory.count) }
    memory.deallocate()
  }
}
