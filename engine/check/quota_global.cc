// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/quota_global.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/check/problems/quota.h"

namespace ocfs2 {
namespace {

constexpr u32 grace_max = 10 * 365 * 86400;  ///< seconds; more is damage
constexpr u32 sync_max_ms = 3600 * 1000;

u32 plausible(u32 value, u32 most, u32 usual) { return value > 0 && value <= most ? value : usual; }

/// The higher of two limits; 0 is none.
u64 higher_limit(u64 a, u64 b) { return a == 0 || b == 0 ? 0 : std::max(a, b); }

void join_limits(QuotaRecord& kept, const QuotaRecord& other) {
  kept.inode_hard_limit = higher_limit(kept.inode_hard_limit, other.inode_hard_limit);
  kept.inode_soft_limit = higher_limit(kept.inode_soft_limit, other.inode_soft_limit);
  kept.space_hard_limit = higher_limit(kept.space_hard_limit, other.space_hard_limit);
  kept.space_soft_limit = higher_limit(kept.space_soft_limit, other.space_soft_limit);
}

/// An entry that neither counts nor limits anything.
bool says_nothing(const QuotaRecord& record) {
  QuotaRecord rest = record;
  rest.id = 0u;
  rest.use_count = 0u;
  return rest.unused();
}

}  // namespace

bool GlobalQuota::resolve(const Problem& problem, Facts facts) {
  facts.inode = file_.inode();
  facts.name = file_.name();
  if (checkup_.examiner.resolve(problem, facts)) {
    if (rebuild_ == nullptr) rebuild_ = &problem;
    return true;
  }
  unsound_ = true;
  return false;
}

void GlobalQuota::examine() {
  nodes_.resize(file_.blocks());
  examine_head();
  walk_tree();
  if (searching_) search_all_blocks();
  if (rebuild_ != nullptr || unsound_) return;
  compare_lookups();
  if (rebuild_ == nullptr && !unsound_) examine_lists();
}

void GlobalQuota::examine_head() {
  times_ = {.block_grace = quota_grace_default,
            .inode_grace = quota_grace_default,
            .sync_ms = quota_sync_default_ms,
            .blocks = 0,
            .free_block = 0,
            .free_leaf = 0};
  const auto head = file_.blocks() > 0 ? file_.look(0, GlobalQuotaHead::kind) : std::nullopt;
  std::string fact = "it cannot be read";
  if (head) {
    const auto& found = as<GlobalQuotaHead>(head->bytes());
    times_.block_grace = plausible(found.info.block_grace, grace_max, quota_grace_default);
    times_.inode_grace = plausible(found.info.inode_grace, grace_max, quota_grace_default);
    times_.sync_ms = plausible(found.info.sync_ms, sync_max_ms, quota_sync_default_ms);
    times_.blocks = found.info.blocks;
    times_.free_block = found.info.free_block;
    times_.free_leaf = found.info.free_leaf;
    fact.clear();
    if (head->check() != CheckResult::good) fact = "its checksum is wrong";
    if (found.header.magic != quota_global_magic(type_) || found.header.version != 0)
      fact = fmt::format("it begins with 0x{:x}, version {}", u32{found.header.magic},
                         u32{found.header.version});
  }
  if (!fact.empty())
    resolve(problem::QMAGIC_INVALID,
            {.block = file_.blocks() > 0 ? file_.place(0) : BlockNo(), .detail = fact});
}

void GlobalQuota::walk_tree() {
  if (file_.blocks() <= quota_root_file_block) return damaged_node(0, "the file is too short to have a tree");
  walk_node(quota_root_file_block, 0, 0);
}

void GlobalQuota::damaged_node(u32 block, const std::string& fact) {
  if (searching_) return;  // one question is enough
  searching_ = true;
  resolve(problem::QTREE_BLK_INVALID,
          {.block = file_.blocks() > 0 ? file_.place(block) : BlockNo(), .detail = fact});
}

/// `first_id` is the first of the ids below.
void GlobalQuota::walk_node(u32 block, u32 level, u64 first_id) {
  nodes_[block] = true;
  const auto node = file_.look(block, QuotaTreeBlock::kind);
  if (!node) return damaged_node(block, "it cannot be read");
  if (node->check() == CheckResult::bad) return damaged_node(block, "its checksum is wrong");
  u64 ids_below = 1;
  for (u32 i = level + 1; i < geometry_.depth(); ++i) ids_below *= geometry_.references_per_block();
  const auto bytes = node->bytes();
  const std::vector<u8> copy(bytes.begin(), bytes.end());
  const auto references = QuotaTreeBlock::references(ConstBytes(copy));
  for (std::size_t i = 0; i < references.size(); ++i) {
    const u32 to = references[i];
    const u64 id = first_id + i * ids_below;
    if (to == 0) continue;
    if (to <= quota_root_file_block || to >= file_.blocks() || nodes_[to] || id > 0xFFFFFFFF) {
      damaged_node(block, fmt::format("reference {} leads to block {} of the file", i, to));
    } else if (level + 1 < geometry_.depth()) {
      walk_node(to, level + 1, id);
    } else {
      if (!leaves_.contains(to)) read_leaf(to, false);
      const auto entry = entries_.find(static_cast<u32>(id));
      if (entry != entries_.end() && entry->second.block == to)
        entry->second.found = true;
      else
        strays_.push_back(static_cast<u32>(id));
    }
  }
}

/// Entries that the tree does not lead to any more.
void GlobalQuota::search_all_blocks() {
  for (u32 block = quota_root_file_block + 1; block < file_.blocks(); ++block)
    if (!nodes_[block] && !leaves_.contains(block)) read_leaf(block, true);
}

void GlobalQuota::read_leaf(u32 block, bool searched) {
  const auto leaf = file_.look(block, QuotaLeaf::kind);
  leaves_[block] = 0;
  if (!leaf) return damaged_node(block, "it cannot be read");
  const auto bytes = leaf->bytes();
  const std::vector<u8> copy(bytes.begin(), bytes.end());
  const auto records = QuotaLeaf::records(ConstBytes(copy));
  const u32 counted = as<QuotaLeaf>(ConstBytes(copy)).entries;
  const u32 used =
      static_cast<u32>(std::ranges::count_if(records, [](const QuotaRecord& one) { return !one.unused(); }));
  const bool suspect = leaf->check() == CheckResult::bad || counted > records.size();
  if (searched && (suspect || counted != used)) return;  // anything may lie there
  leaves_[block] = used;
  if (suspect) {
    const std::string fact =
        counted > records.size() ? fmt::format("it counts {} entries", counted) : "its checksum is wrong";
    if (!resolve(problem::DQBLK_INVALID, {.block = file_.place(block), .count = used, .detail = fact}))
      return;
  }
  for (u32 i = 0; i < records.size(); ++i)
    if (!records[i].unused()) take_entry(records[i], block, i, suspect);
}

void GlobalQuota::take_entry(const QuotaRecord& record, u32 block, u32 index, bool suspect) {
  const auto [place, is_new] =
      entries_.try_emplace(record.id, QuotaEntry{record, block, static_cast<u16>(index)});
  if (is_new) return;
  const Facts facts{.block = file_.place(block), .found = record.id};
  if (suspect) {
    if (resolve(problem::DUP_DQBLK_INVALID, facts)) place->second.record = record;
  } else if (resolve(problem::DUP_DQBLK_VALID, facts)) {
    join_limits(place->second.record, record);
  }
}

/// Every entry is found through the tree, and the tree leads to nothing else.
void GlobalQuota::compare_lookups() {
  std::vector<u32> lost;
  for (const auto& [id, entry] : entries_)
    if (!entry.found) lost.push_back(id);
  for (const u32 id : strays_)
    if (!entries_.contains(id)) lost.push_back(id);
  if (lost.empty()) return;
  const std::string more = lost.size() > 1 ? fmt::format(", nor to those of {} more", lost.size() - 1) : "";
  resolve(problem::QUOTA_LOOKUP, {.found = lost.front(), .detail = more});
}

std::string GlobalQuota::fault_of_lists() const {
  if (times_.blocks != file_.blocks())
    return fmt::format("it counts {} blocks and has {}", u32{times_.blocks}, file_.blocks());
  std::vector<bool> listed(file_.blocks());
  const auto follow = [&](u32 block, bool of_leaves) -> std::string {
    for (u32 before = 0; block != 0;) {
      const bool leaf = block < file_.blocks() && leaves_.contains(block) && leaves_.at(block) > 0;
      if (block >= file_.blocks() || block <= quota_root_file_block || nodes_[block] || listed[block] ||
          leaf != of_leaves)
        return fmt::format("its list of {} leads to block {}", of_leaves ? "blocks with room" : "free blocks",
                           block);
      listed[block] = true;
      const auto patient = file_.look(block, QuotaLeaf::kind);
      if (!patient) return {};
      const auto& header = as<QuotaLeaf>(patient->bytes());
      if (of_leaves && header.previous_free != before)
        return fmt::format("block {} with room names {} as the one before", block, u32{header.previous_free});
      before = block;
      block = header.next_free;
    }
    return {};
  };
  std::string fault = follow(times_.free_leaf, true);
  if (fault.empty()) fault = follow(times_.free_block, false);
  for (const auto& [block, used] : leaves_) {
    if (!fault.empty()) return fault;
    const auto patient = file_.look(block, QuotaLeaf::kind);
    const u32 counted = patient ? u32{as<QuotaLeaf>(patient->bytes()).entries} : used;
    if (counted != used) fault = fmt::format("block {} counts {} entries and has {}", block, counted, used);
    if (used < geometry_.records_per_leaf() && !listed[block])
      fault = fmt::format("block {} has room and is on no list", block);
  }
  return fault;
}

void GlobalQuota::examine_lists() {
  const std::string fault = fault_of_lists();
  if (!fault.empty()) resolve(problem::QUOTA_LISTS, {.detail = fault});
}

void GlobalQuota::set_usage(u32 id, u64 space, u64 inodes) {
  const bool known = entries_.contains(id);
  if (!known && space == 0 && inodes == 0) return;
  QuotaEntry& entry = entries_[id];
  if (known && entry.record.space == space && entry.record.inodes == inodes) return;
  entry.record.id = id;
  entry.record.space = space;
  entry.record.inodes = inodes;
  changed_.push_back(id);
  const bool in_place = known && !says_nothing(entry.record);
  if (!in_place && rebuild_ == nullptr) rebuild_ = &problem::QUOTA_USAGE;
}

bool GlobalQuota::write() {
  checkup_.mender->commit();
  if (rebuild_ == nullptr) return write_changed(), true;
  std::erase_if(entries_, [](const auto& one) { return says_nothing(one.second.record); });
  const u32 needed = quota_blocks_for(entries_, geometry_.block_size);
  if (needed > file_.blocks() && !file_.grow(needed)) return false;
  write_all(file_.blocks());
  return true;
}

void GlobalQuota::write_changed() {
  for (const u32 id : changed_) {
    const QuotaEntry& entry = entries_.at(id);
    auto leaf = file_.look(entry.block, QuotaLeaf::kind);
    if (!leaf) continue;
    QuotaRecord& record = QuotaLeaf::records(leaf->mend_bytes())[entry.index];
    record.space = entry.record.space;
    record.inodes = entry.record.inodes;
    checkup_.settle();
  }
}

void GlobalQuota::write_all(u32 blocks) {
  for (auto& [id, entry] : entries_) entry.record.use_count = 0u;
  Transaction& transaction = checkup_.mender->transaction();
  const QuotaBlockUse put = [&](u32 block, const BlockKind& kind, ConstBytes bytes) {
    std::ranges::copy(bytes, transaction.create_bytes(file_.place(block), kind).begin());
  };
  lay_out_quota(entries_, type_, times_, blocks, geometry_.block_size, put);
  checkup_.mender->commit();
}

}  // namespace ocfs2
