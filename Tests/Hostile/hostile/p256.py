"""P-256 (SEC 2), in Jacobian coordinates. Its time depends on secrets: it is for tests."""

from __future__ import annotations

from typing import Optional, Tuple

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

# An affine point, or None for the identity.
Point = Optional[Tuple[int, int]]
Jacobian = Tuple[int, int, int]

G: Point = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return 1, 1, 0
    zz = z * z % P
    yy = y * y % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P
    new_x = (m * m - 2 * s) % P
    return new_x, (m * (s - new_x) - 8 * yy * yy) % P, 2 * y * z % P


def _add(left: Jacobian, right: Jacobian) -> Jacobian:
    if left[2] == 0:
        return right
    if right[2] == 0:
        return left
    left_zz, right_zz = left[2] * left[2] % P, right[2] * right[2] % P
    u1, u2 = left[0] * right_zz % P, right[0] * left_zz % P
    s1, s2 = left[1] * right_zz * right[2] % P, right[1] * left_zz * left[2] % P
    if u1 == u2:
        return _double(left) if s1 == s2 else (1, 1, 0)
    h, r = u2 - u1, s2 - s1
    hh = h * h % P
    hhh = h * hh % P
    v = u1 * hh % P
    x = (r * r - hhh - 2 * v) % P
    return x, (r * (v - x) - s1 * hhh) % P, h * left[2] * right[2] % P


def _jacobian(point: Point) -> Jacobian:
    return (1, 1, 0) if point is None else (point[0], point[1], 1)


def _affine(point: Jacobian) -> Point:
    if point[2] == 0:
        return None
    inverse = pow(point[2], -1, P)
    square = inverse * inverse % P
    return point[0] * square % P, point[1] * square * inverse % P


def add(left: Point, right: Point) -> Point:
    return _affine(_add(_jacobian(left), _jacobian(right)))


def negate(point: Point) -> Point:
    return None if point is None else (point[0], -point[1] % P)


def multiply(point: Point, scalar: int) -> Point:
    base, result = _jacobian(point), (1, 1, 0)
    for bit in bin(scalar % ORDER)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add(result, base)
    return _affine(result)


def decompress(text: str) -> Point:
    data = bytes.fromhex(text)
    x = int.from_bytes(data[1:], "big")
    y = pow((x * x * x - 3 * x + B) % P, (P + 1) // 4, P)
    return x, y if y % 2 == data[0] % 2 else P - y


def encode(point: Point) -> bytes:
    """Uncompressed. The identity, which has no such form, is the single byte 0 of SEC 1."""
    if point is None:
        return b"\0"
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def decode(data: bytes) -> Point:
    x, y = int.from_bytes(data[1:33], "big"), int.from_bytes(data[33:], "big")
    if len(data) != 65 or data[0] != 4 or max(x, y) >= P or (y * y - x * x * x + 3 * x - B) % P:
        raise ValueError("not a point of P-256")
    return x, y
