import CLibcrypto
import Libcrypto
import P2PCopyCore

/// The curve P-256 (FIPS 186-4, D.1.2.3) with what calculating on it takes.
///
/// Secret scalars are marked as such (`BN_FLG_CONSTTIME`), live in secure memory where libcrypto has some, and are
/// multiplied one at a time: the function for two products at once does not run in constant time on every processor.
final class P256 {
  /// Length of an uncompressed point: 0x04, x, y.
  static let pointByteCount = 65
  /// Length of a scalar.
  static let scalarByteCount = 32

  private let group: OpaquePointer
  private let numbers: OpaquePointer

  init() throws(P2PCopyError) {
    guard let group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else { throw .libcrypto("make the group P-256") }
    guard let numbers = BN_CTX_secure_new() else {
      EC_GROUP_free(group)
      throw .libcrypto("make room for numbers")
    }
    self.group = group
    self.numbers = numbers
  }

  deinit {
    // Frees, and by that wipes, what is in it: the numbers in a secure context are secure ones.
    BN_CTX_free(numbers)
    EC_GROUP_free(group)
  }

  // MARK: - Scalars

  /// A random scalar from 1 to the group's order less one.
  func randomScalar() throws(P2PCopyError) -> SecretNumber {
    let scalar = try SecretNumber()
    repeat {
      guard BN_priv_rand_range(scalar.pointer, EC_GROUP_get0_order(group)) == 1 else {
        throw .libcrypto("make a random number")
      }
    } while BN_is_zero(scalar.pointer) == 1
    return scalar
  }

  /// Big-endian bytes modulo the group's order.
  ///
  /// - Throws: Also when that is zero: as a password it would let anybody in, as a scalar it gives nothing.
  func reduced(_ bytes: borrowing SecretBytes) throws(P2PCopyError) -> SecretNumber {
    let number = try SecretNumber(bytes)
    let reduced = try SecretNumber()
    guard BN_nnmod(reduced.pointer, number.pointer, EC_GROUP_get0_order(group), numbers) == 1 else {
      throw .libcrypto("reduce a number")
    }
    guard BN_is_zero(reduced.pointer) == 0 else {
      throw P2PCopyError(.internalError, "a scalar of zero was given to a key exchange")
    }
    return reduced
  }

  // MARK: - Points

  /// Reads a point in either of the encodings of SEC 1 and checks that it is on the curve.
  ///
  /// The order of the curve is prime, so that every point but the identity generates all of it.
  ///
  /// - Returns: The point, or `nil` when there is none in the bytes.
  func point(from bytes: RawSpan) throws(P2PCopyError) -> CurvePoint? {
    let point = try CurvePoint(on: group)
    let result = bytes.withUnsafeBytes { bytes in
      EC_POINT_oct2point(group, point.pointer, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, numbers)
    }
    guard result == 1, EC_POINT_is_on_curve(group, point.pointer, numbers) == 1, !isIdentity(point) else {
      ERR_clear_error()
      return nil
    }
    return point
  }

  /// The uncompressed encoding of a point that is not the identity, in memory that is wiped.
  func encoded(_ point: CurvePoint) throws(P2PCopyError) -> SecretBytes {
    try SecretBytes(byteCount: Self.pointByteCount) { (bytes: inout MutableRawSpan) throws(P2PCopyError) in
      let count = bytes.withUnsafeMutableBytes { bytes in
        EC_POINT_point2oct(
          group, point.pointer, POINT_CONVERSION_UNCOMPRESSED, bytes.bindMemory(to: UInt8.self).baseAddress,
          bytes.count, numbers)
      }
      // The identity would be a single byte.
      guard count == Self.pointByteCount else { throw .libcrypto("encode a point") }
    }
  }

  func isIdentity(_ point: CurvePoint) -> Bool {
    EC_POINT_is_at_infinity(group, point.pointer) == 1
  }

  /// `scalar` times the generator.
  func generator(times scalar: SecretNumber) throws(P2PCopyError) -> CurvePoint {
    let product = try CurvePoint(on: group)
    guard EC_POINT_mul(group, product.pointer, scalar.pointer, nil, nil, numbers) == 1 else {
      throw .libcrypto("multiply the generator")
    }
    return product
  }

  /// `scalar` times `point`.
  func multiply(_ point: CurvePoint, by scalar: SecretNumber) throws(P2PCopyError) -> CurvePoint {
    let product = try CurvePoint(on: group)
    guard EC_POINT_mul(group, product.pointer, nil, point.pointer, scalar.pointer, numbers) == 1 else {
      throw .libcrypto("multiply a point")
    }
    return product
  }

  func add(_ left: CurvePoint, _ right: CurvePoint) throws(P2PCopyError) -> CurvePoint {
    let sum = try CurvePoint(on: group)
    guard EC_POINT_add(group, sum.pointer, left.pointer, right.pointer, numbers) == 1 else {
      throw .libcrypto("add points")
    }
    return sum
  }

  func subtract(_ right: CurvePoint, from left: CurvePoint) throws(P2PCopyError) -> CurvePoint {
    let negative = try CurvePoint(on: group)
    guard EC_POINT_copy(negative.pointer, right.pointer) == 1,
      EC_POINT_invert(group, negative.pointer, numbers) == 1
    else { throw .libcrypto("invert a point") }
    return try add(left, negative)
  }
}
