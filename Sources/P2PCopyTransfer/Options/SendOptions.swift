public import Logging
public import P2PCopyCore
public import P2PCopyFiles
import P2PCopyWire

/// How to send. What the protocol that is chosen has no use for is refused, not ignored.
public struct SendOptions: Sendable {
  /// The protocol to speak; the receiver must use the same.
  public var transferProtocol = TransferProtocol.two

  /// Protocol 1 only: encrypt end to end; the receiver must use the same setting. Protocol 2 always does.
  public var encrypt = false

  /// Whether to compress.
  public var compression = CompressionMode.auto

  /// Skip what the receiver has and go on where it stopped. Unless it is set, protocol 2 does and protocol 1 does not.
  public var resume: Bool?

  /// Protocol 2 only: the one cipher to offer; all there are unless it is set.
  public var cipher: CodecName?

  /// Protocol 2 only: which entries to send.
  public var rules = FilterRules()

  /// Protocol 2 only: what becomes of symbolic links.
  public var links = LinkPolicy.keep

  /// Protocol 2 only: send a file to which something is appended meanwhile, such as a log, as long as it was when it was
  /// opened, instead of counting that as a change. It is read twice then, to see that its beginning stayed as it was.
  public var acceptsGrowingFiles = false

  /// Protocol 2 only: paths below the one argument, a directory, to send instead of all of it.
  public var fileList: [LocalPath]?

  /// Protocol 2 only: send modes and times along.
  public var keepsMetadata = true

  /// Protocol 2 only: where to write the receipt, JSON.
  public var receiptFile: LocalPath?

  /// Protocol 2 only: a private Ed25519 key of OpenSSH, without a passphrase, that signs the receipt: the signature lies beside
  /// it, with `.sig` at the end of its name, as `ssh-keygen -Y verify -n p2p-copy` takes it. Needs ``receiptFile``.
  public var signingKeyFile: LocalPath?

  /// Protocol 2 only: where to write the checksums of all files, as `sha256sum -c` reads them. Needs the digest `sha256`
  /// and selects it.
  public var checksumsFile: LocalPath?

  /// Protocol 2 only: compare the content of every file that is there already, also of those to which nothing has happened
  /// since an earlier transfer put them there, as their sizes and times tell. It is compared in any case with the digest
  /// `sha256`.
  public var comparesContent = false

  /// How long to wait for a receiver with the same code.
  public var peerTimeout = Duration.seconds(600)

  /// Protocol 2 only: for how long after the last progress to connect again when the connection is lost, to the relay or
  /// between it and the other side, so that the transfer goes on; also with the other side's process started again, unless
  /// this side reads or writes a stream. Both sides should say so: one that does not ends then. Zero ends the transfer; `nil`
  /// is ``defaultRetryDuration``, and nothing in protocol 1.
  public var retryDuration: Duration?

  /// What ``retryDuration`` is unless it is given: 30 minutes.
  public static let defaultRetryDuration = Protocol2Suite.retryDuration

  /// Protocol 2 only: how many connections to use at the same time; the smaller number of both sides.
  public var connections = ConnectionCount.automatic

  /// How many bytes a second may be sent, over all connections together and as they travel, compressed; at least
  /// ``minimumRateLimit``. `nil` is as many as go.
  public var rateLimit: Int64?

  /// The least that ``rateLimit`` may be: with less a peer would seem not to answer.
  public static let minimumRateLimit: Int64 = 16 << 10

  /// How long a lost lane is dialled before somebody is looked for who has taken the other side's place.
  package var successorDelay = Protocol2Suite.successorDelay

  /// How long the other side may take for one step of the handshake.
  package var stepTimeout = Protocol2Suite.stepTimeout

  /// Protocol 2: how long the other side may say nothing at all once the transfer runs.
  package var silenceLimit = Protocol2Suite.silenceLimit

  /// Whether the listener hears of each file that is done or left alone. Without, a transfer of many small files costs less;
  /// failures are reported in any case.
  public var reportsEachFile = true

  /// Limits and trust of the connection to the relay.
  public var transport = TransportOptions()

  /// Where to log what happens: connecting, meeting the other side, what was agreed, failures, the end. Steps are logged at
  /// `info`, what concerns one entry at `debug`, its failure as a `warning`. Names in messages are escaped; no code is in any.
  /// Nothing is logged unless it is set.
  public var logger = Logger.none

  /// The defaults.
  public init() {}
}

extension SendOptions {
  /// What is to be written besides.
  package var deliveryFiles: DeliveryFiles {
    var files = DeliveryFiles()
    files.receiptFile = receiptFile
    files.signingKeyFile = signingKeyFile
    files.checksumsFile = checksumsFile
    return files
  }
}
