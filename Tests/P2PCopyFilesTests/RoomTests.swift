import Foundation
import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import TestSupport
import Testing

/// How much can be written, and how much of that a file takes.
@Suite("Room in an output directory")
final class RoomTests: OutputFixture {
  private static let byteCount: Int64 = 1_000_000

  private func taken(_ name: String, replacing isReplacing: Bool = false, continued: Bool = false) throws -> Int64 {
    let path = try path(name)
    let directory = try #require(try output.directory(of: path, creating: true))
    let place = isReplacing ? try PlannedPlace(path, in: directory) : PlannedPlace(path)
    return output.roomTaken(by: Self.byteCount, at: place, continuing: continued)
  }

  @Test("A new file takes as much as it has; a tiny one may take nothing")
  func new() throws {
    #expect(try taken("new") == Self.byteCount)
    #expect(try taken("a/b/new") == Self.byteCount)
    #expect(try output.roomTaken(by: 100, at: PlannedPlace(path("tiny")), continuing: false) == 0)
    #expect(try output.roomTaken(by: .max, at: PlannedPlace(path("huge")), continuing: false) == .max)
  }

  @Test("What is replaced, or left of an earlier transfer, becomes free")
  func freed() throws {
    try folder.write([UInt8](repeating: 1, count: 300_000), to: "out/old")
    #expect(try taken("old", replacing: true) <= Self.byteCount - 300_000)
    #expect(try taken("old") == Self.byteCount)
    try folder.write([UInt8](repeating: 1, count: 2_000_000), to: "out/.part.p2p-copy-partial")
    #expect(try taken("part") <= -1_000_000)
    // What goes behind it does not empty it.
    #expect(try taken("part", continued: true) == Self.byteCount)
  }

  @Test("A full disk and a quota are told apart, name the file, and end all writing", arguments: [ENOSPC, EDQUOT])
  func full(number: Int32) throws {
    let error = PartialFile.explain(SystemError(number: number), try path("dir/file"))
    #expect(error.code == .destinationUnwritable && error.scope == .destination && error.remedy == .freeSpace)
    #expect(error.message.contains("'dir/file'"))
    #expect(error.message.contains(number == ENOSPC ? "No space left on device" : "Disk quota exceeded"))
  }

  @Test("What goes to another file system takes none here")
  func elsewhere() throws {
    let elsewhere = try OutputDirectory(path: LocalPath("/"))
    let (shared, root) = (status("."), try FileStatus(of: Array("/".utf8), followLinks: false))
    guard UInt(shared.st_dev) != root.identity.device else { return }
    let inside = try RelativePath(validating: Array((folder.path("out") + "/x").utf8.dropFirst()))
    #expect(elsewhere.roomTaken(by: Self.byteCount, at: PlannedPlace(inside), continuing: false) == 0)
  }

  @Test(
    "What is free is what the system says, where that is certain",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/shm"), "there is no memory file system here"))
  func free() throws {
    var status = statvfs()
    #expect(statvfs(folder.path("out"), &status) == 0)
    guard let room = output.room else {
      // Then it is one of which nobody can be certain.
      #expect(!folder.path.hasPrefix("/dev/shm"))
      return
    }
    #expect(room >= 0 && room <= Int64(status.f_blocks) * Int64(status.f_frsize))
  }
}
