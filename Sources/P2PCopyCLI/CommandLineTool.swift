import ArgumentParser
import Glibc
public import P2PCopyCore

/// The command `p2p-copy`, with the codecs that a program names.
///
/// A build of one's own, with more codecs, is one line of main:
///
/// ```swift
/// await CommandLineTool.main(plugins: [WebSocketClientTransport.self, ZstdCompressor.self, MyCompressor.self])
/// ```
public enum CommandLineTool {
  /// The codecs of this run. Task-local, so that there is no global state and tests run side by side.
  @TaskLocal static var codecs = CodecRegistry()

  /// The arguments of this run, without the program's name: the parser does not tell in which order different options
  /// stand.
  @TaskLocal static var arguments: [String] = []

  /// Runs the command with the process's arguments and ends the process with its exit status.
  @MainActor
  public static func main(plugins: [any CodecPlugin.Type]) async -> Never {
    // First, and before this function is left for another thread, which may be one too many.
    ProcessResources.prepare(for: CommandLine.arguments.dropFirst().first)
    // A closed pipe and a limit on the size of files are errors of the call that meets them, which says so.
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    let arguments = ProcessArguments.texts()
    ProcessArguments.concealCode(arguments)
    ProcessEnd.now(await run(arguments, codecs: CodecRegistry(plugins: plugins)))
  }

  /// Runs the command.
  ///
  /// - Parameters:
  ///   - arguments: Without the program's name.
  ///   - codecs: The codecs to use.
  /// - Returns: The exit status.
  package static func run(_ arguments: [String], codecs: CodecRegistry) async -> Int32 {
    await $arguments.withValue(arguments) { await $codecs.withValue(codecs) { await run(arguments) } }
  }

  private static func run(_ arguments: [String]) async -> Int32 {
    do {
      var command = try RootCommand.parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return 0
    } catch let error as P2PCopyError {
      Console.error("p2p-copy: \(error.message)")
      return error.code.exitStatus
    } catch {
      return report(error, arguments)
    }
  }

  /// Prints what the argument parser has to say: help on standard output, a complaint on standard error.
  private static func report(_ error: any Error, _ arguments: [String]) -> Int32 {
    if RootCommand.exitCode(for: error).isSuccess {
      Console.output(RootCommand.fullMessage(for: error))
      return 0
    }
    let names = RootCommand.configuration.subcommands.map { $0.configuration.commandName }
    let command = arguments.first { !$0.hasPrefix("-") }.flatMap { names.contains($0) ? " \($0)" : nil } ?? ""
    // What was typed is in the message.
    var message = DisplayText.escaped(ArgumentText.decode(RootCommand.message(for: error)))
    if message.hasSuffix(".") { message.removeLast() }
    Console.error("p2p-copy: \(message); see p2p-copy\(command) --help")
    return P2PCopyError.Code.usage.exitStatus
  }
}
