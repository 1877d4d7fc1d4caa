import P2PCopyPlatform

/// Looks for a file without leaving its name in memory: it may be a code.
enum FileName {
  /// Whether there is anything of that name, links not followed.
  static func exists(_ name: UnsafeRawBufferPointer) -> Bool {
    guard !name.isEmpty, !name.contains(0) else { return false }
    return withUnsafeTemporaryAllocation(byteCount: name.count + 1, alignment: 1) { memory in
      guard let start = memory.baseAddress else { return false }
      memory.copyMemory(from: name)
      memory[name.count] = 0
      defer { explicit_bzero(start, memory.count) }
      var status = stat()
      return lstat(start.assumingMemoryBound(to: CChar.self), &status) == 0
    }
  }
}
