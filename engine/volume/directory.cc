// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/directory.h"

#include <utility>

#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

std::optional<InodeNo> inode_in(ConstBytes area, std::string_view name) {
  const auto offset = find_entry(area, name);
  if (!offset) return std::nullopt;
  return InodeNo(as<DirectoryEntry>(area.subspan(*offset)).inode);
}

}  // namespace

Directory::Directory(Volume& volume, InodeNo number) : volume_(volume), inode_(volume.inode(number)) {
  if (!inode_->is_directory())
    fail(ErrorKind::invalid_argument, "{}: inode {} is not a directory", volume.name(), number.value);
}

bool Directory::trailers() const {
  return inode_->body_kind() == InodeBody::extent_list && (indexed() || volume_.has(feature::metaecc));
}

void Directory::each_area(const std::function<bool(BlockNo, ConstBytes)>& use) {
  if (inode_->body_kind() == InodeBody::inline_data) {
    const ConstBytes data = InlineData::data(Inode::body(inode_.bytes()));
    use(inode_.block(), data.first(std::min<u64>(data.size(), inode_->size)));
    return;
  }
  const Geometry& geometry = volume_.geometry();
  const u64 blocks = geometry.blocks_for(std::min<u64>(inode_->size, geometry.bytes()));
  const bool with_trailers = trailers();
  const BlockKind& kind = directory_block_kind(with_trailers);
  // Most names of a damaged block are still there.
  const auto read = [&](BlockNo block) -> std::shared_ptr<const CachedBlock> {
    try {
      return volume_.cache().read_as(block, kind);
    } catch (const Error& error) {
      pass_over(error);
      return error.kind() == ErrorKind::io ? nullptr : volume_.cache().read_unjudged(block, kind);
    }
  };
  u64 next = 0;  // logical block
  bool stopped = false;
  ExtentTree::of(volume_.cache(), inode_).each_run([&](const ExtentRun& run) {
    const u64 first = run.cpos * geometry.blocks_per_cluster();
    const u64 end = std::min(blocks, run.end() * geometry.blocks_per_cluster());
    if (first != next) return false;
    for (; next < end && !stopped; ++next) {
      const BlockNo block = run.block + (next - first);
      if (const auto cached = read(block))
        stopped = !use(block, directory_area(ConstBytes(cached->bytes), with_trailers));
    }
    return !stopped && next < blocks;
  });
  if (!stopped && next < blocks)
    fail(ErrorKind::corrupt, "{}: directory {} has a hole at block {} of {}", volume_.name(), number().value,
         next, blocks);
}

void Directory::each(const std::function<bool(const DirectoryEntry&, std::string_view)>& use) {
  each_area([&](BlockNo block, ConstBytes area) {
    EntryWalk walk(area);
    while (walk.next())
      if (!walk.entry().free() && !use(walk.entry(), walk.name())) return false;
    if (walk.broken())
      pass_over({ErrorKind::corrupt,
                 fmt::format("{}: directory {}: what stands at byte {} of block {} is no entry; run "
                             "\"fsck.ocfs2 -f {}\"",
                             volume_.name(), number().value, walk.offset(), block.value, volume_.name())});
    return true;
  });
}

std::optional<Error> Directory::each_readable(
    const std::function<bool(const DirectoryEntry&, std::string_view)>& use) {
  passes_over_ = true;
  try {
    each(use);
  } catch (const Error& error) {
    pass_over(error);
  }
  passes_over_ = false;
  return std::exchange(passed_over_, std::nullopt);
}

void Directory::pass_over(const Error& error) {
  const bool damage = error.kind() == ErrorKind::corrupt || error.kind() == ErrorKind::io;
  if (!passes_over_ || !damage) throw error;
  if (!passed_over_) passed_over_ = error;
}

std::optional<InodeNo> Directory::search(std::string_view name) {
  std::optional<InodeNo> found;
  each_area([&](BlockNo, ConstBytes area) { return !(found = inode_in(area, name)); });
  return found;
}

std::optional<InodeNo> Directory::lookup(std::string_view name) {
  if (!indexed() || !is_legal_name(name)) return search(name);
  const auto root = volume_.cache().read<IndexRoot>(BlockNo(inode_->index_root));
  const NameHash plain = index_hash(name, volume_.facts(), CharSign::plain_signed);
  const NameHash other = index_hash(name, volume_.facts(), CharSign::plain_unsigned);
  auto found = lookup_hash(root, plain, name);
  if (!found && other != plain) found = lookup_hash(root, other, name);
  return found;
}

std::optional<InodeNo> Directory::lookup_hash(const BlockRef<IndexRoot>& root, NameHash hash,
                                              std::string_view name) {
  if (root->is_inline())
    return lookup_entries(IndexEntryList::entries(IndexRoot::list_bytes(root.bytes())), hash, name);
  const auto run = ExtentTree::of(volume_.cache(), root).last_at_or_before(hash.major);
  if (!run) return std::nullopt;
  ExtentRecord record{};
  record.cpos = static_cast<u32>(run->cpos);
  record.clusters = static_cast<u16>(run->clusters);
  record.block = run->block.value;
  const auto leaf = volume_.cache().read<IndexLeaf>(index_leaf_block(record, hash, volume_.geometry()));
  return lookup_entries(IndexEntryList::entries(IndexLeaf::list_bytes(leaf.bytes())), hash, name);
}

std::optional<InodeNo> Directory::lookup_entries(std::span<const IndexEntry> entries, NameHash hash,
                                                 std::string_view name) {
  for (const IndexEntry& entry : entries) {
    if (entry.hash() != hash) continue;
    const auto cached = volume_.cache().read_as(BlockNo(entry.entry_block), directory_block_kind(trailers()));
    if (const auto found = inode_in(directory_area(ConstBytes(cached->bytes), trailers()), name))
      return found;
  }
  return std::nullopt;
}

}  // namespace ocfs2
