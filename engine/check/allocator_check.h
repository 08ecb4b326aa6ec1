// SPDX-License-Identifier: GPL-2.0-or-later
//
// One allocator on the examination table: its inode, its chains, its groups (spec: fsck-checks.md B1;
// ondisk.md 5, 14.12 to 21).
//
// All groups are read first, in batches and without a question; what is remembered of each is a GroupNote.
// Then the chains are walked over the notes, and only groups with something wrong are read again. What a bad
// link took off its chain is part of that fault: it is found by what it is, and linked again without a
// question of its own. The groups of the global bitmap are known by their places; those of other allocators
// are searched for among the clusters that are allocated for nobody.
//
// While a fault stays (it is only looked at, or somebody said no) nothing that follows from it is reported.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "engine/check/checkup.h"
#include "engine/check/group_check.h"

namespace ocfs2 {

/// What is remembered of a block that is, or should be, a group descriptor.
struct GroupNote {
  static constexpr u32 not_linked = 0xFFFFFFFF;

  BlockNo block;
  BlockNo next{};    ///< as it says; 0 when it is not to be believed
  InodeNo parent{};  ///< as it says
  u32 bits = 0;      ///< as it says
  u32 free = 0;      ///< clear bits of its bitmap
  u16 chain = 0;     ///< as it says
  u16 links = 0;     ///< how many chains and groups lead to it
  u32 on_chain = not_linked;
  bool readable = false;
  bool signature = false, generation = false, place = false;  ///< what is right about it
  bool sick = false;                                          ///< some other field is wrong
  bool dropped = false;                                       ///< to be left alone, whoever leads to it
};

class AllocatorCheck;
/// All allocators of a run, and who was found to have which group.
struct AllocatorChecks {
  std::vector<std::unique_ptr<AllocatorCheck>> all;
  std::map<BlockNo, InodeNo> owners;
};

class AllocatorCheck {
 public:
  AllocatorCheck(Checkup& checkup, AllocatorChecks& others, SystemFile file, u32 slot, InodeNo inode);

  InodeNo number() const { return inode_; }
  bool global_bitmap() const { return file_ == SystemFile::global_bitmap; }
  /// True when this allocator leads to the group.
  bool leads_to(BlockNo block) const;

  /// The inode's size has been told to be wrong.
  void leave_size() { size_told_ = true; }

  // In this order, each for all allocators before the next.

  /// Checks the fields of the inode, and reads all groups that can be reached.
  void gather();
  /// Follows the chains, and looks at the fields of sick groups.
  void walk();
  /// Claims the clusters of the allocator itself, and hands its groups to the ledgers.
  void record();
  /// Finds what is on no chain, links it, and compares the totals.
  void complete();

 private:
  struct Link {
    u32 chain;
    GroupNote* from;  ///< null: the chain's record in the inode
    BlockNo to;
  };

  GroupNote* find(BlockNo block);
  bool trusted(const GroupNote& note) const;
  bool mine(const GroupNote& note) const;  ///< on a chain or not
  bool is_lost_beginning(const GroupNote& note) const;
  GroupPlace place_of(const GroupNote& note, u32 chain) const;
  /// As its blocks tell it.
  u16 owner_slot() const {
    return file_ == SystemFile::global_inode_alloc ? no_slot : static_cast<u16>(slot_);
  }
  std::optional<Patient<Inode>> look_inode() { return checkup_.source.look<Inode>(block_of(inode_), inode_); }
  std::optional<Patient<GroupDescriptor>> look_group(const GroupNote& note);
  GroupDescriptor& edit_group(const GroupNote& note);
  /// The chains in use, as they are or would be with the number put right.
  std::vector<ChainRecord> chains();
  ChainRecord& edit_chain(u32 chain);

  // gathering (allocator_gather.cc)
  void examine_inode();
  void examine_unused_chains(const Patient<Inode>& inode, u32 used);
  void settle_group_size();
  GroupNote read_note(BlockNo block, const std::optional<Patient<GroupDescriptor>>& group);
  void examine_quietly(GroupNote& note, std::optional<Patient<GroupDescriptor>>& group);
  void examine_quietly(GroupNote& note);
  void note_allocated(const GroupNote& note, const Patient<GroupDescriptor>* group);
  std::optional<Patient<GroupDescriptor>> patient(const ReadRequest& read);
  void gather_places();
  void gather_chains();
  void count_links();

  // walking (chain_walk.cc)
  void walk_chain(u32 chain, BlockNo head);
  GroupNote* follow(const Link& link);
  GroupNote* follow_to(const Link& link, GroupNote& note);
  bool examine_owner(const Link& link, GroupNote& note);
  bool examine_identity(const Link& link, GroupNote& note);
  bool examine_rest(GroupNote& note, u32 chain);
  GroupNote* resolve_cut(const Problem& problem, const Facts& facts, const Link& link);
  void cut(const Link& link);
  bool replace_lost(GroupNote& note, u32 chain, ConstBytes descriptor, bool wanted);
  std::vector<u8> lost_descriptor(const GroupNote& note, u32 chain);
  void mark_known_inodes(const GroupPlace& at, Bytes descriptor);
  void rebuild(GroupNote& note, u32 chain, ConstBytes descriptor);

  // completing (allocator_totals.cc)
  void record_group(const GroupNote& note);
  void record_group(BlockNo block, ConstBytes descriptor);
  u64 missing_groups();
  void find_lost_groups();
  bool take_lost_group(ConstBytes bytes, BlockNo block);
  std::vector<GroupNote*> unlinked();
  void link_unlinked();
  bool ask_to_link(std::span<GroupNote* const> groups);
  u32 chain_for(const GroupNote& note);
  void link(GroupNote& note);
  void fill_empty_chains();
  void fill_empty_chain(u32 chain);
  void move_last_chain_to(u32 chain);
  void compare_chains();
  void compare_totals();

  Checkup& checkup_;
  AllocatorChecks& others_;
  SystemFile file_;
  u32 slot_;
  InodeNo inode_;
  u32 group_clusters_ = 0;
  u32 bits_per_cluster_ = 1;
  bool size_told_ = false;
  bool blank_ = false;                     ///< its inode was lost and made anew: without a chain
  bool hopeless_ = false;                  ///< its inode is lost, and stays so
  std::vector<ChainRecord> first_chains_;  ///< as they were before anything was mended
  std::vector<GroupNote> groups_;          ///< by block
  std::set<u32> mended_;  ///< chains where a link was cut or a group put on: their numbers follow
  std::set<u32> broken_;  ///< chains where a fault stays: their numbers prove nothing
};

/// "blocks 8, 9 and 12", or the first six and how many more.
std::string block_words(std::span<const GroupNote* const> groups);

}  // namespace ocfs2
