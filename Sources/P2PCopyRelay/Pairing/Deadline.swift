import NIOCore

/// The clock of a connection. There is one at a time: setting it ends the one before.
struct Deadline {
  private var task: Scheduled<Void>?

  /// Lets something happen after some time, unless there is another deadline by then.
  mutating func set(in time: Duration, on eventLoop: any EventLoop, _ act: @escaping () -> Void) {
    cancel()
    task = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time), act)
  }

  mutating func cancel() {
    task?.cancel()
    task = nil
  }
}
