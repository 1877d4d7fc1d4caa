import P2PCopyCore
import P2PCopyFiles
import P2PCopyPlatform
import TestSupport

/// What tests of the receiver's side of the disk begin with: a folder, and the output directory `out` in it.
class OutputFixture {
  let folder: TemporaryDirectory
  let output: OutputDirectory

  init() throws {
    folder = try TemporaryDirectory()
    output = try OutputDirectory(path: LocalPath(folder.path("out")))
  }

  func path(_ text: String) throws -> RelativePath { try RelativePath(validating: Array(text.utf8)) }

  /// What the system says about something in the output directory.
  func status(_ name: String) -> stat {
    var status = stat()
    lstat(folder.path("out/" + name), &status)
    return status
  }
}
