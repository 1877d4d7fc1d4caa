// swift-tools-version: 6.2
import PackageDescription

// One strict list for every target. Warnings become errors where P2P_COPY_STRICT is set (the Makefile sets it): who
// depends on this package must not be stopped by a warning that a newer compiler adds.
var strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]
if Context.environment["P2P_COPY_STRICT"] != nil {
  strict.append(.treatAllWarnings(as: .error))
}

// What `--version` says the command was built from: the Makefile sets it.
let commit: [CSetting] = Context.environment["P2P_COPY_COMMIT"].map { [.define("P2P_COPY_COMMIT", to: $0)] } ?? []

extension Target.Dependency {
  static let nioCore = product(name: "NIOCore", package: "swift-nio")
  static let nioPosix = product(name: "NIOPosix", package: "swift-nio")
  static let nioEmbedded = product(name: "NIOEmbedded", package: "swift-nio")
  static let nioHTTP1 = product(name: "NIOHTTP1", package: "swift-nio")
  static let nioWebSocket = product(name: "NIOWebSocket", package: "swift-nio")
  static let nioSOCKS = product(name: "NIOSOCKS", package: "swift-nio-extras")
  static let nioSSL = product(name: "NIOSSL", package: "swift-nio-ssl")
  static let crypto = product(name: "Crypto", package: "swift-crypto")
  static let logging = product(name: "Logging", package: "swift-log")
  static let inMemoryLogging = product(name: "InMemoryLogging", package: "swift-log")
  static let unixSignals = product(name: "UnixSignals", package: "swift-service-lifecycle")
  static let system = product(name: "SystemPackage", package: "swift-system")
  static let configuration = product(name: "Configuration", package: "swift-configuration")
  static let argumentParser = product(name: "ArgumentParser", package: "swift-argument-parser")
}

