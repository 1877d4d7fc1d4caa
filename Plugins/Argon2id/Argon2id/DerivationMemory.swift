import CArgon2
import P2PCopyPlatform

/// The working memory of a derivation, on huge pages where the system has them: touching 64 MiB a page of 4 KiB at a time
/// costs a seventh of a derivation.
enum DerivationMemory {
  private static let hugePageByteCount = 2 << 20

  /// Room of whole huge pages for so many bytes.
  private static func roomByteCount(_ byteCount: Int) -> Int {
    (byteCount + hugePageByteCount - 1) / hugePageByteCount * hugePageByteCount
  }

  /// For `argon2_context.allocate_cbk`.
  static let allocate: @convention(c) (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?, Int) -> Int32 = {
    result, byteCount in
    // A little over 4 GiB at most: the deriver refuses more.
    guard byteCount > 0, byteCount <= 8 << 30 else { return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue }
    let room = DerivationMemory.roomByteCount(byteCount)
    let memory = mmap(nil, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let memory, memory != MAP_FAILED else { return ARGON2_MEMORY_ALLOCATION_ERROR.rawValue }
    // Only a wish: where it is not granted, everything works as it does.
    _ = madvise(memory, room, MADV_HUGEPAGE)
    result?.pointee = memory.assumingMemoryBound(to: UInt8.self)
    return ARGON2_OK.rawValue
  }

  /// For `argon2_context.free_cbk`; the library has wiped the memory by then.
  static let free: @convention(c) (UnsafeMutablePointer<UInt8>?, Int) -> Void = { memory, byteCount in
    guard let memory else { return }
    munmap(memory, DerivationMemory.roomByteCount(byteCount))
  }
}
