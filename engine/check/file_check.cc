// SPDX-License-Identifier: GPL-2.0-or-later
//
// The data of an inode: inside it, in extents, or the target of a symbolic link (spec: ondisk.md 3.7, 4).
#include <algorithm>

#include "engine/check/check.h"
#include "engine/check/extent_check.h"
#include "engine/check/inode_check.h"
#include "engine/check/problems/extents.h"
#include "engine/check/problems/files.h"
#include "engine/check/problems/inodes.h"

namespace ocfs2 {
namespace {

constexpr u32 target_max = 4095;  ///< bytes of a symbolic link's target, without the NUL

/// Blocks of which only their owner knows what they are.
const BlockKind data_kind{.name = "data"};

struct DataAt {
  BlockNo block;
  const VolumeFacts& volume;
  u64 clusters;     ///< of its extents
  u64 written_end;  ///< one behind the last cluster with data
  BlockNo last_leaf;
  u32 room;                ///< for inline data, in bytes
  ConstBytes inline_area;  ///< that room

  Facts facts() const { return {.inode = inode_at(block), .block = block, .count = clusters}; }
  u64 bytes() const { return clusters << volume.geometry.cluster_bits; }
  bool sparse() const { return volume.features.has(feature::sparse); }
};

/// Inline data is as long as there is room for, at most. The entries of a directory fill all of it: where
/// they do, the size cannot be another.
u64 inline_size_allowed(const Inode& inode, const DataAt& at) {
  const u64 size = std::min<u64>(inode.size, at.room);
  if (!inode.is_directory() || size == at.room) return size;
  const ConstBytes area = at.inline_area;
  u32 end = 0;
  while (is_entry(area, end)) end += as<DirectoryEntry>(area.subspan(end)).record_length;
  return end == area.size() || size % 4 != 0 ? u64{at.room} : size;
}

constexpr Check<Inode, DataAt> inline_checks[] = {
    {.problem = problem::INLINE_DATA_COUNT_INVALID,
     .found = [](const Inode& inode, const DataAt&) -> u64 { return inode.inline_data.count; },
     .expected = [](const Inode&, const DataAt& at) -> u64 { return at.room; },
     .mend = [](Inode& inode, u64 count,
                const DataAt&) { inode.inline_data.count = static_cast<u16>(count); }},
    {.problem = problem::INODE_INLINE_CLUSTERS,
     .found = [](const Inode& inode, const DataAt&) -> u64 { return inode.clusters; },
     .expected = [](const Inode&, const DataAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const DataAt&) { inode.clusters = 0; }},
};

constexpr Check<Inode, DataAt> counter_checks[] = {
    {.problem = problem::INODE_LAST_EB,
     .found = [](const Inode& inode, const DataAt&) -> u64 { return inode.last_extent_block; },
     .expected = [](const Inode&, const DataAt& at) { return at.last_leaf.value; },
     .mend = [](Inode& inode, u64 block, const DataAt&) { inode.last_extent_block = block; }},
    {.problem = problem::INODE_SPARSE_CLUSTERS,
     .found = [](const Inode& inode,
                 const DataAt& at) { return at.sparse() ? u64{inode.clusters} : at.clusters; },
     .expected = [](const Inode&, const DataAt& at) { return at.clusters; },
     .mend = [](Inode& inode, u64 clusters, const DataAt&) { inode.clusters = static_cast<u32>(clusters); }},
    {.problem = problem::INODE_CLUSTERS,
     .found = [](const Inode& inode,
                 const DataAt& at) { return at.sparse() ? at.clusters : u64{inode.clusters}; },
     .expected = [](const Inode&, const DataAt& at) { return at.clusters; },
     .mend = [](Inode& inode, u64 clusters, const DataAt&) { inode.clusters = static_cast<u32>(clusters); }},
};

/// What the size should be. Directories: whole blocks, all allocated; what older tools stored, a block
/// without its trailer, is read as a whole one. Files: anything, but on volumes without sparse files.
u64 size_allowed(const Inode& inode, const DataAt& at) {
  if (inode.has_flag(inode_flag::system) && !inode.is_directory()) return inode.size;
  if (inode.is_directory()) {
    if (inode.size == 0 || inode.size > at.bytes()) return at.bytes();
    const u32 block_size = at.volume.geometry.block_size();
    const u64 rest = inode.size % block_size;
    return rest == 0 || rest == block_size - sizeof(DirectoryTrailer) ? u64{inode.size}
                                                                      : round_up(inode.size, block_size);
  }
  return at.sparse() ? u64{inode.size} : std::min<u64>(inode.size, at.bytes());
}

/// A file whose data goes on for clusters behind its end. Space set aside (unwritten) may lie there; an inode
/// that a direct write was extending is put right with its orphan entry.
u64 size_of_data(const Inode& inode, const DataAt& at) {
  const bool judged = at.sparse() && inode.is_regular() && !inode.has_flag(inode_flag::system) &&
                      !inode.has_flag(inode_flag::dio_orphaned) && !inode.has_flag(inode_flag::orphaned);
  const Geometry& geometry = at.volume.geometry;
  if (!judged || at.written_end <= geometry.clusters_for(inode.size)) return inode.size;
  return at.written_end << geometry.cluster_bits;
}

constexpr Check<Inode, DataAt> size_checks[] = {
    {.problem = problem::INODE_SIZE,
     .found = [](const Inode& inode, const DataAt&) -> u64 { return inode.size; },
     .expected = size_allowed,
     .mend = [](Inode& inode, u64 size, const DataAt&) { inode.size = size; }},
};

constexpr Check<Inode, DataAt> sparse_size_checks[] = {
    {.problem = problem::INODE_SPARSE_SIZE,
     .found = [](const Inode& inode, const DataAt&) -> u64 { return inode.size; },
     .expected = size_of_data,
     .mend = [](Inode& inode, u64 size, const DataAt&) { inode.size = size; }},
};

class DataExamination {
 public:
  DataExamination(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source,
                  Harvest& harvest)
      : inode_(inode), place_(place), examiner_(examiner), source_(source), harvest_(harvest) {}

