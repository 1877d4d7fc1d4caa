import Foundation
import P2PCopyCore
import P2PCopyFiles
import TestSupport
import Testing

@Suite("The walk over what is sent")
struct SourceWalkTests {
  let folder: TemporaryDirectory

  init() throws {
    folder = try TemporaryDirectory()
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(atPath: folder.path(name), withDestinationPath: target)
  }

  private func usageError(_ arguments: [String], rules: [FilterRule] = []) -> String? {
    do {
      _ = try Walked(arguments, rules: rules)
      return nil
    } catch {
      return (error as? P2PCopyError).flatMap { $0.code == .usage ? $0.message : nil }
    }
  }

  @Test("Directories come before what is in them, empty ones too; a file goes under its last component")
  func kinds() throws {
    try folder.write([1, 2, 3], to: "source/b/file")
    try folder.makeDirectory("source/a/empty")
    try folder.write([1], to: "elsewhere/single")
    let walked = try Walked([folder.path("source/"), folder.path("elsewhere/single")])
    #expect(walked.names == ["source/", "source/a/", "source/a/empty/", "source/b/", "source/b/file", "single"])
    #expect(walked.entries[4].kind == .file(byteCount: 3))
    #expect(walked.entries[4].location == Array(folder.path("source/b/file").utf8))
    #expect(walked.notices.isEmpty && walked.failures.isEmpty)
  }

  @Test("'.' sends what is in it, '..' under the name of where it leads")
  func dots() throws {
    try folder.write([1], to: "source/sub/x")
    #expect(try Walked([folder.path("source/.")]).names == ["sub/", "sub/x"])
    #expect(try Walked([folder.path("source/sub/..")]).names == ["source/", "source/sub/", "source/sub/x"])
  }

