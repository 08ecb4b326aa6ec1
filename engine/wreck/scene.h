// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where a damage happens: a sound volume to look for victims in, and the blocks that were changed so far,
// kept in memory until the damage is complete. Looking goes through the Volume and sees the sound state;
// edits see each other.
//
// Blocks go to the device past the judges that a Transaction asks, since these would refuse all of this.
#pragma once

#include <functional>
#include <map>

#include "engine/volume/directory.h"
#include "engine/wreck/wreck.h"
#include "engine/wreck/wrecker.h"
#include "ondisk/bitmap.h"
#include "ondisk/group.h"
#include "ondisk/xattr.h"

namespace ocfs2 {

/// A list of extents wherever it stands: in an inode, in another root, in an extent block.
struct ExtentNode {
  BlockNo block;
  const BlockKind* kind = nullptr;
  u32 offset = 0;  ///< of the list in its block (or region)
  u32 depth = 0;   ///< 0: a leaf
};

/// An entry of a directory.
struct EntryPlace {
  InodeNo directory;
  BlockNo block;
  bool inside_inode = false;
  bool trailer = false;
  u32 offset = 0;  ///< in its area
  InodeNo target;
  std::string name;
};

/// A container of attributes, and the inode that they belong to.
struct ContainerPlace {
  InodeNo inode;
  BlockNo block;
  XattrContainer form = XattrContainer::block;
};

using InodeTest = std::function<bool(const BlockRef<Inode>&)>;
using EntryTest = std::function<bool(const EntryPlace&, const DirectoryEntry&)>;

class Scene {
 public:
  Scene(Volume& volume, const WreckRequest& request);

  Volume& volume() { return volume_; }
  const Geometry& geometry() const { return volume_.geometry(); }
  const VolumeFacts& facts() const { return volume_.facts(); }
  const WreckRequest& request() const { return request_; }

  // Chance.
  u64 below(u64 limit);  ///< 0 … limit − 1; limit ≥ 1
  /// One of `candidates`; throws Error(not_found) "… has no WHAT" when there are none.
  template <class T>
  const T& pick(const std::vector<T>& candidates, std::string_view what) {
    if (candidates.empty()) lacks(what);
    return candidates[below(candidates.size())];
  }
  [[noreturn]] void lacks(std::string_view what) const;

  // Victims; each throws Error(not_found) when there is none.
  /// An inode of a user: not a system file, not free.
  InodeNo inode_where(std::string_view what, const InodeTest& test);
  /// A regular file that is a file's data and nothing more special: extents at depth 0, not shared.
  InodeNo plain_file();
  InodeNo user_directory(std::string_view what, const InodeTest& test);
  EntryPlace entry_where(std::string_view what, const EntryTest& test);
  /// An entry that no index knows, so that changing its name breaks the directory alone.
  EntryPlace unindexed_entry(std::string_view what, const EntryTest& test);
  ContainerPlace container_where(std::string_view what,
                                 const std::function<bool(XattrContainer, ConstBytes)>& test);
  u32 slot(u32 otherwise) const;  ///< the one that was asked for, or `otherwise`
  InodeNo system_file(SystemFile file, u32 slot = 0);
  InodeNo allocator();                                  ///< the victim of chain and group damages
  std::vector<InodeNo> suballocators(SystemFile file);  ///< of all slots, those that have groups
  std::vector<BlockNo> groups_of(InodeNo allocator);
  std::vector<ExtentNode> tree_of(InodeNo inode);  ///< root first, parents before children
  std::vector<ExtentNode> nodes_below(ExtentNode root, const ExtentTree& tree);

  // Edits. What they return stays valid while the scene lives.
  Bytes edit_bytes(BlockNo block, const BlockKind& kind);
  template <class T>
  T& edit(BlockNo block) {
    return as<T>(edit_bytes(block, T::kind));
  }
  Inode& edit_inode(InodeNo number) { return edit<Inode>(block_of(number)); }
  Bytes edit_body(InodeNo number) { return Inode::body(edit_bytes(block_of(number), Inode::kind)); }
  SuperInode& edit_super() { return edit<SuperInode>(super_block_no); }
  Bytes edit_list(const ExtentNode& node);
  Bytes edit_area(const EntryPlace& place);
  Bytes edit_area(InodeNo directory, BlockNo block, bool trailer);
  DirectoryEntry& edit_entry(const EntryPlace& place);
  Bytes edit_container(const ContainerPlace& place);
  /// The check of this block stays as it is; else it is sealed again at the end.
  void leave_check(BlockNo block);
  /// A block that held nothing of worth becomes one of `kind`, all zero.
  Bytes create(BlockNo block, const BlockKind& kind);

  // Changes that are right in every respect, to bring about the surroundings of a damage.
  /// Sets or clears one bit of an allocator's group, and every counter above it.
  void set_bit_soundly(InodeNo allocator, BlockNo group, u32 bit, bool used);
  void set_cluster_soundly(ClusterNo cluster, bool used);
  /// Takes a block from an allocator of inodes or extent blocks: its group and bit are told, too.
  struct Claimed {
    BlockNo block, group;
    u16 slot = 0, bit = 0;
  };
  Claimed claim_block(SystemFile file);
  ClusterNo claim_clusters(u32 count);  ///< a run that was free
  /// Takes an entry out of its directory, its index included.
  void remove_entry_soundly(const EntryPlace& place);
  /// Puts an entry into an inline or linear directory; false when it has no room.
  bool add_entry_soundly(InodeNo directory, std::string_view name, InodeNo target, EntryType type);
  /// The index's entry for a name: its list's block and kind, and its number there.
  struct IndexPlace {
    BlockNo block;
    bool in_root = false;
    u32 number = 0;
  };
  std::optional<IndexPlace> find_in_index(const EntryPlace& place);
  Bytes edit_index_list(const IndexPlace& place);
  /// A new regular file without a name; links_count is 1.
  InodeNo make_nameless_file();

  // The end.
  std::vector<Alteration> changes() const;
  void write(Wrecker& wrecker);

 private:
  struct Region {
    const BlockKind* kind = nullptr;
    std::vector<u8> before, after;
    bool seal = true;
  };
  std::vector<InodeNo> user_inodes(const InodeTest& test);
  void recount_trailer(InodeNo directory, BlockNo block);

  Volume& volume_;
  WreckRequest request_;
  u64 chance_;
  std::map<u64, Region> regions_;
};

/// What happened to a region, field by field where its kind can be described, else by runs of bytes.
void add_changes(std::vector<Alteration>& changes, BlockNo block, const BlockKind& kind, ConstBytes before,
                 ConstBytes after);

/// A block of which the format says nothing more: a journal's, a slot map's, a file's.
extern const BlockKind opaque_kind;

// The tables, one a file.
std::span<const Damage> extent_damages();
std::span<const Damage> chain_damages();
std::span<const Damage> group_damages();
std::span<const Damage> inode_damages();
std::span<const Damage> inode_form_damages();
std::span<const Damage> log_damages();
std::span<const Damage> super_damages();
std::span<const Damage> entry_damages();
std::span<const Damage> connection_damages();
std::span<const Damage> trailer_damages();
std::span<const Damage> index_damages();
std::span<const Damage> xattr_damages();
std::span<const Damage> refcount_damages();
std::span<const Damage> sharing_damages();
std::span<const Damage> quota_damages();
std::span<const Damage> block_damages();

}  // namespace ocfs2
