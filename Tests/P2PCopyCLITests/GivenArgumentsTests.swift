import P2PCopyCLI
import P2PCopyCore
import Testing

@Suite("Codes among arguments")
struct GivenArgumentsTests {
  @Test(
    "A code is taken out wherever it stands",
    arguments: [
      ["send", "ws://h", "my-secret", "file"], ["send", "--wait", "5", "ws://h", "my-secret", "file"],
      ["send", "ws://h", "--out", "x", "my-secret"], ["receive", "ws://h", "--out=x", "my-secret"],
      ["receive", "--", "ws://h", "-my-secret"], ["receive", "ws://h", "-my-secret"],
      // In the wrong place.
      ["receive", "my-secret", "ws://h"], ["receive", "my-secret"], ["receive", "--relay", "ws://h", "my-secret"],
      ["receive", "ws://h", "x", "my-secret"], ["send", "my-secret", "ws://h", "file"],
      ["send", "--relay", "ws://h", "my-secret", "file"], ["send", "localhost:8765", "my-secret", "file"],
      ["send", "--code", "my-secret", "ws://h"], ["send", "--code=my-secret", "ws://h"],
      ["send", "--relay=ws://h", "--code-file=my-secret", "file"], ["receive", "--code-file", "my-secret"],
      ["send", "P2P_COPY_CODE=my-secret", "file"],
      // By its form.
      ["send", "file", "482137-my-secret", "482137-lusab-babad"], ["verify", "482137-lusab-babad", "r"],
      ["code", "482137-lusab-babad"], ["send", "--frobnicate=482137-lusab-babad", "file"],
      ["send", "--wait", "482137-lusab-babad"], ["receive", "lusab-babad-gutih-tugad"],
      ["send", "--relay", "n=4=nlusab-babad-gutih-tugad", "file"], ["receive", "\"482137\u{2013}LUSAB-babad\""],
    ])
  func concealed(arguments: [String]) {
    let texts = GivenArguments(arguments).texts
    #expect(texts.count == arguments.count)
    #expect(texts != arguments)
    for text in texts {
      #expect(!text.contains("my-secret") || text == "482137-my-secret", "\(texts)")
      #expect(!text.lowercased().contains("babad"), "\(texts)")
    }
    #expect(!texts.map { ArgumentText.shown($0) }.joined().contains("lusab"))
  }

  @Test(
    "Other arguments stay",
    arguments: [
      ["send", "a", "b"], ["send", "--code-file", "-", "a"], ["send", "ws://h"], ["send", "--exclude", "*.tmp", "a"],
      ["run-relay-server", "localhost", "8765"], ["verify", "a", "b"],
    ])
  func plain(arguments: [String]) {
    #expect(GivenArguments(arguments).texts == arguments)
  }

  @Test("Every option with a value is known, so that no value is taken for a code", arguments: ["send", "receive"])
  func optionsWithValue(command: String) throws {
    let help = try #require(CommandLineTool.help(for: command))
    let options = help.matches(of: /(--[a-z0-9-]+) <[^>]/).map { String($0.1) }
    #expect(options.count > 8)
    for option in options { #expect(CommandLineTool.optionsWithValue.contains(option), "\(option)") }
  }
}
