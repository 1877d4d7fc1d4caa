import TestSupport

/// What the tests send: every size at a chunk's edge, content of each kind, and names that have tripped others.
enum SampleFiles {
  private static let mebibyte = 1 << 20

  /// What is named on the sender's command line, in its working directory.
  static let arguments = ["tree", "a file with spaces.txt", "-leading-dash.bin", "Grüße ☃ 🦆.bin"]

  /// The files, small enough (some 45 MiB) to send all of them in every run.
  static let tree = FileTree(files: [
    "a file with spaces.txt": text(3_000),
    "-leading-dash.bin": TestContent.random(70_000, seed: 1),
    "Grüße ☃ 🦆.bin": TestContent.random(5, seed: 2),
    "tree/empty": [],
    "tree/one byte": [0x42],
    "tree/one MiB less one": TestContent.random(mebibyte - 1, seed: 3),
    "tree/one MiB": TestContent.random(mebibyte, seed: 4),
    "tree/one MiB and one": text(mebibyte + 1),
    "tree/20 MiB of text": text(20 * mebibyte),
    "tree/20 MiB of noise": TestContent.random(20 * mebibyte, seed: 5),
    "tree/noise, then zeros": TestContent.random(mebibyte, seed: 6) + [UInt8](repeating: 0, count: mebibyte),
    "tree/nested/a/b/c/d/deep.txt": text(100),
    "tree/nested/a/b/empty too": [],
    "tree/nested/-rf": text(10),
    "tree/ space before and after /x ": text(11),
    "tree/日本語/ファイル.txt": text(12),
    FilePath("tree/" + String(repeating: "as long as a name can be, ", count: 10).prefix(255)): text(18),
    "tree/composed or not/\u{E9}": text(13),
    "tree/composed or not/e\u{301}": text(14),
    "tree/.hidden/.file": text(15),
    "tree/quote\" and \\back\\slash": text(16),
    "tree/new\nline and \u{1B} escape": text(17),
  ])

  /// Lines as a program logs them, which compress well.
  private static func text(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 80)
    var line: UInt64 = 0
    while bytes.count < count {
      bytes += "step \(line): residual 0.\(line &* 2_654_435_761 % 1_000_003), accepted\n".utf8
      line += 1
    }
    return Array(bytes.prefix(count))
  }
}