  @Test("Mode and times are those of the file")
  func metadata() throws {
    let file = try folder.write([1], to: "file")
    #expect(chmod(file, 0o4751) == 0)
    let times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: -5, tv_nsec: 123_456_789)]
    #expect(utimensat(AT_FDCWD, file, times, 0) == 0)
    let entry = try #require(try Walked([file]).entries.first)
    #expect(
      entry.metadata
        == EntryMetadata(mode: 0o4751, modificationSeconds: -5, modificationNanoseconds: 123_456_789))
  }

  @Test("Links are kept, followed or left out", arguments: LinkPolicy.allCases)
  func links(policy: LinkPolicy) throws {
    try folder.write([1, 2], to: "elsewhere/file")
    try folder.write([1], to: "source/plain")
    try link("source/directory", to: "../elsewhere")
    try link("source/file", to: "../elsewhere/file")
    try link("source/dangling", to: "nowhere")
    let walked = try Walked([folder.path("source")], links: policy)
    switch policy {
    case .keep:
      #expect(
        walked.names == [
          "source/", "source/dangling -> nowhere", "source/directory -> ../elsewhere",
          "source/file -> ../elsewhere/file", "source/plain",
        ])
      #expect(walked.notices.isEmpty)
    case .follow:
      #expect(
        walked.names == ["source/", "source/directory/", "source/directory/file", "source/file", "source/plain"])
      #expect(walked.entries[3].kind == .file(byteCount: 2))
      #expect(walked.notices.count == 1 && walked.notices[0].contains("source/dangling"))
    case .skip:
      #expect(walked.names == ["source/", "source/plain"])
      #expect(walked.notices.count == 3)
    }
    #expect(walked.failures.isEmpty)
  }

  @Test(
    "Everything in a directory, named one by one, is what the directory's contents are", arguments: LinkPolicy.allCases)
  func linkedArguments(policy: LinkPolicy) throws {
    try folder.write([1], to: "here/file")
    try folder.write([1], to: "here/sub/file")
    try link("here/directory", to: "sub")
    try link("here/to-file", to: "file")
    try link("here/dangling", to: "nowhere")
    #expect(mkfifo(folder.path("here/fifo"), 0o600) == 0)
    let names = ["dangling", "directory", "fifo", "file", "sub", "to-file"]
    let named = try Walked(names.map { folder.path("here/" + $0) }, links: policy)
    let contents = try Walked([folder.path("here/.")], links: policy)
    #expect(named.names == contents.names)
    #expect(named.notices.count == contents.notices.count)
    #expect(named.failures.isEmpty)
    switch policy {
    case .keep:
      #expect(
        named.names == [
          "dangling -> nowhere", "directory -> sub", "file", "sub/", "sub/file", "to-file -> file",
        ])
    case .follow:
      #expect(named.names == ["directory/", "directory/file", "file", "sub/", "sub/file", "to-file"])
      #expect(named.notices.contains { $0.contains("here/dangling': a symbolic link that leads nowhere") })
    case .skip:
      #expect(named.names == ["file", "sub/", "sub/file"])
      #expect(named.notices.filter { $0.contains("a symbolic link") }.count == 3)
    }
  }

  @Test("A link with a slash behind it stands for the directory it leads to", arguments: LinkPolicy.allCases)
  func linkWithSlash(policy: LinkPolicy) throws {
    try folder.write([1], to: "elsewhere/file")
    try link("one", to: "elsewhere")
    #expect(try Walked([folder.path("one/")], links: policy).names == ["one/", "one/file"])
    #expect(try Walked([folder.path("one//")], links: policy).names == ["one/", "one/file"])
    #expect(try Walked([folder.path("one/.")], links: policy).names == ["file"])
    try link("dangling", to: "nowhere")
    #expect(usageError([folder.path("dangling/")])?.contains("No such file") == true)
  }

  @Test("Links that lead in a circle end with a notice")
  func cycle() throws {
    try folder.write([1], to: "source/a/file")
    try link("source/a/up", to: "..")
    try link("source/self", to: "self")
    let walked = try Walked([folder.path("source")], links: .follow)
    #expect(walked.names == ["source/", "source/a/", "source/a/file"])
    #expect(walked.notices.count == 2)
  }

  @Test("FIFOs, sockets and partial files are left out and named")
  func special() throws {
    try folder.makeDirectory("source")
    try folder.write([1], to: "source/.x.p2p-copy-partial")
    #expect(mkfifo(folder.path("source/fifo"), 0o600) == 0)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let path = Array(folder.path("source/socket").utf8)
    try #require(path.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let bound = withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(bound == 0)
    let walked = try Walked([folder.path("source")])
    #expect(walked.names == ["source/"])
    #expect(walked.notices.count == 3)
    #expect(walked.notices.contains { $0.contains("source/fifo'") && $0.contains("FIFO") })
    #expect(walked.notices.contains { $0.contains("source/socket'") && $0.contains("socket") })
    #expect(walked.notices.contains { $0.contains("p2p-copy-partial") })
  }

  @Test("Names are bytes")
  func bytes() throws {
    try folder.makeDirectory("source")
    let name = Array(folder.path("source/").utf8) + [0xFF, 0x1B, 0x0A, 0x5C]
    let descriptor = open(name.map { CChar(bitPattern: $0) } + [0], O_CREAT | O_WRONLY, 0o600)
    #expect(descriptor >= 0)
    close(descriptor)
    let walked = try Walked([folder.path("source")])
    #expect(walked.entries.last?.path.bytes == Array("source/".utf8) + [0xFF, 0x1B, 0x0A, 0x5C])
    #expect(walked.entries.last?.location == name)
    unlink(name.map { CChar(bitPattern: $0) } + [0])
  }

  @Test("Filters see names as they arrive, arguments too, and nobody is told")
  func filters() throws {
    for name in ["source/a.o", "source/b.c", "source/build/x.c", "source/sub/build"] { try folder.write([1], to: name) }
    #expect(mkfifo(folder.path("source/pipe.o"), 0o600) == 0)
    try folder.write([1], to: "alone.o")
    let rules = [FilterRule(.exclude, "*.o"), FilterRule(.exclude, "/source/build/")]
    let walked = try Walked([folder.path("source"), folder.path("alone.o")], rules: rules)
    #expect(walked.names == ["source/", "source/b.c", "source/sub/", "source/sub/build"])
    #expect(walked.notices.isEmpty)
    #expect(usageError([folder.path("source")], rules: [FilterRule(.exclude, "*")]) != nil)
  }

  @Test("A directory with more names than a batch holds")
  func batches() throws {
    try folder.makeDirectory("source")
    var expected: Set<String> = []
    for index in 0..<5000 {
      let descriptor = open(folder.path("source/\(index)"), O_CREAT | O_WRONLY, 0o600)
      #expect(descriptor >= 0)
      close(descriptor)
      expected.insert("source/\(index)")
    }
    let walked = try Walked([folder.path("source")])
    #expect(walked.entries.count == 5001)
    #expect(Set(walked.names.dropFirst()) == expected)
  }

  @Test("Missing, empty, nothing, special: usage errors before anything is sent")
  func usage() throws {
    try folder.makeDirectory("empty")
    try folder.write([1], to: "file")
    #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
    #expect(usageError([])?.contains("nothing to send") == true)
    #expect(usageError([folder.path("empty/.")])?.contains("nothing to send") == true)
    #expect(usageError([folder.path("fifo")])?.contains("a named pipe (FIFO)") == true)
    #expect(usageError([folder.path("empty")]) == nil)
    for arguments in [[""], [folder.path("missing")], [folder.path("file"), "a\0b"], [folder.path("fifo")]] {
      #expect(usageError(arguments) != nil)
    }
  }

  @Test("Two arguments under one name are a usage error; the same one twice is sent once")
  func collisions() throws {
    try folder.write([1], to: "a/x")
    try folder.write([2], to: "b/x")
    let message = usageError([folder.path("a/x"), folder.path("b/x")])
    #expect(message?.contains("a/x'") == true && message?.contains("b/x'") == true)
    #expect(try Walked([folder.path("a/x"), folder.path("b/../a/x")]).names == ["x"])
    #expect(try Walked([folder.path("a"), folder.path("a/")]).names == ["a/", "a/x"])
  }

  @Test("What '.' brings must not collide with another argument")
  func contentsCollide() throws {
    try folder.write([1], to: "a/x")
    try folder.write([2], to: "b/x")
    try folder.write([2], to: "b/y")
    let other = try Walked([folder.path("a/x"), folder.path("b/.")])
    #expect(other.names == ["x", "y"])
    #expect(other.failures.count == 1)
    let message = try #require(other.failures.first?.error.message)
    #expect(message.contains("a/x'") && message.contains("b/./x'"))
    let contents = try Walked([folder.path("a/."), folder.path("b/.")])
    #expect(contents.names == ["x", "y"])
    #expect(contents.failures.count == 1)
    let same = try Walked([folder.path("b/."), folder.path("b/x"), folder.path("b/.")])
    #expect(Set(same.names) == ["x", "y"] && same.names.count == 2)
    #expect(same.failures.isEmpty)
  }
}
