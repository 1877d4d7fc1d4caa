import P2PCopyPlatform

extension PlacementJournal {
  /// The name that a journal has in an output directory. No sender may use it.
  package static let name = Array(".p2p-copy-journal".utf8)

  /// Whether a name is a journal's, in upper or lower case, and however many dots and blanks follow that some file systems
  /// do not see.
  package static func isName(_ name: some Collection<UInt8>) -> Bool {
    guard name.first == UInt8(ascii: "."), name.count >= Self.name.count else { return false }
    let end = name.index(name.startIndex, offsetBy: Self.name.count)
    return ReservedName.matches(name[..<end], Self.name)
      && name[end...].allSatisfy { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: " ") }
  }
}

/// How a journal can be opened.
package enum JournalOpening {
  /// It is here, and no other receiver's.
  case open(PlacementJournal)
  /// There is none.
  case missing
  /// Another receiver has it.
  case inUse
  /// There is something that is not used, for a reason that is fit to be shown.
  case unusable(String)
}

extension DirectoryHandle {
  /// Opens this user's journal for writing, and begins one where there is none. Not through a link, never somebody else's,
  /// and without waiting.
  ///
  /// - Returns: The journal, or why there is none.
  package func openJournal() -> JournalOpening {
    opening { () throws in
      let journal = try PlacementJournal(lockedJournal(PlacementJournal.name))
      return .open(journal.isMostlyGarbage ? rewritten(journal) ?? journal : journal)
    }
  }

  /// Opens this user's journal for looking at, while a receiver may write into it.
  ///
  /// - Returns: The journal, or why there is none.
  package func readJournal() -> JournalOpening {
    opening { () throws in
      guard let found = try status(of: PlacementJournal.name) else { return .missing }
      try checkIsJournal(found)
      let file = try openFile(PlacementJournal.name)
      guard try file.status().identity == found.identity else { throw SystemError(number: EAGAIN) }
      return .open(try PlacementJournal(JournalFile(file), isReadOnly: true))
    }
  }

  private func opening(_ body: () throws -> JournalOpening) -> JournalOpening {
    do {
      return try body()
    } catch let error as SystemError {
      switch error.number {
      case EAGAIN: return .inUse
      case ELOOP: return .unusable("it is a symbolic link")
      case ENXIO: return .unusable("it is not a regular file of this user with one name")
      default: return .unusable("\(error)")
      }
    } catch JournalFault.otherVersion {
      return .unusable("another version of this program wrote it")
    } catch {
      return .unusable("it is something else")
    }
  }

  /// Finds out whether something is what this user's journal would be.
  ///
  /// - Throws: ``SystemError``: `ELOOP` for a link, `ENXIO` for everything else.
  private func checkIsJournal(_ found: FileStatus) throws(SystemError) {
    guard found.kind != .symbolicLink else { throw SystemError(number: ELOOP) }
    guard found.kind == .regular, found.linkCount == 1, isOwn(found) else { throw SystemError(number: ENXIO) }
  }

  /// Opens and locks a journal's file.
  ///
  /// - Parameter name: Its name, or the one that it has until it takes another one's place.
  /// - Returns: The file.
  /// - Throws: ``SystemError``: `EAGAIN` when somebody has it locked, `ELOOP` or `ENXIO` when it is not what this user's
  ///   journal would be.
  private func lockedJournal(_ name: [UInt8]) throws(SystemError) -> JournalFile {
    for _ in 0..<16 {
      let found = try status(of: name)
      // Before it is opened: opening a device does things.
      if let found { try checkIsJournal(found) }
      let flags = O_RDWR | O_NOFOLLOW | O_NONBLOCK | (found == nil ? O_CREAT | O_EXCL : 0)
      let file: FileDescriptor
      do throws(SystemError) {
        file = try FileDescriptor(opening: name, relativeTo: descriptor.number, flags: flags, mode: 0o600)
      } catch {
        if error.number == EEXIST || error.number == ENOENT { continue }
        throw error
      }
      try file.lock()
      let opened = try file.status()
      // Between looking and locking somebody may have replaced or removed it.
      guard opened.kind == .regular, opened.linkCount == 1, try status(of: name)?.identity == opened.identity else {
        continue
      }
      return JournalFile(file)
    }
    throw SystemError(number: EAGAIN)
  }

  /// Puts a journal with the latest records only in a journal's place.
  ///
  /// - Returns: The new one; `nil` when that could not be written, and the old one stays.
  private func rewritten(_ journal: PlacementJournal) -> PlacementJournal? {
    let temporaryName = PartialFile.name(for: PlacementJournal.name)
    do {
      try removeLeftover(temporaryName)
      let new = try PlacementJournal(lockedJournal(temporaryName))
      journal.forEachFile { new.record($0) }
      // What counts in the old one outlasts the machine already.
      if let checkpoint = new.beginCheckpoint() { new.markDurable(checkpoint) }
      guard new.failure == nil else { throw SystemError(number: EIO) }
      try rename(temporaryName, replacing: PlacementJournal.name)
      return new
    } catch {
      try? remove(temporaryName)
      return nil
    }
  }
}
