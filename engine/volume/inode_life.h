// SPDX-License-Identifier: GPL-2.0-or-later
//
// How inodes come to be, get their names, shrink and go (spec: ondisk.md 3.5 to 3.7, 1.6).
//
// New inodes and names are one step of the caller's transaction. Giving back what an inode owns may take
// more than a journal holds; then the transaction is committed in between, with everything that the caller
// had in it, and each of these moments is one that a crash may leave: the inode stands in an orphan
// directory, and whoever opens the volume next, the kernel or fsck, goes on from there.
//
// Quota is the caller's business: it knows whose inodes count.
#pragma once

#include <string_view>

#include "engine/volume/new_blocks.h"
#include "engine/volume/space.h"
#include "ondisk/system_files.h"

namespace ocfs2 {

// Coming to be. None has a name yet. All throw Error(no_space).

/// A regular file, fifo or socket, empty; `birth.mode` says which.
InodeNo create_inode(Transaction& transaction, Space& space, const InodeBirth& birth);
/// A character or block device; `device` as device_number makes it.
InodeNo create_device(Transaction& transaction, Space& space, const InodeBirth& birth, u64 device);
/// A symbolic link to `target`, 1 to 4095 bytes without NUL.
InodeNo create_symlink(Transaction& transaction, Space& space, const InodeBirth& birth,
                       std::string_view target);
/// A directory that holds `.` and `..`, inside its inode where the volume can have that. birth.links counts
/// its own `.`; make_directory is what one usually wants.
InodeNo create_directory(Transaction& transaction, Space& space, const InodeBirth& birth, InodeNo parent);

struct SystemFileWish {
  u64 seconds = 0;           ///< now, since 1970
  u32 journal_clusters = 0;  ///< length of a journal
  bool wide_journal = false;  ///< its log has 64-bit block numbers also where 32 would do
};
/// A system file in the state in which nobody has used it yet, entered in the system directory: an allocator
/// without groups, an empty log, a directory without orphans; quota files have no blocks. Throws
/// Error(invalid_argument) for the global allocators, without which no system file can be made, and for a
/// journal of less than 4 MiB.
InodeNo create_system_file(Transaction& transaction, Space& space, SystemFile file, u32 slot,
                           const SystemFileWish& wish);

/// Gives the slot map or the heartbeat file new room, as above, and what it had in the inode's own list of
/// extents back. Throws Error(no_space), Error(corrupt).
void refill_system_file(Transaction& transaction, Space& space, SystemFile file, InodeNo inode);

// Names.

/// Enters `inode` as `name` into `parent` and counts the link; a directory's `..` leads to `parent` from now
/// on, which counts that, too. Throws Error(invalid_argument) when the name is not legal or there already,
/// Error(no_space) also when an inode has as many links as it can.
void link_inode(Transaction& transaction, Space& space, InodeNo parent, std::string_view name, InodeNo inode);

/// One more name leads to `inode`. Throws Error(no_space) when it has as many as it can.
void count_link(Transaction& transaction, const Volume& volume, InodeNo inode);

/// A new directory `name` in `parent`, for the owner, permissions and time that `birth` has.
InodeNo make_directory(Transaction& transaction, Space& space, InodeNo parent, std::string_view name,
                       InodeBirth birth);

/// Enters an inode into the orphan directory of `space`'s slot; it has no links then. Throws Error(no_space).
void orphan_inode(Transaction& transaction, Space& space, InodeNo inode);
/// Takes it out again: the inode is going to have a name, or to go. Without an entry there nothing is undone.
void leave_orphan_directory(Transaction& transaction, Space& space, InodeNo inode);

// Shrinking and going.

/// Gives back everything that an inode owns (data, also shared one; attributes; index) and the inode itself,
/// with its entry if it is an orphan. Its names are the caller's business. `seconds` since 1970 becomes the
/// time of deletion. What does not fit one transaction makes the inode an orphan first. Throws
/// Error(invalid_argument) for an allocator that has groups, Error(corrupt).
void delete_inode(Transaction& transaction, Space& space, InodeNo inode, u64 seconds);

/// Gives back all extended attributes of an inode, which is one without them then; its body has their room.
void remove_attributes(Transaction& transaction, Space& space, InodeNo inode);

/// Cuts a regular file to `size` bytes, at most its present size, and gives back what lies behind, also what
/// was allocated beyond the end of the file; zeros follow the end in what is left. The new size is committed
/// first; a crash after that leaves clusters behind the end of the file, which is legal.
void truncate_inode(Transaction& transaction, Space& space, InodeNo inode, u64 size);

}  // namespace ocfs2