let package = Package(
  name: "p2p-copy",
  products: [
    .executable(name: "p2p-copy", targets: ["p2p-copy"]),
    .library(name: "P2PCopy", targets: ["P2PCopy"]),
    .library(name: "P2PCopyCore", targets: ["P2PCopyCore"]),
    .library(name: "P2PCopyRelay", targets: ["P2PCopyRelay"]),
    .library(name: "P2PCopyCLI", targets: ["P2PCopyCLI"]),
    .library(name: "P2PCopyTesting", targets: ["P2PCopyTesting"]),
    .library(name: "StandardCodecs", targets: ["StandardCodecs"]),
    .library(name: "WebSocketTransport", targets: ["WebSocketTransport"]),
    .library(name: "TCPTransport", targets: ["TCPTransport"]),
    .library(name: "Zstd", targets: ["Zstd"]),
    .library(name: "LZ4", targets: ["LZ4"]),
    .library(name: "AESGCM", targets: ["AESGCM"]),
    .library(name: "Argon2id", targets: ["Argon2id"]),
    .library(name: "SPAKE2", targets: ["SPAKE2"]),
    .library(name: "ChaCha20Poly1305", targets: ["ChaCha20Poly1305"]),
    .library(name: "XXH128", targets: ["XXH128"]),
    .library(name: "SHA256Sum", targets: ["SHA256Sum"]),
  ],
  traits: [
    .trait(name: "LZ4", description: "The LZ4 compressor, over the system's liblz4"),
    .default(enabledTraits: []),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-crypto.git", from: "4.5.2"),
    // Without its default trait, JSON, which needs all of Foundation.
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-system.git", from: "1.8.1"),
  ],
  targets: [
    // The platform's C library under one name: the one place to add another.
    .target(name: "CSystemCalls"),
    .target(name: "P2PCopyPlatform", swiftSettings: strict),

    // The contract: what a codec author imports. No I/O, no wire format.
    .target(name: "P2PCopyCore", dependencies: ["P2PCopyPlatform", .nioCore, .system], swiftSettings: strict),

    // JSON from strangers: exact keys, none twice, bounded. Without Foundation.
    .target(name: "StrictJSON", swiftSettings: strict),

    // RFC 6455 frames on the data path, shared by the relay and the transport.
    .target(name: "WebSocketFraming", dependencies: [.nioCore], swiftSettings: strict),

    // How protocol 2 is written and read. No I/O.
    .target(
      name: "P2PCopyWire", dependencies: ["P2PCopyCore", "StrictJSON", .nioCore, .crypto], swiftSettings: strict),

    // All that touches a disk.
    .target(
      name: "P2PCopyFiles", dependencies: ["P2PCopyCore", "P2PCopyPlatform", "CSystemCalls", .crypto],
      swiftSettings: strict),

    // What a transfer is, whichever protocol it speaks: options, events, receipts, workers.
    .target(
      name: "P2PCopyTransfer",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyFiles", "P2PCopyPlatform", "StrictJSON", .logging, .nioCore, .nioPosix,
        .crypto, .system,
      ],
      swiftSettings: strict),

    // The wire protocol of p2p-copy 0.1 (Python), whole and alone.
    .target(
      name: "P2PCopyProtocol1",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyFiles", "P2PCopyTransfer", "P2PCopyPlatform", "StrictJSON", .nioCore,
        .crypto,
      ],
      swiftSettings: strict),

    // The library: send, receive; the engine of protocol 2.
    .target(
      name: "P2PCopy",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyFiles", "P2PCopyTransfer", "P2PCopyProtocol1", "P2PCopyPlatform",
        .logging, .nioCore, .crypto, .system,
      ],
      swiftSettings: strict),

    // The relay server. Knows no codec.
    .target(
      name: "P2PCopyRelay",
      dependencies: [
        "P2PCopyPlatform", "StrictJSON", "WebSocketFraming", .nioCore, .nioPosix, .nioHTTP1, .nioWebSocket, .nioSSL,
        .logging, .system,
      ],
      swiftSettings: strict),

    // What happens before a command's main.
    .target(name: "CProcessStart", cSettings: commit),
    // The commands, as a library: a build with more codecs is one line of main.
    .target(
      name: "P2PCopyCLI",
      dependencies: [
        "P2PCopy", "P2PCopyCore", "P2PCopyPlatform", "P2PCopyRelay", "P2PCopyTransfer", "P2PCopyWire",
        "StrictJSON", "CProcessStart", "CSystemCalls", .argumentParser, .configuration, .logging, .nioCore, .system,
        .unixSignals,
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "p2p-copy", dependencies: ["P2PCopyCLI", "StandardCodecs"], swiftSettings: strict),

    // The codecs of a standard build, in order: the one place that knows them all.
    .target(
      name: "StandardCodecs",
      dependencies: [
        "P2PCopyCore", "WebSocketTransport", "Zstd", "ChaCha20Poly1305", "AESGCM", "Argon2id", "SPAKE2", "XXH128",
        "SHA256Sum",
        .target(name: "LZ4", condition: .when(traits: ["LZ4"])),
      ],
      swiftSettings: strict),

    // The conformance kit for codec authors, and an in-memory transport.
    .target(name: "P2PCopyTesting", dependencies: ["P2PCopyCore", .nioCore], swiftSettings: strict),

    // Codecs. SwiftPM keeps the folder name Plugins for build tools, hence the explicit paths.
    // What transports over a stream of bytes share: queues, back-pressure, keep-alive, connecting.
    .target(
      name: "NIOTransportSupport", dependencies: ["P2PCopyCore", "P2PCopyPlatform", .nioCore, .nioPosix],
      path: "Plugins/NIOTransportSupport/NIOTransportSupport", swiftSettings: strict),
    .target(
      name: "TCPTransport",
      dependencies: ["P2PCopyCore", "P2PCopyPlatform", "NIOTransportSupport", .nioCore, .nioPosix],
      path: "Plugins/TCPTransport/TCPTransport", swiftSettings: strict),
    .target(
      name: "WebSocketTransport",
      dependencies: [
        "P2PCopyCore", "P2PCopyPlatform", "NIOTransportSupport", "WebSocketFraming", .nioCore, .nioPosix, .nioHTTP1,
        .nioWebSocket, .nioSSL, .nioSOCKS,
      ],
      path: "Plugins/WebSocketTransport/WebSocketTransport", swiftSettings: strict),
    .systemLibrary(
      name: "CZstd", path: "Plugins/Zstd/CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .target(
      name: "Zstd", dependencies: ["P2PCopyCore", "CZstd"], path: "Plugins/Zstd/Zstd", swiftSettings: strict),
    .systemLibrary(
      name: "CLZ4", path: "Plugins/LZ4/CLZ4", pkgConfig: "liblz4", providers: [.apt(["liblz4-dev"])]),
    .target(
      name: "LZ4",
      dependencies: ["P2PCopyCore", .target(name: "CLZ4", condition: .when(traits: ["LZ4"]))],
      path: "Plugins/LZ4/LZ4", swiftSettings: strict),
    // libcrypto, shared by several codecs.
    .systemLibrary(
      name: "CLibcrypto", path: "Plugins/Libcrypto/CLibcrypto", pkgConfig: "libcrypto",
      providers: [.apt(["libssl-dev"])]),
    .target(
      name: "Libcrypto", dependencies: ["P2PCopyCore", "CLibcrypto"], path: "Plugins/Libcrypto/Libcrypto",
      swiftSettings: strict),
    .target(
      name: "AESGCM", dependencies: ["P2PCopyCore", "Libcrypto", "CLibcrypto"], path: "Plugins/AESGCM/AESGCM",
      swiftSettings: strict),
    .target(
      name: "SPAKE2", dependencies: ["P2PCopyCore", "Libcrypto", "CLibcrypto"], path: "Plugins/SPAKE2/SPAKE2",
      swiftSettings: strict),
    .target(
      name: "ChaCha20Poly1305", dependencies: ["P2PCopyCore", "Libcrypto"],
      path: "Plugins/ChaCha20Poly1305/ChaCha20Poly1305", swiftSettings: strict),
    // Not named after its digest: Crypto has a type of that name.
    .target(
      name: "SHA256Sum", dependencies: ["P2PCopyCore", "Libcrypto", "CLibcrypto"], path: "Plugins/SHA256Sum/SHA256Sum",
      swiftSettings: strict),
    .systemLibrary(
      name: "CXXHash", path: "Plugins/XXH128/CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
    .target(
      name: "XXH128", dependencies: ["P2PCopyCore", "CXXHash"], path: "Plugins/XXH128/XXH128", swiftSettings: strict),
    .systemLibrary(
      name: "CArgon2", path: "Plugins/Argon2id/CArgon2", pkgConfig: "libargon2", providers: [.apt(["libargon2-dev"])]),
    .target(
      name: "Argon2id", dependencies: ["P2PCopyCore", "P2PCopyPlatform", "CArgon2"], path: "Plugins/Argon2id/Argon2id",
      swiftSettings: strict),

    // Tests, a folder a target.
    // What several of them have in common, and the programs they start: without Testing and Foundation.
    .target(
      name: "TestSupport",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyFiles", "P2PCopyProtocol1", "P2PCopyPlatform", "WebSocketFraming",
        .nioCore, .nioPosix, .nioSSL, .crypto,
      ],
      path: "Tests/TestSupport", swiftSettings: strict),
    .testTarget(
      name: "P2PCopyCoreTests", dependencies: ["P2PCopyCore", "P2PCopyWire", "TestSupport", .system],
      swiftSettings: strict),
    .testTarget(name: "StrictJSONTests", dependencies: ["StrictJSON"], swiftSettings: strict),
    .testTarget(
      name: "WebSocketFramingTests", dependencies: ["WebSocketFraming", .nioCore], swiftSettings: strict),
    .testTarget(
      name: "P2PCopyWireTests",
      dependencies: [
        "P2PCopyWire", "P2PCopyCore", "P2PCopyTesting", "TestSupport", "AESGCM", "ChaCha20Poly1305", "Argon2id",
        "SPAKE2", .nioCore, .crypto,
      ],
      resources: [.copy("Vectors")],
      swiftSettings: strict),
    .testTarget(
      name: "P2PCopyFilesTests", dependencies: ["P2PCopyFiles", "P2PCopyCore", "P2PCopyPlatform", "TestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "P2PCopyTransferTests",
      dependencies: ["P2PCopyTransfer", "P2PCopyFiles", "P2PCopyCore", "P2PCopyPlatform", "TestSupport", .crypto],
      swiftSettings: strict),
    .testTarget(
      name: "P2PCopyProtocol1Tests",
      dependencies: ["P2PCopyProtocol1", "P2PCopyWire", "P2PCopyCore", "TestSupport", .nioCore],
      resources: [.copy("Vectors")],
      swiftSettings: strict),
    .testTarget(
      name: "P2PCopyRelayTests",
      dependencies: [
        "P2PCopyRelay", "WebSocketFraming", "TestSupport", .nioCore, .nioPosix, .nioEmbedded, .logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "NIOTransportSupportTests", dependencies: ["NIOTransportSupport", "P2PCopyCore", .nioCore],
      swiftSettings: strict),
    .testTarget(
      name: "TCPTransportTests",
      dependencies: ["TCPTransport", "NIOTransportSupport", "P2PCopyCore", "P2PCopyTesting", .nioCore, .nioPosix],
      swiftSettings: strict),
    .testTarget(
      name: "WebSocketTransportTests",
      dependencies: [
        "WebSocketTransport", "NIOTransportSupport", "P2PCopyCore", "P2PCopyTesting", "P2PCopyRelay",
        "WebSocketFraming", "TestSupport", .nioCore, .nioPosix, .nioEmbedded, .nioHTTP1, .nioWebSocket, .nioSSL,
        .logging,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "CodecTests",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyTesting", "Zstd", "AESGCM", "ChaCha20Poly1305", "Argon2id", "SPAKE2",
        "XXH128",
        "SHA256Sum",
        .target(name: "LZ4", condition: .when(traits: ["LZ4"])),
      ],
      resources: [.copy("Vectors")],
      swiftSettings: strict),
    .testTarget(
      name: "P2PCopyTests",
      dependencies: [
        "P2PCopy", "P2PCopyCore", "P2PCopyWire", "P2PCopyProtocol1",
        "P2PCopyPlatform", "P2PCopyTesting", "Zstd", "AESGCM", "ChaCha20Poly1305", "XXH128", "SHA256Sum", "Argon2id",
        "SPAKE2", "TCPTransport", "TestSupport", .logging, .inMemoryLogging, .nioCore, .crypto, .system,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ReadmeTests", dependencies: ["P2PCopy", "P2PCopyRelay", "StandardCodecs"], swiftSettings: strict),
    .testTarget(
      name: "P2PCopyCLITests",
      dependencies: ["P2PCopyCLI", "P2PCopy", "P2PCopyCore", "P2PCopyWire", "TestSupport"],
      swiftSettings: strict),
    .target(name: "CTestSystemCalls", path: "Tests/CTestSystemCalls"),
    .executableTarget(
      name: "ReturningProgram",
      dependencies: ["P2PCopy", "P2PCopyTransfer", "P2PCopyTesting", "StandardCodecs", "Argon2id", "TestSupport"],
      path: "Tests/ReturningProgram", swiftSettings: strict),
    .testTarget(
      name: "EndToEndTests",
      dependencies: [
        "P2PCopyCore", "P2PCopyWire", "P2PCopyProtocol1", "TestSupport", "WebSocketFraming", "CTestSystemCalls",
        "p2p-copy", "ReturningProgram", .nioCore,
      ],
      swiftSettings: strict),
    .testTarget(
      name: "InteropTests", dependencies: ["p2p-copy", "TestSupport"],
      exclude: ["requirements.txt", "Recording/record.py"],
      swiftSettings: strict),
    // What the hostile peers of Tests/Hostile meet by the thousand. No product: its codes are worth nothing.
    .executableTarget(
      name: "quick-p2p-copy",
      dependencies: ["P2PCopyCLI", "P2PCopyCore", "StandardCodecs", "Argon2id", "TestSupport"],
      path: "Tests/Hostile/QuickCommand", swiftSettings: strict),
  ]
)
