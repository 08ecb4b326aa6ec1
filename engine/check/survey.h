// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the passes learn about a volume and tell each other. An inode block is read once; all that later
// passes need of it is kept here in compact form. The threads of pass 1 gather into Harvests of their own,
// which are merged in any order.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "engine/check/block_ledger.h"
#include "engine/check/block_source.h"
#include "engine/check/cluster_ledger.h"
#include "engine/check/patient.h"
#include "engine/check/usage.h"
#include "ondisk/directory.h"
#include "ondisk/system_files.h"

namespace ocfs2 {

/// One inode in use.
struct InodeFact {
  InodeNo inode;
  u32 links = 0;  ///< as it says
  EntryType type = EntryType::unknown;
  bool system = false;
  bool orphaned = false;      ///< carries the flag
  bool dio_orphaned = false;  ///< carries the flag
};

struct DirectoryFact {
  InodeNo inode;
  InodeNo parent{};             ///< the directory in which it has its name, 0: none found yet
  InodeNo dotdot{};             ///< what its `..` says, 0: not known
  BlockNo index{};              ///< the root of its index, 0: none
  bool in_inode = false;        ///< entries are inline
  bool trailers = false;        ///< blocks end in a trailer
  bool rebuild_index = false;   ///< pass 1 or 2 found the index wrong, and to be rebuilt
  bool index_wrong = false;     ///< the same, but it is to be left so
  bool index_forsaken = false;  ///< its index claims nothing: pass 1 gave up what it took
};

/// Consecutive blocks of a directory.
struct DirectoryRun {
  InodeNo directory;
  u64 first_block = 0;  ///< which block of the directory
  BlockNo block;
  u32 blocks = 0;
};

/// A run of clusters that an inode (or an attribute of it) refers to as shared. These are not claimed one by
/// one: check_refcount_trees claims each shared cluster once.
struct SharedRun {
  BlockNo tree;  ///< root of the refcount tree of that inode
  ClusterNo first;
  u32 clusters = 0;
};

/// An inode that uses a refcount tree.
struct TreeUser {
  BlockNo tree;
  InodeNo inode;
};

/// A block from an extent allocator that something uses.
struct MetadataClaim {
  BlockNo block;
  InodeNo owner;
  const BlockKind* kind = nullptr;  ///< null: what follows is not known, or compared elsewhere
  u16 slot = 0, bit = 0;            ///< where the block says that it comes from
  BlockNo group{};                  ///< 0: the block minus the bit
};

template <class T>
MetadataClaim claim_of(const Patient<T>& block, InodeNo owner) {
  return {block.block(),
          owner,
          &T::kind,
          block->suballoc_slot,
          block->suballoc_bit,
          BlockNo(block->suballoc_group)};
}

/// Whether the claimed block says rightly where it comes from.
bool in_place(const MetadataClaim& claim, const LedgerGroup& group, u32 bit);

/// Counts for -t (spec: commands.md 2.5).
struct InodeStatistics {
  std::array<u64, 9> by_depth{};
  std::array<u64, 8> by_type{};  ///< EntryType
  u64 inline_files = 0, inline_directories = 0, fast_symlinks = 0, reflinked = 0;
  u64 orphans_found = 0, orphans_deleted = 0;
  void add(const InodeStatistics& other);
};

/// What examining inodes yields.
struct Harvest {
  std::vector<InodeFact> inodes;
  std::vector<BitRun> clusters;  ///< claimed
  std::vector<MetadataClaim> metadata;
  std::vector<DirectoryFact> directories;
  std::vector<DirectoryRun> directory_runs;
  std::vector<SharedRun> shared;
  std::vector<TreeUser> tree_users;
  std::map<u32, Usage> users, groups;
  std::vector<InodeNo> thinned;           ///< whose extent trees have lost records
  std::vector<BitRun> forsaken_clusters;  ///< see Survey
  std::vector<BlockNo> forsaken_metadata;
  InodeStatistics statistics;

  void clear() { *this = Harvest(); }
  /// How many there are, for who bounds its memory.
  std::size_t claims() const {
    return clusters.size() + metadata.size() + directory_runs.size() + shared.size();
  }
};

/// What is known of every inode, by its ordinal among the blocks of the inode allocators.
class InodeCensus {
 public:
  explicit InodeCensus(const BlockLedger& blocks) : blocks_(blocks) {}

  /// Makes room for all ordinals; the ledger is sealed.
  void open();
  void add(const InodeFact& fact);
  void add(const BlockLedger::Spot& spot, const InodeFact& fact);  ///< the same; its block lies at `spot`
  void remove(InodeNo inode);                                      ///< it was cleared or deleted
  void set_type(InodeNo inode, EntryType type);

  bool in_use(InodeNo inode) const;
  EntryType type(InodeNo inode) const;  ///< unknown when not in use
  bool system(InodeNo inode) const;
  bool orphaned(InodeNo inode) const;
  bool dio_orphaned(InodeNo inode) const;
  u32 links(InodeNo inode) const;  ///< as the inode says
  void set_links(InodeNo inode, u32 links);

