import P2PCopyCLI
import StandardCodecs

await CommandLineTool.main(plugins: StandardCodecs.plugins)
