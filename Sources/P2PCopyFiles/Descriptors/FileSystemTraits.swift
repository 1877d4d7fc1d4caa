import CSystemCalls

/// What file systems are known not to keep to, for the rare cases in which it matters.
struct FileSystemTraits {
  private let type: UInt32

  /// Asks what kind of file system an open file lies on. One that cannot be asked counts as ordinary.
  package init(of descriptor: Int32) {
    type = p2p_copy_file_system_type(descriptor)
  }

  /// Whether sizes are only nominal: what lies there is made up by the kernel when it is read.
  var hasNominalSizes: Bool { Self.kernelTypes.contains(type) }

  /// Whether a file may get another inode number while nothing happens to it.
  var renumbersInodes: Bool { Self.renumberingTypes.contains(type) }

  /// Whether what is written takes as much room as it has bytes, or more. Others may compress it, or are only the way to one
  /// that may.
  var storesWhatIsWritten: Bool { Self.plainTypes.contains(type) }

  // The numbers are those of linux/magic.h.

  private static let plainTypes: Set<UInt32> = [
    0x0000_EF53,  // ext2, ext3, ext4
    0x5846_5342,  // xfs
    0x0102_1994,  // tmpfs
    0x0000_4D44,  // FAT
    0x2011_BAB0,  // exFAT
  ]

  private static let kernelTypes: Set<UInt32> = [
    0x0000_9FA0,  // proc
    0x6265_6572,  // sysfs
    0x0027_E0EB,  // cgroup
    0x6367_7270,  // cgroup2
    0x6462_6720,  // debugfs
    0x7472_6163,  // tracefs
    0x7363_6673,  // securityfs
    0x6265_6570,  // configfs
    0xCAFE_4A11,  // bpf
    0x6165_676C,  // pstore
    0xDE5E_81E4,  // efivarfs
    0xF97C_FF8C,  // selinuxfs
    0x4341_5D53,  // smackfs
    0x4249_4E4D,  // binfmt_misc
    0x6E66_7364,  // nfsd
  ]

  private static let renumberingTypes: Set<UInt32> = [
    0x0000_9FA0,  // proc
    0x6573_5546,  // FUSE
    0xFF53_4D42,  // CIFS
    0xFE53_4D42,  // SMB 2
    0x0000_517B,  // smbfs
    0x0102_1997,  // 9P
    0x794C_7630,  // overlayfs
    0x786F_4256,  // vboxsf
  ]
}
