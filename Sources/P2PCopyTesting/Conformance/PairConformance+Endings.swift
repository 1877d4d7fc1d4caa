import NIOCore
import P2PCopyCore

// What concerns how connections end.

extension PairConformance {
  func checkNormalEnd() async {
    let messages = (0..<40).map { TransportMessage.text(String(repeating: "\($0) ", count: 20_000)) }
    for isSenderFirst in [true, false] {
      await withPair("a normal end") { sender, receiver in
        let (first, second) = isSenderFirst ? (sender, receiver) : (receiver, sender)
        try await together(
          {
            for message in messages { try await first.send(message) }
            let answer = try await first.finish(.normal)
            report.require(answer.isNormal, "after a normal end finish returned \(answer.reason)")
          },
          {
            try await expect(messages, at: second)
            report.require(try await second.receive() == nil, "a normal end was not seen")
            let answer = try await second.finish(.normal)
            report.require(answer.isNormal, "finish in answer to a normal end returned \(answer.reason)")
          })
      }
    }
  }

  func checkEndWithStatus() async {
    let closure = TransportClosure(.failed(.receiver), text: "no space left – 残り無し")
    let messages = (0..<10).map { TransportMessage.text("message \($0)") }
    await withPair("an end with a status") { sender, receiver in
      try await together(
        {
          for message in messages { try await receiver.send(message) }
          _ = try await receiver.finish(closure)
        },
        {
          try await expect(messages, at: sender)
          do {
            _ = try await sender.receive()
            report.fail("an end with \(closure.reason) was taken for a normal one")
          } catch let seen as TransportClosure {
            report.require(seen == closure, "\(seen) was seen instead of \(closure)")
          }
          do {
            try await sender.send(.text("too late"))
            report.fail("sending after the other side closed did not throw")
          } catch let seen as TransportClosure {
            report.require(seen == closure, "sending after the other side closed threw \(seen)")
          }
          _ = try await sender.finish(.normal)
        })
    }
  }

  func checkEndOfBothAtOnce() async {
    await withPair("an end of both at once") { sender, receiver in
      try await together(
        { _ = try await sender.finish(.normal) }, { _ = try await receiver.finish(.normal) })
    }
  }

  func checkAbort() async {
    for isSenderGone in [true, false] {
      await withPair("an abort") { sender, receiver in
        let (gone, left) = isSenderGone ? (sender, receiver) : (receiver, sender)
        let passed = try await pass(.text("before"), from: gone, to: left)
        report.require(passed == .text("before"), "a message before an abort came changed")
        try await together(
          { await requireFailure("receiving when the peer has vanished") { _ = try await left.receive() } },
          {
            gone.abort()
            gone.abort()
          })
        await requireFailure("receiving after an abort") { _ = try await gone.receive() }
        await requireFailure("sending after an abort") { try await gone.send(.text("after")) }
      }
    }
  }

  /// A peer that vanishes without having taken everything must not look like a good end.
  func checkLostEnd() async {
    await withPair("an end without the peer") { sender, receiver in
      try await sender.send(.text("never read"))
      try await together(
        {
          guard let answer = try? await sender.finish(.normal) else { return }
          report.require(!answer.isNormal, "finish reports a good end though the peer vanished")
        },
        { receiver.abort() })
    }
  }

  func checkCancellation() async {
    for isWaiting in [false, true] {
      await withPair("cancelling receive") { sender, receiver in
        await report.requireCancellation("receive", isWaiting: isWaiting) { _ = try await receiver.receive() }
        try await together(
          { _ = try await receiver.finish(TransportClosure(.failed(.receiver))) },
          {
            await requireFailure("receiving when the peer was cancelled and said so") { _ = try await sender.receive() }
            _ = try? await sender.finish(.normal)
          })
      }
      await withPair("cancelling finish") { sender, receiver in
        await report.requireCancellation("finish", isWaiting: isWaiting) { _ = try await sender.finish(.normal) }
        withExtendedLifetime(receiver) {}
      }
    }
  }

  /// A peer that is stopped while it sends must be able to say so behind what it has queued.
  func checkCancellationOfSend() async {
    let chunk = SampleData.random(SampleData.chunkByteCount, seed: 40)
    let closure = TransportClosure(.failed(.sender), text: "stopped")
    await withPair("cancelling send") { sender, receiver in
      let (begun, continuation) = AsyncStream.makeStream(of: Void.self)
      let task = Task {
        // Nobody reads, so that it must wait some time.
        while true {
          try await sender.send(.binary(buffer(chunk, for: sender)))
          continuation.finish()
        }
      }
      for await _ in begun {}
      task.cancel()
      do {
        try await task.value
      } catch is CancellationError {
      } catch {
        report.fail("send threw \(error) instead of CancellationError when its task was cancelled")
      }
      try await together(
        { _ = try await sender.finish(closure) },
        {
          do {
            while case .binary(let buffer)? = try await receiver.receive() {
              report.require(
                buffer.readableBytesView.elementsEqual(chunk),
                "a chunk that was queued before a cancellation came changed")
              receiver.buffers.recycle(buffer)
            }
            report.fail("an end with \(closure.reason) after a cancelled send was taken for a normal one")
          } catch let seen as TransportClosure {
            report.require(seen == closure, "\(seen) was seen instead of \(closure) after a cancelled send")
          }
          _ = try await receiver.finish(.normal)
        })
    }
  }
}
