import Argon2id
import P2PCopyCLI
import StandardCodecs
import TestSupport

// The command as it is, but for the derivation of its password: thousands of processes are started for the mutations.
await CommandLineTool.main(
  plugins: StandardCodecs.plugins.filter { $0 != Argon2idKeyDeriver.self } + [QuickKeyDeriver.self])
