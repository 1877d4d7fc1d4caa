public import Logging
public import P2PCopyCore
public import P2PCopyFiles
import P2PCopyWire

/// How to receive. What the protocol that is chosen has no use for is refused, not ignored.
public struct ReceiveOptions: Sendable {
  /// The protocol to speak; the sender must use the same.
  public var transferProtocol = TransferProtocol.two

  /// Protocol 1 only: expect end-to-end encryption; the sender must use the same setting. Protocol 2 always encrypts.
  public var encrypt = false

  /// What to do when something of a file's name exists.
  public var conflictPolicy = ConflictPolicy.fail

  /// Protocol 1 only: let a sender that resumes complete a file that has its final name here and is the beginning of its
  /// own, as the Python tool leaves them. ``ConflictPolicy/overwrite`` allows that as well; otherwise only what this
  /// package left as a partial file is continued.
  public var completesFiles = false

  /// Protocol 2 only: set modes and times as they were at the sender.
  public var keepsMetadata = true

  /// Protocol 2 only: keep set-user-id and set-group-id bits, which are dropped otherwise.
  public var keepsSetID = false

  /// Protocol 2 only: where to write the receipt, JSON.
  public var receiptFile: LocalPath?

  /// Protocol 2 only: a private Ed25519 key of OpenSSH, without a passphrase, that signs the receipt: the signature lies beside
  /// it, with `.sig` at the end of its name, as `ssh-keygen -Y verify -n p2p-copy` takes it. Needs ``receiptFile``.
  public var signingKeyFile: LocalPath?

  /// Protocol 2 only: where to write the checksums of all files, as `sha256sum -c` reads them. Needs the digest `sha256`
  /// and selects it.
  public var checksumsFile: LocalPath?

  /// Protocol 2 only: make the output directory a bag (RFC 8493) with this information: what comes goes into its directory
  /// `data`, and when all of it has come the tag files are written. Needs the digest `sha256` and selects it. There is no
  /// journal then.
  public var bagInformation: BagInformation?

  /// Protocol 2 only: how many bytes of content to take at most, besides what is there already; no limit unless it is set. A
  /// sender that announces more, or sends more, ends the transfer with ``P2PCopyError/Code/limitExceeded``
  /// before anything beyond is written; what has come by then stays.
  public var maximumByteCount: Int64?

  /// Protocol 2 only: how many files, directories and links to take at most, those that are there already included; no limit
  /// unless it is set. It ends as ``maximumByteCount`` does.
  public var maximumFileCount: Int?

  /// Protocol 2 only: compare the content of every file that is there already, also of those to which nothing has happened
  /// since an earlier transfer put them there, as their sizes and times tell. It is compared in any case with the digest
  /// `sha256`.
  public var comparesContent = false

  /// Protocol 2 only: let every file that has the size and the time of last modification, to the nanosecond, that it has at
  /// the sender count as complete without being read, whoever put it there. The sender learns by that that there is one. Not
  /// together with ``comparesContent``.
  public var trustsTimes = false

  /// Protocol 2 only: keep a journal in the output directory, `.p2p-copy-journal`, of the files that were put there, so that
  /// those to which nothing has happened since need not be read by a later transfer of the same.
  public var keepsJournal = true

  /// How often the journal is brought up to date with what outlasts the machine, at most.
  package var journalInterval = Duration.seconds(5)

  /// How long to wait for a sender with the same code.
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

  /// How long a lost lane is dialled before somebody is looked for who has taken the other side's place.
  package var successorDelay = Protocol2Suite.successorDelay

  /// How long the other side may take for one step of the handshake.
  package var stepTimeout = Protocol2Suite.stepTimeout

  /// Protocol 2: how long the other side may say nothing at all once the transfer runs.
  package var silenceLimit = Protocol2Suite.silenceLimit

  /// Protocol 2: no more often than this is the sender told how much is stored.
  package var acknowledgementInterval = Protocol2Suite.acknowledgementInterval

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

extension ReceiveOptions {
  /// What is to be written besides, but for a bag, which belongs to the directory that is received into.
  package var deliveryFiles: DeliveryFiles {
    var files = DeliveryFiles()
    files.receiptFile = receiptFile
    files.signingKeyFile = signingKeyFile
    files.checksumsFile = checksumsFile
    return files
  }
}
