// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/rescue/deleted_files.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "ondisk/directory.h"
#include "ondisk/truncate_log.h"

namespace ocfs2 {
namespace {

constexpr u64 piece_bytes = 1 << 20;

/// Blocks of names are known by nothing but that they hold names from the first byte to the last.
bool holds_names(ConstBytes area) {
  EntryWalk walk(area);
  bool any = false;
  while (walk.next()) {
    if (walk.entry().free()) continue;
    if (!is_legal_name(walk.name())) return false;
    any = true;
  }
  return any && !walk.broken();
}

bool has_trailer(ConstBytes block) {
  return matches(DirectoryBlock::trailer(block).signature, DirectoryTrailer::signature_text);
}

/// Whether an inode says where its content is, or has it.
bool has_content(ConstBytes block) {
  const auto& inode = as<Inode>(block);
  if (inode.size == 0 || (!inode.is_regular() && !inode.is_symlink())) return false;
  return inode.body_kind() != InodeBody::extent_list || inode.extents.used != 0;
}

}  // namespace

template <class Work>
void DeletedFiles::passing(const Work& work) {
  try {
    work();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::interrupted) throw;
    reporter_.warn(error.what());
  }
}

DeletedFiles::DeletedFiles(Volume& volume, Reporter& reporter) : volume_(volume), reporter_(reporter) {
  look_at_journals();
  drop_living();
  gather_pending();
  const u32 slots = volume_.facts().max_slots;
  for (u32 slot = 0; slot < slots; ++slot) passing([&] { look_at_orphans(slot); });
  for (u32 slot = 0; slot < slots; ++slot)
    passing([&] { look_at_free_inodes(SystemFile::inode_alloc, slot); });
  for (const auto& [key, version] : versions_)
    passing([&] {
      const auto block = volume_.cache().read_raw(version.at, 1);
      const auto here = volume_.cache().read_raw(BlockNo(key.inode), 1);
      const auto& now = as<Inode>(ConstBytes(here));
      const bool same = is_inode(here) && now.generation == key.generation;
      add(DeletedFile::Found::journal, version.at, block, same ? u64{now.dtime} : 0);
    });
  find_names();
  std::ranges::stable_sort(files_, std::greater{}, &DeletedFile::deleted_at);
}

bool DeletedFiles::is_inode(ConstBytes block) const {
  const auto& inode = as<Inode>(block);
  return matches(inode.signature, Inode::signature_text) &&
         inode.fs_generation == volume_.facts().generation &&
         volume_.geometry().contains(BlockNo(inode.block));
}

// ---- the journals ----

void DeletedFiles::look_at_journals() {
  for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) passing([&] { look_at_log(slot); });
}

void DeletedFiles::look_at_log(u32 slot) {
  const Geometry& geometry = volume_.geometry();
  const auto journal = volume_.system_file(SystemFile::journal, slot);
  const u64 piece_blocks = std::max<u64>(1, piece_bytes >> geometry.block_bits);
  ExtentTree::of(volume_.cache(), journal).each_run([&](const ExtentRun& run) {
    const u64 blocks = run.clusters * geometry.blocks_per_cluster();
    for (u64 done = 0; done < blocks; done += piece_blocks) {
      if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
      const u64 count = std::min(piece_blocks, blocks - done);
      const std::vector<u8> piece = volume_.cache().read_raw(run.block + done, count);
      for (u64 i = 0; i < count; ++i)
        look_at_log_block(run.block + done + i,
                          ConstBytes(piece).subspan(i * geometry.block_size(), geometry.block_size()));
    }
    return true;
  });
}

void DeletedFiles::look_at_log_block(BlockNo at, ConstBytes block) {
  const auto& extents = as<ExtentBlock>(block);
  if (is_inode(block)) {
    const auto& inode = as<Inode>(block);
    if (inode.is_directory() && inode.has_dynamic(dynamic_feature::inline_data)) directories_.push_back(at);
    if (inode.has_flag(inode_flag::valid) && !inode.has_flag(inode_flag::system) && has_content(block))
      look_at_inode_version(at, inode);
  } else if (matches(extents.signature, ExtentBlock::signature_text)) {
    if (extents.fs_generation == volume_.facts().generation) extent_blocks_[extents.block].push_back(at);
  } else if (holds_names(directory_area(block, has_trailer(block)))) {
    directories_.push_back(at);
  }
}

/// The last version that still has everything is the one that is wanted.
void DeletedFiles::look_at_inode_version(BlockNo at, const Inode& inode) {
  Version& version = versions_[{inode.block, inode.generation}];
  const Version here{at, inode.ctime, inode.ctime_nsec};
  if (std::pair(here.changed, here.changed_nsec) >= std::pair(version.changed, version.changed_nsec))
    version = here;
}