  DataForm run();

 private:
  Facts facts() const { return {.inode = inode_at(inode_.block()), .block = inode_.block()}; }
  DataAt at() const {
    return {inode_.block(),
            source_.facts(),
            summary_.clusters,
            summary_.written_end,
            summary_.last_leaf,
            inline_room(),
            Inode::body(inode_.bytes()).subspan(sizeof(InlineData))};
  }
  u32 inline_room() const {
    return static_cast<u32>(Inode::body(inode_.bytes()).size() - sizeof(InlineData));
  }
  bool inline_data();
  bool entries_inside() const;
  void examine_inline();
  bool examine_extents();
  void examine_counters();
  const Problem* hole_problem() const;
  u64 directory_reach() const;
  void examine_tree();
  void harvest_directory(bool in_inode);
  void cut_directory_runs();
  void harvest_run(const ExtentRun& run);
  bool empty_directory();
  bool is_fast_symlink();
  bool has_hidden_extents() const;
  void fast_symlink();
  void slow_symlink();
  void empty_target();
  void end_target(u64 length, u64 room);
  void surplus_clusters(u64 needed);

  Patient<Inode>& inode_;
  const InodePlace& place_;
  Examiner& examiner_;
  BlockSource& source_;
  Harvest& harvest_;
  TreeSummary summary_;
  bool uncounted_ = false;              ///< a symbolic link whose clusters are not counted,
  bool count_ = false;                  ///< which is to be mended
  std::vector<ExtentRun> target_runs_;  ///< of a symbolic link
};

/// Whether the data is inside the inode, as far as the volume allows that.
bool DataExamination::inline_data() {
  if (!inode_->has_dynamic(dynamic_feature::inline_data)) {
    if (!entries_inside() || !examiner_.resolve(problem::INLINE_DATA_FLAG_LOST, facts())) return false;
    inode_.mend().dynamic_features |= dynamic_feature::inline_data;
    return true;
  }
  const bool possible = source_.facts().features.has(feature::inline_data);
  const bool never = inode_->has_flag(inode_flag::system) && !inode_->is_directory();
  if (possible && !never && !(inode_->clusters != 0 && has_hidden_extents())) return true;
  const Problem& problem = possible ? problem::INLINE_DATA_FLAG_WRONG : problem::INLINE_DATA_FLAG_INVALID;
  if (examiner_.resolve(problem, facts()))
    inode_.mend().dynamic_features &= static_cast<u16>(~dynamic_feature::inline_data);
  return false;
}

/// A directory's `.` stands in the inode itself.
bool DataExamination::entries_inside() const {
  if (!inode_->is_directory() || !source_.facts().features.has(feature::inline_data)) return false;
  const ConstBytes area = Inode::body(inode_.bytes()).subspan(sizeof(InlineData));
  const auto& self = as<DirectoryEntry>(area);
  return is_entry(area, 0) && self.inode == inode_.block().value && self.name_length == 1;
}

DataForm DataExamination::run() {
  if (inode_->has_flag(inode_flag::chain)) return {};  // the allocators were pass 0
  if (inode_->has_flag(inode_flag::local_alloc)) {
    examine_local_alloc(inode_, examiner_, source_, harvest_);
  } else if (inode_->has_flag(inode_flag::truncate_log)) {
    examine_truncate_log(inode_, examiner_, source_, harvest_);
  } else if (inline_data()) {
    examine_inline();
    return {.in_inode = true};
  } else if (is_fast_symlink()) {
    fast_symlink();
    return {.in_inode = true};
  } else {
    return {.cleared = !examine_extents(), .depth = summary_.depth};
  }
  return {};
}

bool DataExamination::is_fast_symlink() {
  if (!inode_->is_symlink() || inode_->clusters != 0 || inode_->has_flag(inode_flag::orphaned)) return false;
  if (!has_hidden_extents()) return true;
  uncounted_ = true;
  count_ = examiner_.resolve(problem::LINK_FAST_DATA, facts());
  return false;
}

void DataExamination::examine_inline() {
  run_checks(inline_checks, inode_, at(), examiner_);
  Facts size = facts();
  size.found = inode_->size;
  size.expected = inline_size_allowed(*inode_, at());
  if (size.found != size.expected && examiner_.resolve(problem::INODE_INLINE_SIZE, size))
    inode_.uncover([&](Inode& changed) { changed.size = size.expected; });  // entries are for pass 2
  if (inode_->is_directory()) harvest_directory(true);
}

/// Blocks behind the end of a directory are allocated, but hold nothing.
void DataExamination::cut_directory_runs() {
  const u64 blocks = source_.geometry().blocks_for(inode_->size);
  std::vector<DirectoryRun>& runs = harvest_.directory_runs;
  while (!runs.empty() && runs.back().directory == inode_at(inode_.block()) &&
         runs.back().first_block >= blocks)
    runs.pop_back();
  if (!runs.empty() && runs.back().directory == inode_at(inode_.block()))
    runs.back().blocks =
        static_cast<u32>(std::min<u64>(runs.back().blocks, blocks - runs.back().first_block));
}

void DataExamination::harvest_directory(bool in_inode) {
  cut_directory_runs();
  const bool indexed = inode_->has_dynamic(dynamic_feature::indexed_dir) && inode_->index_root != 0;
  harvest_.directories.push_back(
      {.inode = inode_at(inode_.block()),
       .index = BlockNo(indexed ? u64{inode_->index_root} : 0),
       .in_inode = in_inode,
       .trailers = !in_inode && (indexed || source_.facts().features.has(feature::metaecc))});
}

void DataExamination::harvest_run(const ExtentRun& run) {
  const Geometry& geometry = source_.geometry();
  if ((run.flags & ExtentRecord::refcounted) != 0 && inode_->refcount_root != 0)
    harvest_.shared.push_back(
        {BlockNo(inode_->refcount_root), geometry.cluster_of(run.block), static_cast<u32>(run.clusters)});
  if (inode_->is_symlink()) target_runs_.push_back(run);
  if (!inode_->is_directory()) return;
  const u64 first = run.cpos * geometry.blocks_per_cluster();
  harvest_.directory_runs.push_back(
      {.directory = inode_at(inode_.block()),
       .first_block = first,
       .block = run.block,
       .blocks = static_cast<u32>(run.clusters * geometry.blocks_per_cluster())});
}

const Problem* DataExamination::hole_problem() const {
  if (inode_->is_directory()) return &problem::NO_HOLES;
  return source_.facts().features.has(feature::sparse) ? nullptr : &problem::INODE_HOLE;
}

/// How far the extents of a directory can reach: known where its size and its count of clusters agree.
u64 DataExamination::directory_reach() const {
  const u64 clusters = source_.geometry().clusters_for(inode_->size);
  const bool known = inode_->is_directory() && clusters > 0 && clusters == inode_->clusters;
  return known ? clusters : TreeRules{}.reach;
}

void DataExamination::examine_tree() {
  const ConstBytes list = Inode::body(inode_.bytes());
  const bool data = inode_->is_regular() || inode_->has_flag(inode_flag::system);
  const TreeRules rules{
      .capacity = static_cast<u32>((list.size() - sizeof(ExtentList)) / sizeof(ExtentRecord)),
      .hole = hole_problem(),
      .unwritten = data && source_.facts().features.has(feature::unwritten),
      .refcounted = inode_->refcount_root != 0,
      .full_leaves = true,
      .clusters = inode_->clusters,
      .reach = directory_reach(),
      .last_leaf = BlockNo(inode_->last_extent_block)};
  summary_ = examine_extent_tree({inode_, Inode::body_offset, static_cast<u32>(list.size())}, rules,
                                 inode_at(inode_.block()), examiner_, source_, harvest_,
                                 [this](const ExtentRun& run) { harvest_run(run); });
  if (summary_.thinned) harvest_.thinned.push_back(inode_at(inode_.block()));
}

/// A directory without data becomes an empty one, inside its inode, where the volume allows that; else it
/// goes.
bool DataExamination::empty_directory() {
  if (!examiner_.resolve(problem::DIR_ZERO, facts())) return true;
  if (!source_.facts().features.has(feature::inline_data))
    return clear_inode(inode_, place_.now_seconds), false;
  Inode& mended = inode_.mend();
  mended.dynamic_features |= dynamic_feature::inline_data;
  mended.dynamic_features &= static_cast<u16>(~dynamic_feature::indexed_dir);
  mended.index_root = mended.last_extent_block = 0;
  mended.clusters = 0;
  const u32 room = inline_room();
  mended.size = room;
  const Bytes body = Inode::body(inode_.mend_bytes());
  std::ranges::fill(body, u8{0});
  mended.inline_data.count = static_cast<u16>(room);
  // pass 3 knows the parent
  format_first_area(body.subspan(sizeof(InlineData), room), inode_at(inode_.block()), place_.root);
  return harvest_directory(true), true;
}

bool DataExamination::examine_extents() {
  examine_tree();
  const bool orphaned = inode_->has_flag(inode_flag::orphaned);
  if (inode_->is_directory() && summary_.clusters == 0 && !orphaned) return empty_directory();
  examine_counters();
  if (inode_->is_symlink() && !orphaned) slow_symlink();
  if (inode_->is_directory()) harvest_directory(false);
  return true;
}

/// What was wrong with the extents brings the counters with it: they follow without a question.
void DataExamination::examine_counters() {
  if (summary_.sound && !uncounted_) {
    run_checks(counter_checks, inode_, at(), examiner_);
  } else if (summary_.mended || count_) {
    for (const auto& row : counter_checks) row.mend(inode_.mend(), row.expected(*inode_, at()), at());
  }
  if (summary_.sound) {
    run_checks(size_checks, inode_, at(), examiner_);
  } else if (summary_.mended && size_allowed(*inode_, at()) != inode_->size) {
    inode_.mend().size = size_allowed(*inode_, at());
  }
  run_checks(sparse_size_checks, inode_, at(), examiner_);
}

/// A body that cannot be a target or data, but is an extent list with something in it.
bool DataExamination::has_hidden_extents() const {
  const ConstBytes body = Inode::body(inode_.bytes());
  const ExtentList& list = as<ExtentList>(body);
  const u32 room = static_cast<u32>((body.size() - sizeof(ExtentList)) / sizeof(ExtentRecord));
  const auto& first = as<ExtentRecord>(body.subspan(sizeof(ExtentList)));
  return list.tree_depth <= ExtentList::depth_max && list.count == room && list.used >= 1 &&
         list.used <= room && first.block > super_block_no.value &&
         source_.geometry().contains(BlockNo(first.block));
}

void DataExamination::fast_symlink() {
  const ConstBytes body = Inode::body(inode_.bytes());
  const u64 length = static_cast<u64>(std::ranges::find(body, u8{0}) - body.begin());
  Facts at = facts();
  at.found = inode_->size;
  if (length == body.size()) {
    at.expected = std::min<u64>(inode_->size, body.size() - 1);
    if (!examiner_.resolve(problem::LINK_NULLTERM, at)) return;
    Inode::body(inode_.mend_bytes())[at.expected] = 0;
    inode_.mend().size = at.expected;
  } else if (length != inode_->size) {
    at.expected = length;
    if (examiner_.resolve(problem::LINK_SIZE, at)) inode_.mend().size = length;
  }
}

void DataExamination::slow_symlink() {
  const Geometry& geometry = source_.geometry();
  u64 length = 0;
  u64 room = 0;
  bool ended = false;
  for (const ExtentRun& run : target_runs_)
    for (u64 i = 0; i < run.clusters * geometry.blocks_per_cluster() && room <= target_max && !ended; ++i) {
      const auto block = source_.look(run.block + i, data_kind, inode_at(inode_.block()));
      if (!block) return;
      const ConstBytes bytes = block->bytes();
      const auto end = std::ranges::find(bytes, u8{0});
      length += static_cast<u64>(end - bytes.begin());
      ended = end != bytes.end();
      room += bytes.size();
    }
  Facts at = facts();
  at.found = inode_->size;
  if (room == 0) {  // where the extents were mended, it follows from that
    if (summary_.sound ? examiner_.resolve(problem::LINK_SIZE, at) : summary_.mended) empty_target();
    return;
  }
  if (!ended || length > target_max) {
    at.expected = std::min<u64>({inode_->size, room - 1, target_max});
    if (examiner_.resolve(problem::LINK_NULLTERM, at)) end_target(at.expected, room);
    length = at.expected;
  } else if (length != inode_->size) {
    at.expected = length;
    if (examiner_.resolve(problem::LINK_SIZE, at)) inode_.mend().size = length;
  }
  surplus_clusters(geometry.clusters_for(length + 1));
}

/// Nothing is left of it. An extent that is none would be taken for one that is hidden.
void DataExamination::empty_target() {
  const Bytes list = Inode::body(inode_.mend_bytes());
  std::ranges::fill(list.subspan(sizeof(ExtentList)), u8{0});
  as<ExtentList>(list).used = 0;
  inode_.mend().size = 0;
}

/// Puts a NUL behind `length` bytes of the target, which lies in blocks of `room` bytes together.
void DataExamination::end_target(u64 length, u64 room) {
  require(length < room);
  const Geometry& geometry = source_.geometry();
  u64 skip = length >> geometry.block_bits;
  for (const ExtentRun& run : target_runs_) {
    const u64 blocks = run.clusters * geometry.blocks_per_cluster();
    if (skip >= blocks) {
      skip -= blocks;
      continue;
    }
    auto block = source_.look(run.block + skip, data_kind, inode_at(inode_.block()));
    require(block.has_value());
    block->mend_bytes()[length % geometry.block_size()] = 0;
    break;
  }
  inode_.mend().size = length;
}

/// Only for links whose extents lie in the inode: deeper ones cannot be so small.
void DataExamination::surplus_clusters(u64 needed) {
  if (summary_.clusters <= needed || summary_.depth != 0 || !summary_.sound) return;
  Facts at = facts();
  at.found = summary_.clusters;
  at.expected = needed;
  if (!examiner_.resolve(problem::LINK_BLOCKS, at)) return;
  const Bytes list = Inode::body(inode_.mend_bytes());
  std::size_t claim = harvest_.clusters.size() - target_runs_.size();
  u64 kept = 0;
  u16 used = 0;
  for (ExtentRecord& record : ExtentList::records(list)) {
    if (record.empty()) continue;
    record.clusters = static_cast<u16>(std::min<u64>(record.clusters, needed - kept));
    harvest_.clusters[claim++].count = record.clusters;
    kept += record.clusters;
    if (record.clusters > 0) ++used;
  }
  as<ExtentList>(list).used = used;
  inode_.mend().clusters = static_cast<u32>(kept);
}

}  // namespace

DataForm examine_data(Patient<Inode>& inode, const InodePlace& place, Examiner& examiner, BlockSource& source,
                      Harvest& harvest) {
  return DataExamination(inode, place, examiner, source, harvest).run();
}

}  // namespace ocfs2
