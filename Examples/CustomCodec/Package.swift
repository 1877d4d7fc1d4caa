// swift-tools-version: 6.2
import PackageDescription

// The settings of p2p-copy's own targets; recommended, not required.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

let package = Package(
  name: "CustomCodec",
  products: [
    .library(name: "Brotli", targets: ["Brotli"]),
    .executable(name: "brotli-p2p-copy", targets: ["brotli-p2p-copy"]),
  ],
  dependencies: [
    // In a package of its own this is a URL and a version.
    .package(name: "p2p-copy", path: "../..")
  ],
  targets: [
    .systemLibrary(name: "CBrotli", pkgConfig: "libbrotlienc", providers: [.apt(["libbrotli-dev"])]),
    .target(
      name: "Brotli",
      dependencies: ["CBrotli", .product(name: "P2PCopyCore", package: "p2p-copy")],
      swiftSettings: settings),
    .executableTarget(
      name: "brotli-p2p-copy",
      dependencies: [
        "Brotli",
        .product(name: "P2PCopyCLI", package: "p2p-copy"),
        .product(name: "StandardCodecs", package: "p2p-copy"),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "BrotliTests",
      dependencies: [
        "Brotli",
        .product(name: "P2PCopyCore", package: "p2p-copy"),
        .product(name: "P2PCopyTesting", package: "p2p-copy"),
      ],
      swiftSettings: settings),
    // Transfers with the codec: through the command, and inside one process.
    .testTarget(
      name: "BrotliTransferTests",
      dependencies: [
        "Brotli", "brotli-p2p-copy",
        .product(name: "P2PCopy", package: "p2p-copy"),
        .product(name: "P2PCopyCore", package: "p2p-copy"),
        .product(name: "P2PCopyTesting", package: "p2p-copy"),
        .product(name: "Zstd", package: "p2p-copy"),
        .product(name: "AESGCM", package: "p2p-copy"),
        .product(name: "ChaCha20Poly1305", package: "p2p-copy"),
        .product(name: "XXH128", package: "p2p-copy"),
        .product(name: "SHA256Sum", package: "p2p-copy"),
        .product(name: "Argon2id", package: "p2p-copy"),
        .product(name: "SPAKE2", package: "p2p-copy"),
      ],
      swiftSettings: settings),
  ]
)