/// Inodes that are in use, as themselves.
void DeletedFiles::drop_living() {
  std::erase_if(versions_, [&](const auto& row) {
    bool living = false;
    passing([&] {
      const auto block = volume_.cache().read_raw(BlockNo(row.first.inode), 1);
      const auto& inode = as<Inode>(ConstBytes(block));
      living = is_inode(block) && inode.block == row.first.inode &&
               inode.generation == row.first.generation && inode.has_flag(inode_flag::valid);
    });
    return living;
  });
}

// ---- the volume ----

void DeletedFiles::look_at_orphans(u32 slot) {
  const auto number = volume_.find_system_file(SystemFile::orphan_dir, slot);
  if (!number) return;
  Directory(volume_, *number).each([&](const DirectoryEntry& entry, std::string_view name) {
    if (name == "." || name == ".." || !volume_.geometry().contains(BlockNo(entry.inode))) return true;
    const auto block = volume_.cache().read_raw(BlockNo(entry.inode), 1);
    if (is_inode(block) && as<Inode>(ConstBytes(block)).has_flag(inode_flag::orphaned) && has_content(block))
      add(DeletedFile::Found::orphan, BlockNo(entry.inode), block, 0);
    return true;
  });
}

void DeletedFiles::look_at_free_inodes(SystemFile file, u32 slot) {
  const ChainAllocator allocator(volume_, volume_.system_file(file, slot));
  allocator.each_group([&](const BlockRef<GroupDescriptor>& group) {
    if (reporter_.interrupted()) fail(ErrorKind::interrupted, "interrupted");
    std::vector<BlockNo> blocks;
    const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
    for (u32 bit = 1; bit < group->bits; ++bit)
      if (!test_bit(bitmap, bit))
        if (const auto block =
                GroupDescriptor::block_of_bit(group.bytes(), bit, volume_.geometry().blocks_per_cluster()))
          blocks.push_back(*block);
    volume_.cache().prefetch(blocks);
    for (const BlockNo at : blocks) {
      const auto block = volume_.cache().read_raw(at, 1);
      const auto& inode = as<Inode>(ConstBytes(block));
      if (!is_inode(block) || inode.block != at.value || inode.has_flag(inode_flag::valid)) continue;
      if (!has_content(block)) continue;
      versions_.erase({inode.block, inode.generation});
      add(DeletedFile::Found::inode, at, block, inode.dtime);
    }
    return true;
  });
}

void DeletedFiles::add(DeletedFile::Found found, BlockNo at, ConstBytes block, u64 deleted_at) {
  const auto& inode = as<Inode>(block);
  DeletedFile file{.inode = InodeNo(inode.block),
                   .found = found,
                   .mode = inode.mode,
                   .uid = inode.uid,
                   .gid = inode.gid,
                   .size = inode.size,
                   .deleted_at = deleted_at,
                   .version = at};
  if (inode.body_kind() == InodeBody::extent_list) {
    u64 known = 0;
    for (const ExtentRun& run : runs_of(block)) {
      known += run.clusters;
      if (found == DeletedFile::Found::orphan || (run.flags & ExtentRecord::refcounted) != 0) continue;
      for (u64 done = 0; done < run.clusters;) {
        const BitRun part = next_taken(run, done);
        file.reused += part.count;
        done = part.first + std::max<u64>(part.count, 1);
      }
    }
    file.clusters = std::max<u64>(known, inode.clusters);
    file.missing = file.clusters - known;
  }
  files_.push_back(std::move(file));
}

// ---- names ----

void DeletedFiles::find_names() {
  ByInode files;
  for (DeletedFile& file : files_) files[file.inode.value].push_back(&file);
  if (files.empty()) return;
  for (const BlockNo at : directories_)
    passing([&] {
      const auto block = volume_.cache().read_raw(at, 1);
      if (!is_inode(block)) return name_files(directory_area(ConstBytes(block), has_trailer(block)), files);
      const ConstBytes data = InlineData::data(Inode::body(ConstBytes(block)));
      name_files(data.first(std::min<u64>(as<Inode>(ConstBytes(block)).size, data.size())), files);
    });
}

void DeletedFiles::name_files(ConstBytes area, const ByInode& files) {
  EntryWalk walk(area);
  while (walk.next()) {
    if (walk.entry().free() || !is_legal_name(walk.name())) continue;
    const auto found = files.find(walk.entry().inode);
    if (found == files.end()) continue;
    for (DeletedFile* const file : found->second)
      if (file->name.empty()) file->name = walk.name();
  }
}

// ---- where the content is ----

/// As an inode says that its content lies; what is not known any more is left out.
std::vector<ExtentRun> DeletedFiles::runs_of(ConstBytes inode) {
  std::vector<ExtentRun> runs;
  std::set<u64> seen;
  const ConstBytes list = Inode::body(inode);
  add_runs(list, as<ExtentList>(list).tree_depth, seen, runs);
  return runs;
}

