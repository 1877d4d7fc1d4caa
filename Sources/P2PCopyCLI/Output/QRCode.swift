/// A QR code (ISO/IEC 18004): bytes, versions 1 to 10, error correction level L.
package struct QRCode: Sendable {
  /// Modules a side.
  package private(set) var side: Int
  private var modules: [Bool]
  /// Which modules are no data.
  private var isFunction: [Bool]

  /// What a version has: codewords in all, of them for error correction in each block, blocks.
  private static let versions: [(all: Int, correction: Int, blocks: Int)] = [
    (26, 7, 1), (44, 10, 1), (70, 15, 1), (100, 20, 1), (134, 26, 1), (172, 18, 2), (196, 20, 2), (242, 24, 2),
    (292, 30, 2), (346, 18, 4),
  ]

  /// Makes the code.
  ///
  /// - Returns: `nil` for more than 271 bytes.
  package init?(_ bytes: [UInt8]) {
    let fitting = Self.versions.indices.first { index in
      let (all, correction, blocks) = Self.versions[index]
      let countBits = index + 1 < 10 ? 8 : 16
      return 4 + countBits + 8 * bytes.count <= 8 * (all - correction * blocks)
    }
    guard let index = fitting else { return nil }
    let version = index + 1
    side = 17 + 4 * version
    modules = [Bool](repeating: false, count: side * side)
    isFunction = modules
    drawFunctionPatterns(version)
    draw(Self.codewords(bytes, version))
    let plain = self
    var best: (penalty: Int, code: QRCode)?
    for mask in 0..<8 {
      var candidate = plain
      candidate.apply(mask: mask)
      candidate.drawFormat(mask: mask)
      let penalty = candidate.penalty
      if best.map({ penalty < $0.penalty }) ?? true { best = (penalty, candidate) }
    }
    if let best { self = best.code }
  }

  /// Whether the module in a column and row is dark; outside none is.
  package subscript(column: Int, row: Int) -> Bool {
    guard (0..<side).contains(column), (0..<side).contains(row) else { return false }
    return modules[row * side + column]
  }

  // MARK: Data

  private static func codewords(_ bytes: [UInt8], _ version: Int) -> [UInt8] {
    let (all, correction, blockCount) = versions[version - 1]
    let capacity = all - correction * blockCount
    var bits: [Bool] = []
    func append(_ value: Int, _ count: Int) {
      for bit in stride(from: count - 1, through: 0, by: -1) { bits.append(value >> bit & 1 == 1) }
    }
    append(0b0100, 4)
    append(bytes.count, version < 10 ? 8 : 16)
    for byte in bytes { append(Int(byte), 8) }
    append(0, min(4, 8 * capacity - bits.count))
    append(0, (8 - bits.count % 8) % 8)
    var data = stride(from: 0, to: bits.count, by: 8).map { start in
      bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
    }
    var padding: UInt8 = 0xEC
    while data.count < capacity {
      data.append(padding)
      padding ^= 0xEC ^ 0x11
    }
    // The last blocks are one longer where it does not come out even.
    var blocks: [[UInt8]] = []
    var rest = data[...]
    for block in 0..<blockCount {
      let count = capacity / blockCount + (block >= blockCount - capacity % blockCount ? 1 : 0)
      blocks.append(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    let corrections = blocks.map { ReedSolomon.correction(of: $0, count: correction) }
    var result: [UInt8] = []
    for group in [blocks, corrections] {
      for index in 0..<(group.map(\.count).max() ?? 0) {
        for block in group where index < block.count { result.append(block[index]) }
      }
    }
    return result
  }

  private mutating func draw(_ codewords: [UInt8]) {
    var bit = 0
    var right = side - 1
    while right >= 1 {
      // The column of the timing pattern is left out.
      if right == 6 { right = 5 }
      let isUpward = (right + 1) & 2 == 0
      for step in 0..<side {
        let row = isUpward ? side - 1 - step : step
        for column in [right, right - 1] where !isFunction[row * side + column] {
          guard bit < 8 * codewords.count else { continue }
          modules[row * side + column] = codewords[bit / 8] >> UInt8(7 - bit % 8) & 1 == 1
          bit += 1
        }
      }
      right -= 2
    }
  }

  // MARK: Patterns

  private mutating func set(_ column: Int, _ row: Int, _ isDark: Bool) {
    guard (0..<side).contains(column), (0..<side).contains(row) else { return }
    modules[row * side + column] = isDark
    isFunction[row * side + column] = true
  }

  private mutating func drawFunctionPatterns(_ version: Int) {
    for index in 0..<side {
      set(6, index, index % 2 == 0)
      set(index, 6, index % 2 == 0)
    }
    for (column, row) in [(3, 3), (side - 4, 3), (3, side - 4)] {
      for y in -4...4 {
        for x in -4...4 {
          let distance = max(abs(x), abs(y))
          set(column + x, row + y, distance != 2 && distance != 4)
        }
      }
    }
    let centers = Self.alignmentCenters(version)
    for column in centers {
      for row in centers {
        let isFinder = (column == 6 && row == 6) || (column == 6 && row == side - 7) || (column == side - 7 && row == 6)
        guard !isFinder else { continue }
        for y in -2...2 {
          for x in -2...2 { set(column + x, row + y, max(abs(x), abs(y)) != 1) }
        }
      }
    }
    drawFormat(mask: 0)
    guard version >= 7 else { return }
    var remainder = version
    for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
    let bits = version << 12 | remainder
    for index in 0..<18 {
      let (x, y) = (side - 11 + index % 3, index / 3)
      set(x, y, bits >> index & 1 == 1)
      set(y, x, bits >> index & 1 == 1)
    }
  }

  private static func alignmentCenters(_ version: Int) -> [Int] {
    guard version > 1 else { return [] }
    let last = 10 + 4 * version
    return version < 7 ? [6, last] : [6, (6 + last) / 2, last]
  }

  private mutating func drawFormat(mask: Int) {
    // Level L is 01.
    let data = 1 << 3 | mask
    var remainder = data
    for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
    let bits = (data << 10 | remainder) ^ 0x5412
    func bit(_ index: Int) -> Bool { bits >> index & 1 == 1 }
    for index in 0...5 { set(8, index, bit(index)) }
    set(8, 7, bit(6))
    set(8, 8, bit(7))
    set(7, 8, bit(8))
    for index in 9..<15 { set(14 - index, 8, bit(index)) }
    for index in 0..<8 { set(side - 1 - index, 8, bit(index)) }
    for index in 8..<15 { set(8, side - 15 + index, bit(index)) }
    set(8, side - 8, true)
  }

  // MARK: Mask

  private mutating func apply(mask: Int) {
    for row in 0..<side {
      for column in 0..<side where !isFunction[row * side + column] {
        let isInverted =
          switch mask {
          case 0: (column + row) % 2 == 0
          case 1: row % 2 == 0
          case 2: column % 3 == 0
          case 3: (column + row) % 3 == 0
          case 4: (column / 3 + row / 2) % 2 == 0
          case 5: column * row % 2 + column * row % 3 == 0
          case 6: (column * row % 2 + column * row % 3) % 2 == 0
          default: ((column + row) % 2 + column * row % 3) % 2 == 0
          }
        if isInverted { modules[row * side + column].toggle() }
      }
    }
  }

  /// How hard it is to read: the less the better.
  private var penalty: Int {
    var penalty = 0
    let finder = [true, false, true, true, true, false, true]
    for isRow in [true, false] {
      for line in 0..<side {
        let cells = (0..<side).map { isRow ? self[$0, line] : self[line, $0] }
        var run = 1
        for index in 1..<side {
          if cells[index] == cells[index - 1] {
            run += 1
            if run == 5 { penalty += 3 } else if run > 5 { penalty += 1 }
          } else {
            run = 1
          }
        }
        for start in 0...(side - 7) where cells[start..<start + 7].elementsEqual(finder) {
          func isLight(_ range: Range<Int>) -> Bool {
            range.allSatisfy { !cells.indices.contains($0) || !cells[$0] }
          }
          if isLight(start - 4..<start) || isLight(start + 7..<start + 11) { penalty += 40 }
        }
      }
    }
    for row in 0..<side - 1 {
      for column in 0..<side - 1 {
        let isDark = self[column, row]
        if self[column + 1, row] == isDark, self[column, row + 1] == isDark, self[column + 1, row + 1] == isDark {
          penalty += 3
        }
      }
    }
    let darkPercent = 100 * modules.count { $0 } / modules.count
    return penalty + abs(darkPercent - 50) / 5 * 10
  }
}

extension QRCode {
  /// The lines that draw it on a terminal: black on white whatever the terminal's own colours, two rows a line, with the
  /// margin that a reader needs.
  package var terminalLines: [String] {
    let margin = 2
    return stride(from: -margin, to: side + margin, by: 2).map { row in
      let blocks = (-margin..<side + margin).map { column in
        switch (self[column, row], self[column, row + 1]) {
        case (true, true): "█"
        case (true, false): "▀"
        case (false, true): "▄"
        case (false, false): " "
        }
      }
      return "\u{1B}[30;107m" + blocks.joined() + "\u{1B}[0m"
    }
  }

  /// How many columns that takes.
  package var columnCount: Int { side + 4 }
}

/// Reed-Solomon codes over the field of 256 elements that QR codes use.
private enum ReedSolomon {
  static func correction(of data: [UInt8], count: Int) -> [UInt8] {
    // The generator: the product of (x - 2^i), without its first coefficient, which is 1.
    var generator = [UInt8](repeating: 0, count: count - 1) + [1]
    var root: UInt8 = 1
    for _ in 0..<count {
      for index in 0..<count {
        generator[index] = product(generator[index], root)
        if index + 1 < count { generator[index] ^= generator[index + 1] }
      }
      root = product(root, 2)
    }
    var remainder = [UInt8](repeating: 0, count: count)
    for byte in data {
      let factor = byte ^ remainder.removeFirst()
      remainder.append(0)
      for index in 0..<count { remainder[index] ^= product(generator[index], factor) }
    }
    return remainder
  }

  private static func product(_ first: UInt8, _ second: UInt8) -> UInt8 {
    var result: UInt8 = 0
    for bit in stride(from: 7, through: 0, by: -1) {
      let overflows = result >> 7 == 1
      result <<= 1
      if overflows { result ^= 0x1D }
      if second >> UInt8(bit) & 1 == 1 { result ^= first }
    }
    return result
  }
}
