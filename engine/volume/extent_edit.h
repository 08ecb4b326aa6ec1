// SPDX-License-Identifier: GPL-2.0-or-later
//
// Changing an extent tree in place, whoever owns it (spec: ondisk.md 4.4 to 4.7).
//
//     ExtentEdit tree(transaction, space, ExtentRoot::of(transaction.read<Inode>(block)));
//     tree.insert({.cpos = 7, .clusters = 1, .block = data});
//
// The kernel takes a tree for damaged in which any leaf but the last has room. So a record that comes to a
// full leaf pushes that leaf's last record on to the next leaf, and so on to the last one; where records go,
// others are pulled from the leaves behind. Only the end of a tree grows and shrinks: what is appended or cut
// off there costs a path of blocks, a change in the middle all leaves behind it, if it changes the number of
// records. That is the format's price; the kernel pays it, too.
//
// Borders between siblings are kept as the kernel keeps them: each spans up to where the next begins, the
// last one up to the end of the tree's last record.
#pragma once

#include "engine/volume/bulk_tree.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/space.h"
#include "ondisk/refcount.h"
#include "ondisk/xattr.h"

namespace ocfs2 {

/// Where the root of a tree lies inside the block (or bucket) that holds it, and how its records behave.
/// Where keys are hashes or physical clusters, a record stays what it was inserted as: nobody would find the
/// second half of a joined one.
struct ExtentRoot {
  BlockNo block;                    ///< the container
  const BlockKind* kind = nullptr;  ///< of the container
  u32 list_offset = 0;              ///< bytes from the container's first to the extent list
  u32 list_bytes = 0;               ///< room of the list, its header included
  u32 last_leaf_offset = 0;         ///< of the le64 that names the rightmost leaf
  u32 clusters_offset = 0;          ///< of the le32 that counts the clusters of all records
  bool merged = true;               ///< neighbours that continue each other become one record
  bool disjoint = true;             ///< records do not reach into the next (false: keys are hashes)
  std::string owner{};              ///< for messages: "inode 17"

  static ExtentRoot of(const BlockRef<Inode>& inode);         ///< the data of a file or directory
  static ExtentRoot of(const BlockRef<IndexRoot>& root);      ///< leaves of a directory index
  static ExtentRoot of(const BlockRef<RefcountBlock>& root);  ///< leaf blocks of a refcount tree
  static ExtentRoot of(const BlockRef<XattrBlock>& root);     ///< buckets
  /// The value of an attribute whose XattrValueRoot begins `offset` bytes into a container: an inode, an
  /// xattr block or a bucket.
  static ExtentRoot of_value(BlockNo block, const BlockKind& kind, u32 offset);
};

class ExtentEdit {
 public:
  /// Blocks that a transaction may hold before a long change stops and asks for the next one: fits the
  /// smallest journal with room to spare.
  static constexpr std::size_t transaction_blocks_max = 256;
  /// Shared clusters that `remove` takes away at once, since each of them may have a reference count of its
  /// own.
  static constexpr u64 shared_clusters_max = 1024;
  static constexpr std::size_t pieces_max = 64;  ///< runs that `remove` takes away at once

  /// Edits as a part of `transaction`; extent blocks come from and go back to `space`. Cheap to make: one for
  /// each use.
  ExtentEdit(Transaction& transaction, Space& space, const ExtentRoot& root)
      : transaction_(transaction), space_(space), root_(root) {}

  /// The tree as this transaction sees it, to look things up. Take a new one after each change.
  ExtentTree tree() const;

  /// The last run that begins before `end` (1 or more).
  std::optional<ExtentRun> last_before(u64 end) const;
  /// The first run that begins at `key` or behind it.
  std::optional<ExtentRun> first_from(u64 key) const;

  /// Adds a run of 1 to 65535 clusters, joined to its neighbours where they continue each other. The run's
  /// clusters must be the caller's. Throws Error(corrupt) when something is there already or the tree is
  /// damaged, Error(no_space) when no extent block can be had.
  void insert(const ExtentRun& run);

