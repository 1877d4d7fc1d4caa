import CLibcrypto
import Libcrypto
import P2PCopyCore

/// An `EC_POINT` with one owner, wiped when it goes: what is computed from the password must not stay behind.
final class CurvePoint {
  let pointer: OpaquePointer

  init(on group: OpaquePointer) throws(P2PCopyError) {
    guard let pointer = EC_POINT_new(group) else { throw .libcrypto("make a point") }
    self.pointer = pointer
  }

  deinit {
    EC_POINT_clear_free(pointer)
  }
}
