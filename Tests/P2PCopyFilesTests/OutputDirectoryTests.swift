import Foundation
import P2PCopyCore
import P2PCopyFiles
import TestSupport
import Testing

@Suite("Directories at the receiver")
final class OutputDirectoryTests: OutputFixture {
  private func metadata(_ mode: UInt16, _ seconds: Int64) -> EntryMetadata {
    EntryMetadata(mode: mode, modificationSeconds: seconds, modificationNanoseconds: 7)
  }

  @Test("Directories are made with those they are in, and entered when they are there")
  func making() throws {
    _ = try output.makeDirectory(path("a/b/c"))
    _ = try output.makeDirectory(path("a/b"))
    _ = try OutputDirectory(sharing: output).makeDirectory(path("a/b/d"))
    #expect(status("a/b/c").st_mode & S_IFMT == S_IFDIR)
    #expect(status("a/b/d").st_mode & S_IFMT == S_IFDIR)
  }

  @Test("Neither a link nor a file is taken for a directory")
  func inTheWay() throws {
    try folder.makeDirectory("outside")
    try FileManager.default.createSymbolicLink(atPath: folder.path("out/link"), withDestinationPath: "../outside")
    try folder.write([1], to: "out/file")
    func code(_ name: String) -> P2PCopyError.Code? {
      do {
        _ = try output.makeDirectory(path(name))
        return nil
      } catch {
        return (error as? P2PCopyError)?.code
      }
    }
    #expect(code("link") == .unsafePath)
    #expect(code("link/x") == .unsafePath)
    #expect(code("file") == .destinationExists)
    #expect(code("file/x") == .destinationExists)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("outside")).isEmpty)
  }

  @Test("The same directory is written to when its path leads elsewhere meanwhile")
  func sharing() throws {
    try FileManager.default.moveItem(atPath: folder.path("out"), toPath: folder.path("moved"))
    try folder.makeDirectory("out")
    _ = try OutputDirectory(sharing: output).makeDirectory(path("a"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("moved")) == ["a"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).isEmpty)
  }

  @Test("Its owner may write into a directory that is made until its mode is set; one that was there keeps its mode")
  func writable() throws {
    #expect(try output.makeDirectory(path("new"), mode: 0o055) == .made)
    #expect(status("new").st_mode & 0o700 == 0o700)
    try folder.makeDirectory("out/old")
    #expect(chmod(folder.path("out/old"), 0o555) == 0)
    #expect(try output.makeDirectory(path("old"), mode: 0o700) == .found)
    #expect(status("old").st_mode & 0o777 == 0o555)
    #expect(chmod(folder.path("out/old"), 0o755) == 0)
  }

  @Test("A directory that was made on the way to another one counts as made, once its own entry comes")
  func madeOnTheWay() throws {
    #expect(try output.makeDirectory(path("a/b/c")) == .made)
    #expect(try output.makeDirectory(path("a/b")) == .made)
    #expect(try output.makeDirectory(path("a/b")) == .found)
    #expect(try output.makeDirectory(path("a/b/c")) == .found)
  }

  @Test(
    "A directory that was there gets no right that it did not have, and keeps its setgid and sticky bits",
    arguments: [(0o2750, 0o777, 0o2750), (0o700, 0o777, 0o700), (0o1777, 0o755, 0o1755), (0o755, 0o6700, 0o700)]
      as [(UInt32, UInt16, UInt32)])
  func found(before: UInt32, sent: UInt16, after: UInt32) throws {
    try folder.makeDirectory("out/old")
    #expect(chmod(folder.path("out/old"), before) == 0)
    var ledger = DirectoryLedger()
    ledger.record(try path("old"), metadata(sent, 1), try output.makeDirectory(path("old"), mode: sent))
    let failures = ledger.apply(in: output, keepingSetID: true) { path, refusal in
      Issue.record("\(path): \(refusal)")
    }
    #expect(failures.isEmpty)
    #expect(status("old").st_mode & 0o7777 == after)
    #expect(status("old").st_mtim.tv_sec == 1)
  }

  @Test("A directory that is made keeps the setgid bit that it has from the one it is in")
  func inheritedSetGID() throws {
    #expect(chmod(folder.path("out"), 0o2775) == 0)
    var ledger = DirectoryLedger()
    ledger.record(try path("new"), metadata(0o750, 1), try output.makeDirectory(path("new"), mode: 0o750))
    let failures = ledger.apply(in: output, keepingSetID: false) { path, refusal in
      Issue.record("\(path): \(refusal)")
    }
    #expect(failures.isEmpty)
    #expect(status("new").st_mode & 0o7777 == 0o2750)
  }

  @Test("Modes and times are set in the end, the deepest first, however many directories there are")
  func ledger() throws {
    var ledger = DirectoryLedger()
    var expected: [(name: String, seconds: Int64)] = []
    var names = ["a", "a/b", "a/b/c", "a/bb", "a.b", "a/d/e", "b"]
    names += (0..<200).flatMap { ["many/\($0)", "many/\($0)/x"] }
    for (index, name) in names.enumerated() {
      _ = try output.makeDirectory(path(name), mode: 0o555)
      ledger.record(try path(name), metadata(0o555, Int64(index) * 1000), .made)
      expected.append((name, Int64(index) * 1000))
    }
    #expect(ledger.count == names.count)
    let failures = ledger.apply(in: output, keepingSetID: false) { path, refusal in
      Issue.record("\(path): \(refusal)")
    }
    #expect(failures.isEmpty)
    for (name, seconds) in expected {
      let status = status(name)
      #expect(status.st_mode & 0o7777 == 0o555, "\(name)")
      #expect(status.st_mtim.tv_sec == Int(seconds) && status.st_mtim.tv_nsec == 7, "\(name)")
    }
    #expect(ledger.count == 0)
    for name in names { chmod(folder.path("out/" + name), 0o755) }
  }

  @Test("The ledger follows no links, and says what did not work")
  func ledgerFailures() throws {
    try folder.makeDirectory("outside")
    #expect(chmod(folder.path("outside"), 0o750) == 0)
    try FileManager.default.createSymbolicLink(atPath: folder.path("out/link"), withDestinationPath: "../outside")
    _ = try output.makeDirectory(path("good"))
    var ledger = DirectoryLedger()
    for name in ["good", "link", "missing", "missing/below"] {
      ledger.record(try path(name), metadata(0o700, 1), .made)
    }
    let failures = ledger.apply(in: output, keepingSetID: false) { path, refusal in
      Issue.record("\(path): \(refusal)")
    }
    #expect(failures.map(\.path) == ["missing/below", "missing", "link"])
    #expect(status("good").st_mode & 0o7777 == 0o700)
    #expect(status("../outside").st_mode & 0o7777 == 0o750)
  }
}
