// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing the contents of a regular file, however it is laid out: inside its inode, in written, unwritten or
// shared clusters, with holes (spec: ondisk.md 3.7, 4.8, 9.3).
//
// An editor belongs to one open transaction and sees the file as that has left it so far. Contents go to the
// device at once, the clusters that hold them become the file's with the commit. What overwrites contents in
// place is not undone by an abort; what somebody else has, too (shared clusters), is copied first.
//
// What lies behind the end of a file may be anything, since others write volumes, too: it is made zeros when
// the file grows over it.
//
// Times and quota are the caller's business.
#pragma once

#include "engine/volume/extent_edit.h"

namespace ocfs2 {

class FileEditor {
 public:
  static constexpr u64 bytes_max = u64{1} << 20;  ///< that one call should write

  /// Edits regular file `number` as a part of `transaction`; clusters and blocks come from `space`. Throws
  /// Error(invalid_argument) when the inode is no regular file.
  FileEditor(Transaction& transaction, Space& space, InodeNo number);

  u64 size() const { return inode()->size; }  ///< bytes

  /// Writes `bytes` (at most bytes_max of them, or the transaction becomes large) from `offset` on; the file
  /// ends no earlier than where they do. A file that fits its inode stays there, or gets there while it is
  /// empty. Throws Error(no_space), Error(corrupt), Error(io).
  void write(u64 offset, ConstBytes bytes);

  /// The file ends at `size`, which is not before its end now; zeros, or a hole where the volume has holes.
  /// False when there is more to do on a volume without holes: commit, then call again.
  bool grow(u64 size);

  /// Sees to it that all of [offset, end) has clusters, unwritten ones where there were none; the size stays.
  /// Stops early when the transaction holds many blocks: false, commit and call again. Throws
  /// Error(unsupported) on a volume without unwritten clusters, Error(no_space).
  bool allocate(u64 offset, u64 end);
  /// Makes [offset, end) read as zeros and gives back the clusters that lie in it as a whole, or with
  /// `keep_clusters` has them be unwritten. False as above. Throws Error(unsupported) on a volume without
  /// holes (without unwritten clusters).
  bool clear(u64 offset, u64 end, bool keep_clusters);

  /// Makes what follows the end of the file in its last cluster zeros, unless that is shared (whoever writes
  /// there gets a copy, and clears that). The size must be durable: should it turn out to be another, these
  /// would have been bytes of the file.
  void clear_tail();

  /// Moves what is inside the inode to a cluster.
  void leave_inode();

 private:
  enum class Gaps { fill, leave };  ///< what becomes of holes and unwritten clusters on the way
  /// Bytes to be written, or zeros.
  struct Source {
    u64 offset = 0;  ///< in the file
    u64 end = 0;
    const u8* bytes = nullptr;  ///< null: zeros
    ConstBytes part(u64 from, u64 to) const { return {bytes + (from - offset), to - from}; }
  };
  /// Clusters that hold a part of the file.
  struct Place {
    u64 offset = 0;  ///< of the first in the file
    u64 end = 0;
    BlockNo block;
  };

  const Geometry& geometry() const { return space_.volume().geometry(); }
  BlockRef<Inode> inode() const { return transaction_.read<Inode>(number_); }
  ExtentEdit extents() const { return {transaction_, space_, ExtentRoot::of(inode())}; }
  bool is_inline() const { return inode()->body_kind() == InodeBody::inline_data; }
  bool full() const { return transaction_.blocks() >= ExtentEdit::transaction_blocks_max; }
  u64 cluster_of(u64 offset) const { return offset >> geometry().cluster_bits; }
  Place place_of(const ExtentRun& run) const;

  bool enter_inode(u64 end);
  Bytes edit_inline();
  u64 write_piece(u64 cpos, const Source& source, Gaps gaps);
  bool write_pieces(Source& source, Gaps gaps);
  u64 hole_from(u64 cpos, u64 end) const;
  BitRun take(u64 cpos, u64 clusters);
  u64 fill_hole(u64 cpos, u64 clusters, const Source& source);
  u64 write_unwritten(const ExtentRun& run, const Source& source);
  u64 write_shared(ExtentRun run, const Source& source);
  void write_fresh(const Place& place, const Source& source);
  void write_over(const Place& place, const Source& source);
  void write_blocks(const Place& place, u64 from, u64 to, const Source& source, bool fresh);
  void compose(const Place& place, u64 from, u64 to, const Source& source, bool fresh);

  Transaction& transaction_;
  Space& space_;
  BlockNo number_;
};

}  // namespace ocfs2
