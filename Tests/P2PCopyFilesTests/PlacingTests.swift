import Foundation
import P2PCopyCore
import P2PCopyFiles
import TestSupport
import Testing

@Suite("Small files, links and metadata at the receiver")
final class PlacingTests: OutputFixture {
  private func place(
    _ name: String, _ bytes: [UInt8], metadata: EntryMetadata? = nil, keepingSetID: Bool = false,
    policy: ConflictPolicy = .fail
  ) throws -> String {
    let path = try path(name)
    let directory = try #require(try output.directory(of: path, creating: true))
    let placed = try bytes.withUnsafeBytes {
      try SmallFile.place(
        $0, at: PlannedPlace(path, in: directory), in: directory, metadata: metadata, keepingSetID: keepingSetID,
        TakenNames(policy))
    }
    #expect(placed.refusal.isEmpty)
    return String(decoding: placed.path.name, as: UTF8.self)
  }

  private func link(_ name: String, to target: String, policy: ConflictPolicy = .fail) throws -> String {
    let path = try path(name)
    let directory = try #require(try output.directory(of: path, creating: true))
    let metadata = EntryMetadata(mode: 0o777, modificationSeconds: 1_000_000_000, modificationNanoseconds: 5)
    let placed = try directory.createSymbolicLink(
      to: Array(target.utf8), at: PlannedPlace(path, in: directory), metadata: metadata, TakenNames(policy))
    #expect(placed.refusal.isEmpty)
    return String(decoding: placed.path.name, as: UTF8.self)
  }

  private func target(_ name: String) throws -> String {
    try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("out/" + name))
  }

  @Test("A small file has its bytes, mode and times, and nothing else is left")
  func smallFile() throws {
    let metadata = EntryMetadata(mode: 0o640, modificationSeconds: -7, modificationNanoseconds: 999_999_999)
    #expect(try place("a/b/file", [1, 2, 3], metadata: metadata) == "file")
    #expect(try folder.tree("out") == ["a/b/file": [1, 2, 3]])
    let status = status("a/b/file")
    #expect(status.st_mode & 0o7777 == 0o640)
    #expect(status.st_mtim.tv_sec == -7 && status.st_mtim.tv_nsec == 999_999_999)
    #expect(try place("empty", []) == "empty")
    #expect(folder.read("out/empty") == [])
  }

  @Test("Setuid and setgid are dropped unless they are kept; a file nobody may write is written")
  func setID() throws {
    let metadata = EntryMetadata(mode: 0o6555, modificationSeconds: 1, modificationNanoseconds: 0)
    _ = try place("dropped", [1], metadata: metadata)
    #expect(status("dropped").st_mode & 0o7777 == 0o555)
    _ = try place("kept", [1], metadata: metadata, keepingSetID: true)
    #expect(status("kept").st_mode & 0o7777 == 0o6555)
  }

  @Test("What is there stays, is replaced or kept beside, as the policy says", arguments: ConflictPolicy.allCases)
  func conflicts(policy: ConflictPolicy) throws {
    try folder.write([9], to: "out/x.txt")
    switch policy {
    case .fail, .skip:
      #expect {
        try place("x.txt", [1], policy: policy)
      } throws: { error in
        (error as? P2PCopyError)?.code == .destinationExists
      }
      #expect(try folder.tree("out") == ["x.txt": [9]])
    case .overwrite:
      #expect(try place("x.txt", [1], policy: policy) == "x.txt")
      #expect(try folder.tree("out") == ["x.txt": [1]])
    case .rename:
      #expect(try place("x.txt", [1], policy: policy) == "x (1).txt")
      #expect(try folder.tree("out") == ["x.txt": [9], "x (1).txt": [1]])
    }
  }

  @Test("A leftover under the partial name goes, and a link there is not written through")
  func leftovers() throws {
    try folder.write([9, 9], to: "out/.x.p2p-copy-partial")
    #expect(try place("x", [1]) == "x")
    try folder.write([7], to: "victim")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("out/.y.p2p-copy-partial"), withDestinationPath: "../victim")
    #expect(try place("y", [2]) == "y")
    try folder.write([9, 9], to: "out/.z.p2p-copy-partial")
    #expect(try link("z", to: "x") == "z")
    #expect(folder.read("victim") == [7])
    #expect(try folder.tree("out") == ["x": [1], "y": [2], "z": [1]])
  }

  @Test("What another receiver is writing is not touched")
  func locked() throws {
    let partial = try folder.write([9], to: "out/.x.p2p-copy-partial")
    let descriptor = open(partial, O_RDWR)
    #expect(flock(descriptor, LOCK_EX) == 0)
    for attempt in [{ try self.place("x", [1]) }, { try self.link("x", to: "y") }] {
      #expect {
        try attempt()
      } throws: { error in
        (error as? P2PCopyError)?.message.contains("another receive") == true
      }
    }
    #expect(folder.read("out/.x.p2p-copy-partial") == [9])
    close(descriptor)
    #expect(try place("x", [1]) == "x")
  }

  @Test("Links have their target and time and follow the policy, dangling or not")
  func links() throws {
    #expect(try link("a/link", to: "nowhere") == "link")
    #expect(try target("a/link") == "nowhere")
    #expect(status("a/link").st_mtim.tv_sec == 1_000_000_000)
    #expect(throws: P2PCopyError.self) { try link("a/link", to: "other") }
    #expect(try link("a/link", to: "other", policy: .rename) == "link (1)")
    #expect(try link("a/link", to: "third", policy: .overwrite) == "link")
    #expect(try target("a/link") == "third")
    try folder.makeDirectory("out/directory")
    #expect(throws: P2PCopyError.self) { try link("directory", to: "x", policy: .overwrite) }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out/a")).sorted() == ["link", "link (1)"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).sorted() == ["a", "directory"])
  }

  @Test("A file replaces a link, not what it points to")
  func overLink() throws {
    try folder.write([7], to: "victim")
    _ = try link("x", to: "../victim")
    #expect(try place("x", [1], policy: .overwrite) == "x")
    #expect(folder.read("victim") == [7] && folder.read("out/x") == [1])
  }

  @Test(
    "Targets that stay inside",
    arguments: [("a", "b"), ("a", "b/c/"), ("d/a", ".."), ("d/a", "../b"), ("d/e/a", "./../../b"), ("a", "..b/c..")])
  func harmlessTargets(name: String, target: String) throws {
    try LinkTarget.check(target: Array(target.utf8), of: path(name))
  }

  @Test(
    "Targets that lead outside, or may",
    arguments: [
      ("a", ""), ("a", "/"), ("a", "/etc"), ("a", ".."), ("d/a", "../.."), ("d/a", "b/../c"), ("d/a", "../b/.."),
      ("d/a", ".././../x"), ("a", "b\0c"), ("a", String(repeating: "x", count: 4096)),
    ])
  func harmfulTargets(name: String, target: String) throws {
    let path = try path(name)
    #expect {
      try LinkTarget.check(target: Array(target.utf8), of: path)
    } throws: { error in
      guard let error = error as? P2PCopyError else { return false }
      return error.code == .unsafePath && error.message.contains("'\(name)'") && error.remedy == .changeLinkPolicy
    }
  }
}
