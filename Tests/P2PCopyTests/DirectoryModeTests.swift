import Foundation
import P2PCopy
import TestSupport
import Testing

/// What becomes of modes and times of directories, of those that a transfer makes and of those that were there.
@Suite("Modes of directories at the receiver")
struct DirectoryModeTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
    try folder.write([1], to: "src/d/new/x")
    #expect(chmod(folder.path("src/d"), 0o777) == 0 && chmod(folder.path("src/d/new"), 0o751) == 0)
    for name in ["src/d/new", "src/d", "src"] { try setTime(folder.path(name)) }
  }

  private func setTime(_ path: String) throws {
    var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
    guard utimensat(AT_FDCWD, path, &times, 0) == 0 else { throw CocoaError(.fileWriteUnknown) }
  }

  private func status(_ name: String) -> (mode: mode_t, seconds: Int) {
    var status = stat()
    lstat(folder.path("out/src/" + name), &status)
    return (status.st_mode & 0o7777, status.st_mtim.tv_sec)
  }

  private func makeDirectoryThatIsThere(mode: mode_t) throws {
    try folder.makeDirectory("out/src/d")
    #expect(chmod(folder.path("out/src/d"), mode) == 0)
  }

  @Test(
    "One that was there keeps mode and time; what is made in it inherits setgid",
    arguments: [ConflictPolicy.fail, .skip, .rename], [0o700, 0o2770] as [mode_t])
  func found(policy: ConflictPolicy, mode: mode_t) async throws {
    try makeDirectoryThatIsThere(mode: mode)
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = policy
    try await transfer.succeed([folder.path("src")], into: folder.path("out"))
    #expect(status("d").mode == mode)
    #expect(status("d").seconds > 1_000_000_000)
    #expect(status("d/new").mode == 0o751 | mode & 0o2000)
    #expect(status("d/new").seconds == 1_000_000_000)
  }

  @Test(
    "With overwrite it gets the sender's time and mode, but no right that it did not have",
    arguments: [(0o700, 0o700), (0o2775, 0o2775), (0o1777, 0o1777)] as [(mode_t, mode_t)])
  func overwritten(modes: (before: mode_t, after: mode_t)) async throws {
    try makeDirectoryThatIsThere(mode: modes.before)
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = .overwrite
    try await transfer.succeed([folder.path("src")], into: folder.path("out"))
    #expect(status("d").mode == modes.after)
    #expect(status("d").seconds == 1_000_000_000)
  }

  @Test("With overwrite it loses the rights that the sender's lacks")
  func narrowed() async throws {
    #expect(chmod(folder.path("src/d"), 0o750) == 0)
    try makeDirectoryThatIsThere(mode: 0o2777)
    var transfer = QuickTransfer()
    transfer.receiveOptions.conflictPolicy = .overwrite
    try await transfer.succeed([folder.path("src")], into: folder.path("out"))
    #expect(status("d").mode == 0o2750)
  }
}