  /// An inode in use, as an entry of a directory meets it: all of it by one look-up.
  struct Meeting {
    u32 ordinal;
    EntryType type;
    bool system;
  };
  std::optional<Meeting> meet(InodeNo inode) const;

  /// A name of the inode was found, or is gone. `.` and `..` are none, nor are entries of orphan directories.
  /// Several threads may count at a time, and ask for types meanwhile.
  void count_name(InodeNo inode, s32 change = 1);
  void count_name(const Meeting& met, s32 change = 1);
  u32 names(InodeNo inode) const;
  /// Calls `use` with every inode in use, in order of blocks.
  void each(const std::function<void(InodeNo)>& use) const;
  /// The same with those that are no directories and may have more or fewer links than names; quickly.
  void each_uneven(const std::function<void(InodeNo)>& use) const;
  /// All that carry a mark of an orphan, in order of blocks.
  std::vector<InodeNo> orphans() const;

 private:
  // One byte an inode; what does not fit (more than two links or names, rare marks) goes into maps.
  struct State;
  std::optional<u32> ordinal(InodeNo inode) const;
  State state(InodeNo inode) const;
  bool special(InodeNo inode, u8 mark) const;
  void forget(u32 ordinal);
  void put_links(u32 ordinal, u32 links);
  template <class Wanted>
  void each_wanted(const Wanted& wanted, const std::function<void(InodeNo)>& use) const;

  const BlockLedger& blocks_;
  std::vector<u8> state_;
  std::map<u32, u32> links_, names_;
  std::map<u32, u8> special_;
  std::mutex names_mutex_;
};

/// Where the system files are: by their names in the system directory, or where these are lost, by what the
/// inodes of the global inode allocator are.
struct SystemInodes {
  std::map<std::pair<SystemFile, u32>, InodeNo> found;
  /// Blocks of inodes whose marks stay wrong although it is known what they should be, as they would be then.
  std::map<InodeNo, std::vector<u8>> as_if;
  std::set<InodeNo> destroyed;  ///< allocators of whose inodes nothing was left, chains included
  std::optional<InodeNo> find(SystemFile file, u32 slot = 0) const {
    const auto entry = found.find({file, slot});
    return entry == found.end() ? std::nullopt : std::optional(entry->second);
  }
};

/// Clusters that only indexes of directories claim. Whoever of them is made anew last gives them back.
struct IndexDispute {
  BitRun clusters;
  std::size_t claims = 0;  ///< that are left
};

struct Survey {
  explicit Survey(const VolumeFacts& facts, std::size_t claims_most = claims_usual)
      : clusters(facts.geometry.clusters),
        census(inode_blocks),
        forsaken_clusters(facts.geometry.clusters),
        claims_max(claims_most) {}

  SystemInodes system;
  ClusterLedger clusters;
  std::set<u64> rebuilt_groups;  ///< groups without a trustworthy bitmap: it is made from use
  BlockLedger inode_blocks;      ///< of global_inode_alloc and every inode_alloc
  BlockLedger metadata_blocks;   ///< of every extent_alloc
  InodeCensus census;
  std::vector<DirectoryFact> directories;    ///< by inode after pass 1
  std::vector<DirectoryRun> directory_runs;  ///< by directory and position after pass 1
  std::vector<SharedRun> shared;
  std::vector<TreeUser> tree_users;
  UsageTable users, groups;
  std::vector<UnreadableBlock> unreadable;
  std::vector<InodeNo> thinned;  ///< inodes whose extent trees have lost records
  /// What damaged indexes took that are made anew. A damaged index has no say in who owns what: unless others
  /// claim these, too, they are given back, as a part of the repair.
  SparseBitmap forsaken_clusters;
  std::set<u64> forsaken_metadata;
  std::set<u64> doubtful;  ///< inodes that had to be mended: their claims are weaker than those of others
  static constexpr std::size_t claims_usual = 400'000;
  std::size_t claims_max;                ///< of each of the next two
  std::vector<MetadataClaim> disputed;   ///< claims of blocks that another has, or no extent allocator
  std::vector<MetadataClaim> misplaced;  ///< of blocks that tell of another place in the allocators
  u64 claims_dropped = 0;                ///< beyond that: what is known of the volume is not all
  std::vector<IndexDispute> index_disputes;
  std::set<InodeNo> bereft;   ///< inodes that lost attributes to others, with what these claimed
  std::set<InodeNo> waiting;  ///< orphans that were found and are to stay
  InodeStatistics statistics;

  /// Adds what was gathered elsewhere: claims what is used in the ledgers, inodes included. The census must
  /// be open.
  void take(const Harvest& harvest);
  /// Sorts; pass 1 is over.
  void settle();
  void keep(std::vector<MetadataClaim>& claims, const MetadataClaim& claim);
  DirectoryFact* directory(InodeNo inode);
  std::span<const DirectoryRun> runs_of(InodeNo directory) const;
};

}  // namespace ocfs2
