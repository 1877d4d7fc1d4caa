import ArgumentParser
public import P2PCopyCore
import P2PCopyPlatform

/// The command `p2p-copy`, with the codecs that a program names.
///
/// A build of one's own, with more codecs, is one line of main:
///
/// ```swift
/// await CommandLineTool.main(plugins: StandardCodecs.plugins + [MyCompressor.self])
/// ```
public enum CommandLineTool {
  /// The codecs of this run. Task-local, so that there is no global state and tests run side by side.
  @TaskLocal static var codecs = CodecRegistry()

  /// The arguments of this run: the parser does not tell in which order different options stand, and does not get codes.
  @TaskLocal static var arguments = GivenArguments()

  /// The code of `P2P_COPY_CODE`.
  @TaskLocal static var environmentCode: ConcealedCode?

  /// What variables and the configuration file say.
  @TaskLocal static var settings = Settings()

  /// Runs the command with the process's arguments and ends the process with its exit status.
  @MainActor
  public static func main(plugins: [any CodecPlugin.Type]) async -> Never {
    ProcessStart.prepare()
    let (arguments, environmentCode) = ProcessArguments.take()
    if has("--nice", in: arguments.texts) { ProcessStart.giveWay() }
    // Before this function is left for another thread, which may be one too many.
    ProcessResources.prepare(for: arguments.texts)
    ProcessEnd.now(
      await $environmentCode.withValue(environmentCode) {
        await run(arguments, codecs: CodecRegistry(plugins: plugins))
      })
  }

  /// Runs the command.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - codecs: The codecs to use.
  /// - Returns: The exit status.
  package static func run(_ arguments: [String], codecs: CodecRegistry) async -> Int32 {
    await run(GivenArguments(arguments), codecs: codecs)
  }

  /// The help of a command, `nil` when there is none of that name.
  package static func help(for command: String) -> String? {
    RootCommand.configuration.subcommands.first { $0.configuration.commandName == command }
      .map { RootCommand.helpMessage(for: $0) }
  }

  /// The options of `send` and `receive` that take a value.
  package static var optionsWithValue: Set<String> { CodeSearch.optionsWithValue }

  private static func run(_ arguments: GivenArguments, codecs: CodecRegistry) async -> Int32 {
    await $arguments.withValue(arguments) { await $codecs.withValue(codecs) { await run(arguments.texts) } }
  }

  private static func run(_ arguments: [String]) async -> Int32 {
    do throws(OutputFailure) {
      try begin(arguments)
    } catch {
      return end(error)
    }
    let settings: Settings
    do throws(P2PCopyError) {
      // Whoever asks for help or a code needs none.
      settings = Self.readsSettings(arguments) ? try Settings.read() : Settings()
    } catch {
      return end(error, arguments)
    }
    return await $settings.withValue(settings) { await run(arguments, settings) }
  }

  /// Whether a command has a use for settings.
  private static func readsSettings(_ arguments: [String]) -> Bool {
    guard let command = arguments.first, !has("--help", in: arguments), !has("-h", in: arguments) else { return false }
    // A shell completes the names of relays.
    return command == "config" || command == "---completion" || Setting.all.contains { $0.commands.contains(command) }
  }

  private static func run(_ arguments: [String], _ settings: Settings) async -> Int32 {
    let options = arguments.first.map { settings.options(for: $0, given: arguments) } ?? []
    let given = arguments
    let arguments = given.prefix(1) + options.map(\.argument) + given.dropFirst()
    do {
      var command = try RootCommand.parseAsRoot(Array(arguments))
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return 0
    } catch let error as P2PCopyError {
      return end(error, given)
    } catch let failure as OutputFailure {
      return end(failure)
    } catch {
      if !RootCommand.exitCode(for: error).isSuccess, let fault = fault(in: options, for: given[0]) {
        return end(fault, given)
      }
      return report(error, given)
    }
  }

  /// What a variable or the file says and the parser does not take, with its place: on its own it would look like an option that
  /// nobody has given.
  private static func fault(
    in options: [(argument: String, source: Settings.Source)], for command: String
  ) -> P2PCopyError? {
    for option in options {
      do {
        _ = try RootCommand.parseAsRoot([command, option.argument] + (command == "send" ? ["."] : []))
      } catch {
        let message = ArgumentText.shown(RootCommand.message(for: error))
        return P2PCopyError(.usage, "\(option.source): \(message)")
      }
    }
    return nil
  }

  /// Whether the arguments ask for JSON, also where they cannot be parsed.
  package static func asksForJSON(_ arguments: some Sequence<String>) -> Bool {
    has("--json", in: arguments)
  }

  /// Whether a flag is among the arguments, which may be none that can be parsed.
  private static func has(_ flag: String, in arguments: some Sequence<String>) -> Bool {
    arguments.prefix { $0 != "--" }.contains(flag)
  }

  private static var commandNames: [String] {
    RootCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// Prints the first line where JSON is asked for.
  ///
  /// - Throws: ``OutputFailure``.
  static func begin(_ arguments: [String]) throws(OutputFailure) {
    guard asksForJSON(arguments) else { return }
    let name = arguments.first.flatMap { commandNames.contains($0) ? $0 : nil }
    try Console.output(EventLine.command(name ?? "p2p-copy").text)
  }

  /// Says why the command failed, to a person and, where that is asked for, in JSON.
  ///
  /// - Returns: The status.
  static func end(_ error: P2PCopyError, _ arguments: [String]) -> Int32 {
    Console.error("p2p-copy: \(error.commandLine)")
    guard asksForJSON(arguments) else { return error.code.exitStatus }
    do throws(OutputFailure) {
      try Console.output(EventLine.error(error).text)
    } catch {
      // The status says it, and so does standard error.
    }
    return error.code.exitStatus
  }

  /// The status for what could not be printed. A reader that went away is told nothing, as other tools do.
  private static func end(_ failure: OutputFailure) -> Int32 {
    guard !failure.hasReaderLeft else { return OutputFailure.readerLeftStatus }
    Console.error("p2p-copy: \(failure.error.commandLine)")
    return failure.error.code.exitStatus
  }

  /// Prints what the argument parser has to say: help on standard output, a complaint on standard error.
  private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
    if RootCommand.exitCode(for: error).isSuccess {
      do throws(OutputFailure) {
        try Console.output(RootCommand.fullMessage(for: error))
        return 0
      } catch {
        return end(error)
      }
    }
    let command = arguments.first { !$0.hasPrefix("-") }.flatMap { commandNames.contains($0) ? " \($0)" : nil } ?? ""
    // What was typed is in the message.
    var message = ArgumentText.shown(RootCommand.message(for: error))
    if message.hasSuffix(".") { message.removeLast() }
    return end(P2PCopyError(.usage, "\(message); see p2p-copy\(command) --help"), arguments)
  }
}
