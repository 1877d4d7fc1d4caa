import CXXHash
import P2PCopyCore

/// An `XXH3_state_t`, reused for one input after the other.
final class XXH128Context: DigestContext {
  private let state: OpaquePointer

  init() throws(P2PCopyError) {
    state = try Self.makeState()
    try reset()
  }

  deinit {
    XXH3_freeState(state)
  }

  func update(_ bytes: RawSpan) throws(P2PCopyError) {
    // The library may refuse a null pointer, even for no bytes.
    guard bytes.byteCount > 0 else { return }
    let result = bytes.withUnsafeBytes { XXH3_128bits_update(state, $0.baseAddress, $0.count) }
    guard result == XXH_OK else {
      throw P2PCopyError(.internalError, "xxh128 could not take \(bytes.byteCount) bytes")
    }
  }

  func finish() throws(P2PCopyError) -> [UInt8] {
    var canonical = XXH128_canonical_t()
    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(state))
    try reset()
    return withUnsafeBytes(of: canonical.digest) { [UInt8]($0) }
  }

  private static func makeState() throws(P2PCopyError) -> OpaquePointer {
    // The library's own function, since the state has to be aligned to 64 bytes.
    guard let state = XXH3_createState() else {
      throw P2PCopyError(.outOfResources, "xxh128 has no memory for a state", remedy: .raiseLimits)
    }
    return state
  }

  private func reset() throws(P2PCopyError) {
    guard XXH3_128bits_reset(state) == XXH_OK else {
      throw P2PCopyError(.internalError, "xxh128 could not start")
    }
  }
}
