import Foundation
import Glibc
import Testing

/// A program of one's own that uses the library and then returns from `main`.
@Suite struct ReturningProgramTests {
  let workspace: Workspace

  init() throws {
    workspace = try Workspace()
  }

  /// The end of a process without `exit` is what hides a thread that the library has left running.
  @Test("It ends as it should every time")
  func itEndsAsItShouldEveryTime() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<2 {
        let folder = try workspace.directory("worker \(worker)")
        group.addTask {
          for run in 0..<25 {
            // What ends a process this late says nothing but in its status.
            let result = try await Self.run([folder, "\(1 + run % 4)", "quick"])
            #expect(result == 0, "run \(run)")
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// The program counts its threads after each of them, while others go on.
  @Test("Many transfers at once have no more threads than one")
  func manyTransfersAtOnceHaveNoMoreThreadsThanOne()
    async throws
  {
    #expect(try await Self.run([workspace.directory("folder"), "1", "quick", "together"]) == 0)
    #expect(try await Self.run([workspace.directory("folder"), "40", "quick", "together"]) == 0)
  }

  /// Runs the program to its end.
  ///
  /// - Returns: Its exit status, or 256 and the signal that ended it.
  private static func run(_ arguments: [String]) async throws -> Int32 {
    let program = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
      .deletingLastPathComponent().appendingPathComponent("ReturningProgram").path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    return try await withCheckedThrowingContinuation { continuation in
      process.terminationHandler = { process in
        let isSignal = process.terminationReason == .uncaughtSignal
        continuation.resume(returning: process.terminationStatus + (isSignal ? 256 : 0))
      }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
  }
}