  /// Takes away what lies in [first, end), from the end on, some runs at a time; `removed` is told each
  /// piece and decides what becomes of its clusters. Stops early when the transaction holds `blocks_max`
  /// blocks: commit, then call again. Returns where it got to: [returned, end) is empty, `first` means done.
  u64 remove(u64 first, u64 end, const std::function<void(const ExtentRun&)>& removed,
             std::size_t blocks_max = transaction_blocks_max);

  /// Sets and clears flags of what lies in [first, end), holes left alone; stops and returns as `remove`.
  u64 set_flags(u64 first, u64 end, u8 set, u8 clear, std::size_t blocks_max = transaction_blocks_max);

  /// Lets `piece`, a run or a part of one as it is now, lie at `to` from now on: its bytes are there already,
  /// and what becomes of its clusters is the caller's business. Records with hashes for keys move as a whole.
  /// Throws Error(corrupt) when the tree has no such run.
  void relocate(const ExtentRun& piece, BlockNo to);
  /// Gives extent blocks that `leaves` asks for other places. Stops early when the transaction holds
  /// `blocks_max` blocks. Returns whether all are done.
  bool move_nodes(const std::function<bool(BlockNo)>& leaves,
                  std::size_t blocks_max = transaction_blocks_max);

 private:
  /// A node on the way to a leaf and which of its records the way goes through; node 0 is the root.
  struct Step {
    BlockNo node;
    std::size_t index = 0;
  };
  static constexpr BlockNo root_node{0};
  static constexpr u64 keys_end = u64{1} << 32;
  using Path = std::vector<Step>;
  using Records = std::vector<TreeRecord>;

  std::shared_ptr<const CachedBlock> holder(BlockNo node) const;
  ConstBytes list_in(BlockNo node, ConstBytes block) const;
  Bytes edit_list(BlockNo node);
  u32 capacity(BlockNo node) const;
  u32 depth(BlockNo node) const;
  Records load(BlockNo node) const;
  void store(BlockNo node, const Records& records);
  BlockNo child(BlockNo node, const TreeRecord& record) const;
  u32 first_key(BlockNo leaf) const;
  BlockNo next_leaf(BlockNo leaf) const;
  void set_next_leaf(BlockNo leaf, BlockNo next);
  void set_last_leaf(BlockNo leaf);
  void count_clusters(s64 change);

  static std::size_t way_to(const Records& records, u64 key);
  Path path_to(u64 key) const;
  std::optional<Path> left_of(const Path& path) const;
  bool on_right_edge(const Path& path) const;
  void lower_left_edge(const Path& path, u32 key);
  void mend_border(const Path& path, u32 border);
  void mend_right_edge();
  void replace(Records& records, std::size_t at, const ExtentRun& piece) const;
  void join(Records& records, std::size_t at) const;
  std::optional<Path> leaf_before(u64 end) const;
  Path next_of(const Path& path, const Records& next) const;
  void settle(Path leaf, Records records);
  void fill(Path leaf, Records records);
  void grow(const Path& path, const Records& records);
  Records beyond_capacity(BlockNo node, Records& records) const;
  void split(Path path, Records records);
  void raise(const Records& records);
  void lower();
  std::vector<ExtentRun> take(u64 first, u64 end);
  void remove_last_leaf(Path path);
  void drop_node(BlockNo node);
  using Branches = std::vector<std::size_t>;  ///< which record to take at each level
  void find_nodes(const std::function<bool(BlockNo)>& leaves, BlockNo node, Branches& way,
                  std::vector<Branches>& found) const;
  void move_node(const Branches& way);
  void empty(const Path& path);
  void set_depth(u32 depth);
  BlockNo new_node(u32 depth, const Records& records);
  static ExtentRun run_of(const TreeRecord& record);
  ExtentRun part(const ExtentRun& run, u64 first, u64 end) const;
  ExtentRun clip(const ExtentRun& run, u64 first, u64 end) const;
  void require_room_for(const ExtentRun& run, const Records& records, std::size_t at, BlockNo leaf) const;
  [[noreturn]] void damaged(BlockNo node, std::string_view fact) const;

  Transaction& transaction_;
  Space& space_;
  const ExtentRoot root_;
};

}  // namespace ocfs2
