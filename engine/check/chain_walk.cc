// SPDX-License-Identifier: GPL-2.0-or-later
//
// From group to group along the chains of an allocator. A link that leads to where it must not is cut; what
// was only reached through it stays known, and is linked again when all chains were walked.
#include "engine/check/allocator_check.h"
#include "engine/check/group_rebuild.h"
#include "engine/check/problems/allocators.h"

namespace ocfs2 {

void AllocatorCheck::walk() {
  for (GroupNote& note : groups_)
    if (is_lost_beginning(note)) link(note);
  for (u32 chain = 0; chain < first_chains_.size(); ++chain) {
    walk_chain(chain, BlockNo(first_chains_[chain].block));
    checkup_.settle();
  }
}

/// Ends, since every group is put on a chain once.
void AllocatorCheck::walk_chain(u32 chain, BlockNo head) {
  Link link{chain, nullptr, head};
  while (link.to.value != 0) {
    GroupNote* note = follow(link);
    if (note == nullptr) return;
    note->on_chain = chain;
    if (!global_bitmap()) others_.owners.emplace(note->block, inode_);
    if (!examine_rest(*note, chain)) {
      note->dropped = true;
      note->on_chain = GroupNote::not_linked;
      return cut(link);
    }
    link = {chain, note, note->next};
  }
}

GroupNote* AllocatorCheck::follow(const Link& link) {
  const BlockNo from = link.from == nullptr ? BlockNo() : link.from->block;
  const Facts facts{.inode = inode_, .block = from, .found = link.to.value, .index = link.chain};
  if (link.to <= super_block_no || !checkup_.geometry().contains(link.to))
    return resolve_cut(link.from == nullptr ? problem::CHAIN_HEAD_LINK_RANGE : problem::CHAIN_LINK_RANGE,
                       facts, link);
  if (GroupNote* note = find(link.to)) return follow_to(link, *note);
  return resolve_cut(problem::GROUP_UNEXPECTED_DESC, {.inode = inode_, .block = link.to, .index = link.chain},
                     link);
}

GroupNote* AllocatorCheck::follow_to(const Link& link, GroupNote& note) {
  if (!note.readable) {  // its own finding: BLOCK_UNREADABLE
    broken_.insert(link.chain);
    return nullptr;
  }
  Facts facts{.inode = inode_, .block = note.block, .index = link.chain};
  const std::string home = fmt::format("it is on chain {} already", note.on_chain);
  facts.detail = home;
  if (note.on_chain != GroupNote::not_linked) return resolve_cut(problem::GROUP_CHAIN_LOOP, facts, link);
  const bool elsewhere = note.links > 1 && note.chain != link.chain && note.chain < first_chains_.size();
  facts.detail = "it says that it is on another chain, and there it is, too";
  if (elsewhere && trusted(note) && note.parent == inode_)
    return resolve_cut(problem::GROUP_CHAIN_LOOP, facts, link);
  if (!examine_owner(link, note) || !examine_identity(link, note)) return nullptr;
  return &note;
}

/// False when the group is another allocator's.
bool AllocatorCheck::examine_owner(const Link& link, GroupNote& note) {
  if (!trusted(note)) return true;
  const auto owner = others_.owners.find(note.block);
  InodeNo other = owner == others_.owners.end() ? inode_ : owner->second;
  if (other == inode_ && note.parent != inode_)
    for (const auto& check : others_.all)
      if (check->number() == note.parent && check->leads_to(note.block)) other = note.parent;
  Facts facts{.inode = inode_, .other = other, .block = note.block, .index = link.chain};
  if (other != inode_) return resolve_cut(problem::GROUP_DUPLICATE, facts, link) != nullptr;
  if (note.parent == inode_) return true;
  facts.found = note.parent.value;
  facts.expected = inode_.value;
  if (checkup_.examiner.resolve(problem::GROUP_PARENT, facts)) edit_group(note).parent_inode = inode_.value;
  note.parent = inode_;
  return true;
}

/// Signature and generation. False when the walk cannot go on.
bool AllocatorCheck::examine_identity(const Link& link, GroupNote& note) {
  if (note.signature && note.generation) return true;
  const bool keep = trusted(note);
  const std::vector<u8> anew = keep ? std::vector<u8>() : lost_descriptor(note, link.chain);
  const auto group = look_group(note);
  const Facts facts{
      .inode = inode_,
      .block = note.block,
      .found = (*group)->generation,
      .expected = checkup_.facts().generation,
      .index = link.chain,
      .detail = keep            ? "everything else in it is right"
                : !anew.empty() ? "it can be made anew from what is in use"
                                : "the chain must be cut there",
  };
  const Problem& first = link.from == nullptr ? problem::GROUP_GEN : problem::CHAIN_LINK_GEN;
  const Problem& problem = note.signature ? first : problem::CHAIN_LINK_MAGIC;
  if (!keep && anew.empty()) return resolve_cut(problem, facts, link) != nullptr;
  const bool mend = checkup_.examiner.resolve(problem, facts);
  if (!keep) return replace_lost(note, link.chain, anew, mend);
  if (mend) {
    GroupDescriptor& descriptor = edit_group(note);
    stamp(descriptor.signature, GroupDescriptor::signature_text);
    descriptor.generation = checkup_.facts().generation;
  }
  note.signature = note.generation = true;
  return true;
}

/// When that is not wanted, the blocks of the group are known at least.
bool AllocatorCheck::replace_lost(GroupNote& note, u32 chain, ConstBytes descriptor, bool wanted) {
  (wanted ? mended_ : broken_).insert(chain);
  note.dropped = !wanted;
  if (wanted) return rebuild(note, chain, descriptor), true;
  if (!global_bitmap()) record_group(note.block, descriptor);
  checkup_.survey.rebuilt_groups.insert(note.block.value);
  return false;
}

/// All other fields. False when the group must be taken off.
bool AllocatorCheck::examine_rest(GroupNote& note, u32 chain) {
  if (!note.sick && note.chain == chain) return true;
  auto group = look_group(note);
  if (!group) return true;
  const GroupPlace at = place_of(note, chain);
  if (!examine_group(*group, at, checkup_.examiner)) return false;
  note.chain = static_cast<u16>(chain);
  note.sick = false;
  return true;
}

/// Returns null: there is no way on.
GroupNote* AllocatorCheck::resolve_cut(const Problem& problem, const Facts& facts, const Link& link) {
  if (checkup_.examiner.resolve(problem, facts))
    cut(link);
  else
    broken_.insert(link.chain);
  return nullptr;
}

void AllocatorCheck::cut(const Link& link) {
  mended_.insert(link.chain);
  if (link.from == nullptr) {
    edit_chain(link.chain) = {};
  } else {
    edit_group(*link.from).next_group = 0;
    link.from->next = BlockNo();
  }
}

/// Puts a new descriptor in the place of one that is lost.
void AllocatorCheck::rebuild(GroupNote& note, u32 chain, ConstBytes descriptor) {
  const GroupPlace at = place_of(note, chain);
  std::ranges::copy(descriptor, look_group(note)->mend_bytes().begin());
  const u32 free = static_cast<u32>(count_clear_bits(group_bitmap(descriptor, at.bits()), 0, at.bits()));
  checkup_.survey.rebuilt_groups.insert(note.block.value);
  note = {.block = note.block, .parent = inode_, .bits = at.bits(), .free = free};
  note.chain = static_cast<u16>(chain);
  note.readable = note.signature = note.generation = note.place = true;
}

/// What the descriptor of a lost group must be; empty when nothing shows that there was one. In the global
/// bitmap everything is called used until check_bitmaps knows what is.
std::vector<u8> AllocatorCheck::lost_descriptor(const GroupNote& note, u32 chain) {
  const GroupPlace at = place_of(note, chain);
  std::vector<u8> descriptor;
  if (!global_bitmap())
    descriptor = group_from_its_blocks(checkup_.source, at, file_ != SystemFile::extent_alloc, owner_slot());
  if (descriptor.empty() && !global_bitmap() && !is_lost_beginning(note)) return {};
  if (descriptor.empty()) {
    descriptor.resize(checkup_.geometry().block_size());
    format_group(at, descriptor);
    set_bits(group_bitmap(Bytes(descriptor), at.bits()), 0, global_bitmap() ? at.bits() : 1);
  }
  if (at.system_inodes) mark_known_inodes(at, descriptor);
  return descriptor;
}

/// The system's inodes keep their blocks, whatever is left in these.
void AllocatorCheck::mark_known_inodes(const GroupPlace& at, Bytes descriptor) {
  const Bytes bitmap = group_bitmap(descriptor, at.bits());
  const auto mark = [&](InodeNo inode) {
    if (block_of(inode) > at.block && block_of(inode) < at.block + at.bits())
      set_bit(bitmap, block_of(inode) - at.block);
  };
  mark(checkup_.volume.root());
  mark(checkup_.volume.system_directory());
  for (const auto& [file, inode] : checkup_.survey.system.found) mark(inode);
  as<GroupDescriptor>(descriptor).free_bits = static_cast<u16>(count_clear_bits(bitmap, 0, at.bits()));
}

}  // namespace ocfs2
