// A program that uses the library and ends as programs do, by returning: whatever is cleaned up at the end of a process
// meets what the library left behind. `ReturningProgramTests` runs it many times, `scripts/run-returning-program` under the
// address sanitizer.

import Argon2id
import Foundation
import P2PCopy
import P2PCopyTesting
import P2PCopyTransfer
import StandardCodecs
import TestSupport

/// How one transfer of this program goes.
enum Course: CaseIterable {
  case succeeds, succeedsWithProtocol1, wrongCode, cancelled
}

/// How many worker threads there are: all transfers share them.
func workerThreadCount() throws -> Int {
  let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
  return threads.count { thread in
    (try? String(contentsOfFile: "/proc/self/task/\(thread)/comm", encoding: .utf8))?.hasPrefix("TP-#") == true
  }
}

/// Sends a file from one folder into another.
func transfer(_ course: Course, in folder: String, _ output: String, isQuick: Bool) async throws {
  let quickPlugins = StandardCodecs.plugins.filter { $0 != Argon2idKeyDeriver.self } + [QuickKeyDeriver.self]
  var codecs = CodecRegistry(plugins: isQuick ? quickPlugins : StandardCodecs.plugins)
  codecs.register(InMemoryTransport(relay: InMemoryRelay()))
  let code = "4821-lusab-babad"
  var sender = try Sender(relay: "memory://relay", code: code, codecs: codecs)
  var receiver = try Receiver(
    relay: "memory://relay", code: course == .wrongCode ? code + "x" : code, codecs: codecs)
  if course == .succeedsWithProtocol1 {
    sender.options.transferProtocol = .one
    sender.options.encrypt = true
    receiver.options.transferProtocol = .one
    receiver.options.encrypt = true
  }
  receiver.options.conflictPolicy = .overwrite
  let (readySender, readyReceiver) = (sender, receiver)
  let (paired, continuation) = AsyncStream.makeStream(of: Void.self)
  let sending = Task {
    try await readySender.send([folder + "/file"]) { events in
      for await event in events { if case .paired = event { continuation.yield() } }
      continuation.finish()
    }
  }
  let receiving = Task { try await readyReceiver.receive(into: folder + "/" + output) { _ in } }
  if course == .cancelled, await paired.contains(where: { _ in true }) { sending.cancel() }
  let results = (await sending.result, await receiving.result)
  let isRight =
    switch (course, results) {
    case (.succeeds, (.success, .success)), (.succeedsWithProtocol1, (.success, .success)): true
    case (.wrongCode, (.failure, .failure)): true
    // It may have been too late for that.
    case (.cancelled, _): true
    default: false
    }
  let threadCount = try workerThreadCount()
  guard threadCount == Transfer.threadCount else {
    throw P2PCopyError(.internalError, "there are \(threadCount) worker threads instead of \(Transfer.threadCount)")
  }
  guard isRight else { throw P2PCopyError(.internalError, "\(course) ended otherwise: \(results)") }
}

guard CommandLine.arguments.count >= 3, let count = Int(CommandLine.arguments[2]) else {
  FileHandle.standardError.write(Data("usage: ReturningProgram FOLDER COUNT [quick] [together]\n".utf8))
  exit(2)
}
let folder = CommandLine.arguments[1]
try Data(repeating: 7, count: 3 << 20).write(to: URL(fileURLWithPath: folder + "/file"))
let isQuick = CommandLine.arguments.contains("quick")
if CommandLine.arguments.contains("together") {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for number in 0..<count {
      group.addTask { try await transfer(.succeeds, in: folder, "out \(number)", isQuick: isQuick) }
    }
    try await group.waitForAll()
  }
} else {
  for number in 0..<count {
    try await transfer(Course.allCases[number % Course.allCases.count], in: folder, "out", isQuick: isQuick)
  }
}