void DeletedFiles::add_runs(ConstBytes list, u32 depth, std::set<u64>& seen, std::vector<ExtentRun>& runs) {
  const Geometry& geometry = volume_.geometry();
  if (depth > ExtentList::depth_max || as<ExtentList>(list).tree_depth != depth) return;
  if (depth > 0) {
    for (const ChildRecord& child : ExtentList::children(list))
      passing([&] {
        if (!seen.insert(child.block).second) return;
        const auto block = extent_block(child, depth - 1);
        if (!block.empty()) add_runs(ExtentBlock::list_bytes(ConstBytes(block)), depth - 1, seen, runs);
      });
    return;
  }
  for (const ExtentRecord& record : ExtentList::records(list)) {
    const u64 blocks = u64{record.clusters} * geometry.blocks_per_cluster();
    const bool inside = blocks <= geometry.blocks() && record.block <= geometry.blocks() - blocks;
    const bool behind = runs.empty() || record.cpos >= runs.back().end();
    if (record.clusters == 0 || !inside || !behind) continue;
    runs.push_back({record.cpos, record.clusters, BlockNo(record.block), record.flags});
  }
}

/// The fullest of the versions that lie where the parent says, the one in its own place among them; empty
/// when there is none. A file that begins with a hole has a parent that begins before its first record.
std::vector<u8> DeletedFiles::extent_block(const ChildRecord& parent, u32 depth) {
  const u64 begin = parent.cpos, end = begin + parent.clusters;
  const auto fits = [&](u64 first, u64 last_end) { return first >= begin && last_end <= end; };
  std::vector<u8> best;
  u64 best_clusters = 0;
  const auto consider = [&](BlockNo at) {
    if (!volume_.geometry().contains(at)) return;
    std::vector<u8> bytes = volume_.cache().read_raw(at, 1);
    const auto& node = as<ExtentBlock>(ConstBytes(bytes));
    const ConstBytes list = ExtentBlock::list_bytes(ConstBytes(bytes));
    if (!matches(node.signature, ExtentBlock::signature_text) || node.block != parent.block ||
        as<ExtentList>(list).tree_depth != depth)
      return;
    u64 clusters = 0;
    if (depth > 0) {
      const auto children = ExtentList::children(list);
      for (const ChildRecord& child : children) clusters += child.clusters;
      if (children.empty()) return;
      if (!fits(children.front().cpos, u64{children.back().cpos} + children.back().clusters)) return;
    } else {
      const auto records = ExtentList::records(list);
      for (const ExtentRecord& record : records) clusters += record.clusters;
      if (records.empty()) return;
      if (!fits(records.front().cpos, u64{records.back().cpos} + records.back().clusters)) return;
    }
    if (clusters > best_clusters) best = std::move(bytes), best_clusters = clusters;
  };
  consider(BlockNo(parent.block));
  if (const auto known = extent_blocks_.find(parent.block); known != extent_blocks_.end())
    for (const BlockNo at : known->second) passing([&] { consider(at); });
  return best;
}

/// Clusters that wait in truncate logs, and those of a slot's window that it has not given out.
void DeletedFiles::gather_pending() {
  for (u32 slot = 0; slot < volume_.facts().max_slots; ++slot) {
    passing([&] {
      const auto log = volume_.system_file(SystemFile::truncate_log, slot);
      for (const TruncateRecord& record : TruncateLog::records(Inode::body(log.bytes())))
        if (record.start != 0) pending_[record.start] = u64{record.start} + record.clusters;
    });
    passing([&] {
      const auto window = volume_.system_file(SystemFile::local_alloc, slot);
      const u64 first = window->local_alloc.first_cluster;
      const ConstBytes bits = LocalAlloc::bitmap(Inode::body(window.bytes()));
      const u64 end = std::min<u64>(window->bitmap.total, bits.size() * 8);
      if (first == 0) return;
      for (BitRun run = next_clear_run(bits, 0, end); run.count > 0;
           run = next_clear_run(bits, run.first + run.count, end))
        pending_[first + run.first] = first + run.first + run.count;
    });
  }
}

bool DeletedFiles::taken(u64 cluster) {
  const auto after = pending_.upper_bound(cluster);
  if (after != pending_.begin() && cluster < std::prev(after)->second) return false;
  if (!bitmap_) bitmap_.emplace(volume_, volume_.system_file(SystemFile::global_bitmap));
  return bitmap_->place_of(ClusterNo(cluster)).in_use();
}

/// The next clusters of a run, from its `done`-th on, that somebody else has: first counts from the run's
/// beginning; count 0, and first at its end: none.
BitRun DeletedFiles::next_taken(const ExtentRun& run, u64 done) {
  const u64 first = volume_.geometry().cluster_of(run.block).value;
  while (done < run.clusters && !taken(first + done)) ++done;
  u64 end = done;
  while (end < run.clusters && taken(first + end)) ++end;
  return {done, end - done};
}

}  // namespace ocfs2
