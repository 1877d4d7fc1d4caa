import P2PCopyTransfer

extension RestrictedOption {
  /// The option as it is typed.
  var argument: String {
    switch self {
    case .cipher: "--cipher"
    case .keepsMetadata: "--no-metadata"
    case .receiptFile: "--receipt"
    case .checksumsFile: "--checksums"
    case .comparesContent: "--checksum"
    case .trustsTimes: "--trust-times"
    case .keepsJournal: "--no-journal"
    case .rules: "--include, --exclude"
    case .fileList: "--files-from"
    case .links: "--links"
    case .keepsSetID: "--keep-set-id"
    case .completesFiles: "--resume"
    case .retryDuration: "--retry-for"
    case .connections: "--connections"
    case .acceptsGrowingFiles: "--append-growing"
    case .maximumByteCount: "--max-bytes"
    case .maximumFileCount: "--max-files"
    case .signingKeyFile: "--sign"
    case .bagInformation: "--bag"
    }
  }
}
