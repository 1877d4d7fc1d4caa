// What the sanitizers are tried with before the suites. `race` has one and `memory` reads what was given back: both are to be
// found. With `mutex` the same threads meet at one, with `continuation` something is handed over before it is waited for:
// neither is a fault.

import Foundation
import Synchronization

final class Counts: Sendable {
  nonisolated(unsafe) var unguarded = 0
  let guarded = Mutex(0)
}

let counts = Counts()
switch CommandLine.arguments.dropFirst().first {
case "race": DispatchQueue.concurrentPerform(iterations: 4) { _ in for _ in 0..<100_000 { counts.unguarded += 1 } }
case "mutex":
  DispatchQueue.concurrentPerform(iterations: 4) { _ in for _ in 0..<100_000 { counts.guarded.withLock { $0 += 1 } } }
case "continuation":
  for _ in 0..<100 {
    let numbers = await withUnsafeContinuation { (continuation: UnsafeContinuation<[Int], Never>) in
      Thread.detachNewThread { continuation.resume(returning: (0..<100).map { $0 }) }
      Thread.sleep(forTimeInterval: 0.002)
    }
    counts.guarded.withLock { $0 += numbers.reduce(0, +) }
  }
case "memory":
  let memory = UnsafeMutablePointer<Int>.allocate(capacity: 1)
  memory.initialize(to: 1)
  memory.deallocate()
  counts.unguarded = memory.pointee
default: break
}
print(counts.unguarded, counts.guarded.withLock { $0 })
