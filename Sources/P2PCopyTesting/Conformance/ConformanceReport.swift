import P2PCopyCore
import Synchronization
import Testing

/// Reports what a check finds as issues of the running test, at the place of the call.
///
/// One fault can show thousands of times, so only the first few findings of a section are reported.
struct ConformanceReport: Sendable {
  /// The codec under test, as it stands in front of every issue.
  let subject: String
  let sourceLocation: SourceLocation

  private static let limit = 5
  private let findings = Findings()

  /// Counts the findings of a section.
  private final class Findings: Sendable {
    let count = Mutex(0)
  }

  init(_ codec: any Codec, sourceLocation: SourceLocation) {
    subject = codec.name.description
    self.sourceLocation = sourceLocation
  }

  func fail(_ what: String) {
    let count = findings.count.withLock { count in
      count += 1
      return count
    }
    guard count <= Self.limit else { return }
    let more = count == Self.limit ? " (further findings of this kind are not shown)" : ""
    Issue.record("\(subject): \(what)\(more)", sourceLocation: sourceLocation)
  }

  func require(_ condition: Bool, _ what: @autoclosure () -> String) {
    if !condition { fail(what()) }
  }

  /// Runs a part of a check; an error that leaves it is an issue.
  func section(_ name: String, _ body: () throws -> Void) {
    findings.count.withLock { $0 = 0 }
    do {
      try body()
    } catch {
      fail("\(name): unexpected error: \(error)")
    }
  }

  /// Runs a part of a check; an error that leaves it is an issue.
  func section(
    isolation: isolated (any Actor)? = #isolation, _ name: String, _ body: () async throws -> Void
  ) async {
    findings.count.withLock { $0 = 0 }
    do {
      try await body()
    } catch {
      fail("\(name): unexpected error: \(error)")
    }
  }

  /// Requires that `body` throws.
  ///
  /// - Parameters:
  ///   - what: What is tried, for the issue.
  ///   - code: The code it must throw with, or `nil` when any will do.
  ///   - body: Tries it.
  /// - Returns: Whether it threw as required.
  @discardableResult
  func requireRefusal(
    _ what: @autoclosure () -> String, code: P2PCopyError.Code? = nil, _ body: () throws(P2PCopyError) -> Void
  ) -> Bool {
    do throws(P2PCopyError) {
      try body()
      fail("\(what()) was accepted")
      return false
    } catch {
      guard let code, error.code != code else { return true }
      fail("\(what()) was refused with the code \(error.code) instead of \(code)")
      return false
    }
  }

  /// Requires that something has a name as parameters have them.
  func requireName(_ name: String, _ what: String) {
    require(
      !name.isEmpty && name.utf8.allSatisfy { "abcdefghijklmnopqrstuvwxyz0123456789-".utf8.contains($0) },
      "\(what) '\(name)' has a name of other characters than a-z 0-9 -")
  }

  private func parameters(of codec: any Codec, apartFrom name: String) -> [CodecParameter] {
    codec.parameters.filter { $0.name != name }
  }

  private func checkDescription(of parameter: CodecParameter, of codec: any Codec) {
    let name = parameter.name
    requireName(name, "the parameter")
    require(
      !parameter.help.isEmpty && !parameter.help.contains(where: \.isNewline), "the help of \(name) is not one line")
    if case .choices(let words) = parameter.domain {
      require(Set(words).count == words.count, "two choices of \(name) are the same")
      require(
        words.allSatisfy { !$0.isEmpty && !$0.contains(where: \.isWhitespace) },
        "a choice of \(name) has blanks, or nothing")
    }
    for (value, what) in [(parameter.value, "value"), (parameter.defaultValue, "default")] {
      require(
        parameter.domain.contains(value), "the \(what) of \(name) is \(value), which is not \(parameter.domain.phrase)")
    }
    let known = [parameter.value, parameter.defaultValue].filter { parameter.domain.contains($0) }
    for value in Set(parameter.domain.ends + known) {
      section("setting \(name) to \(value)") {
        let changed = try codec.setting(name, to: value)
        require(
          changed.parameters.first { $0.name == name }?.value == value, "\(name) is not \(value) after it was set to it"
        )
        let others = parameters(of: codec, apartFrom: name)
        require(
          parameters(of: changed, apartFrom: name) == others,
          "another parameter changed when \(name) was set to \(value)")
      }
    }
    for value in parameter.domain.strangers {
      requireRefusal("\(name) set to \(value)", code: .usage) { () throws(P2PCopyError) in
        _ = try codec.setting(name, to: value)
      }
    }
  }

  /// What every codec says about itself.
  func checkDescription(of codec: any Codec) {
    require(!codec.summary.isEmpty, "the summary is empty")
    require(!codec.summary.contains(where: \.isNewline), "the summary is longer than one line")
    require(codec.name != .none, "the name 'none' is reserved")
    require(
      Set(codec.parameters.map(\.name)).count == codec.parameters.count, "two parameters have the same name")
    requireRefusal("a parameter that is not declared", code: .usage) { () throws(P2PCopyError) in
      _ = try codec.setting("no-such-parameter", to: .integer(1))
    }
    for parameter in codec.parameters {
      checkDescription(of: parameter, of: codec)
    }
  }
}

extension CodecParameter.Domain {
  /// What a parameter must be settable to: both ends of a range, every choice, both values of a flag.
  fileprivate var ends: [CodecParameter.Value] {
    switch self {
    case .integers(let range): [.integer(range.lowerBound), .integer(range.upperBound)]
    case .choices(let words): words.map { .choice($0) }
    case .flag: [.flag(false), .flag(true)]
    }
  }

  /// Values that must be refused: just outside, far outside, and of other types.
  fileprivate var strangers: [CodecParameter.Value] {
    var values: [CodecParameter.Value] = [.choice("no such word"), .integer(.min), .integer(.max), .flag(true)]
    if case .integers(let range) = self {
      if range.lowerBound > .min { values.append(.integer(range.lowerBound - 1)) }
      if range.upperBound < .max { values.append(.integer(range.upperBound + 1)) }
    }
    return values.filter { !contains($0) }
  }
}

extension ConformanceReport {
  /// Cancels a task before it begins to wait or, as far as one can tell from outside, after.
  func requireCancellation(
    _ what: String, isWaiting: Bool, _ body: @escaping @Sendable () async throws -> Void
  ) async {
    let (started, continuation) = AsyncStream.makeStream(of: Void.self)
    let task = Task {
      continuation.finish()
      try await body()
    }
    if isWaiting {
      for await _ in started {}
      for _ in 0..<100 { await Task.yield() }
    }
    task.cancel()
    do {
      try await task.value
      fail("\(what) went on though its task was cancelled")
    } catch is CancellationError {
    } catch {
      fail("\(what) threw \(error) instead of CancellationError when its task was cancelled")
    }
  }
}
