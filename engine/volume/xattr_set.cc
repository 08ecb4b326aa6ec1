// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_set.h"

#include "engine/error.h"
#include "engine/journal/transaction.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

/// The entry of `name` in a container, if it is there.
const XattrEntry* entry_of(ConstBytes container, const XattrName& name) {
  for (const XattrEntry& entry : XattrHeader::entries(container))
    if (entry.type() == static_cast<u8>(name.type) && xattr_suffix(container, entry) == name.suffix)
      return &entry;
  return nullptr;
}

/// The hash that a bucket begins with; an empty one keeps what its last entry had.
u32 first_hash(const BlockRef<XattrBucket>& bucket) {
  return as<XattrEntry>(bucket.bytes().subspan(sizeof(XattrHeader))).name_hash;
}

}  // namespace

const BlockKind& XattrSpot::kind() const {
  switch (form) {
    case XattrContainer::inline_area:
      return Inode::kind;
    case XattrContainer::block:
      return XattrBlock::kind;
    case XattrContainer::bucket:
      break;
  }
  return XattrBucket::kind;
}

u32 XattrSpot::value_root_offset() const {
  return offset + entry.name_offset + static_cast<u32>(round_up(entry.name_length, 4));
}

XattrSet::XattrSet(Volume& volume, BlockRef<Inode> inode) : volume_(volume), inode_(std::move(inode)) {}

XattrSet::XattrSet(Volume& volume, const Transaction& transaction, InodeNo inode)
    : volume_(volume), transaction_(&transaction), inode_(transaction.read<Inode>(block_of(inode))) {}

std::string XattrSet::owner() const {
  return fmt::format("the attributes of inode {}", inode_.block().value);
}

template <class T>
BlockRef<T> XattrSet::read(BlockNo block) const {
  return transaction_ != nullptr ? transaction_->read<T>(block) : volume_.cache().read<T>(block);
}

ExtentTree XattrSet::tree(ConstBytes list) const {
  if (transaction_ != nullptr) return {*transaction_, list, owner()};
  return {volume_.cache(), list, owner()};
}

BlockNo XattrSet::bucket_block(const ExtentRun& run, u64 index) const {
  return run.block + index * (xattr_bucket_bytes >> volume_.geometry().block_bits);
}

/// How many buckets of a run are in use: the first one tells.
u32 XattrSet::buckets_in(const ExtentRun& run) const {
  const u32 buckets = read<XattrBucket>(run.block)->header.buckets;
  const u64 room = (run.clusters << volume_.geometry().cluster_bits) / xattr_bucket_bytes;
  if (buckets > room)
    fail(ErrorKind::corrupt, "{}: bucket {} of {} counts {} buckets where {} fit", volume_.name(),
         run.block.value, owner(), buckets, room);
  return std::max<u32>(buckets, 1);
}

void XattrSet::each_container(const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use) {
  const ConstBytes area = Inode::xattr_area(inode_.bytes());
  if (area.size() >= sizeof(XattrHeader) && !use(inode_.block(), XattrContainer::inline_area, area)) return;
  if (inode_->xattr_block == 0) return;
  const auto block = read<XattrBlock>(BlockNo(inode_->xattr_block));
  if (!block->is_indexed()) {
    use(block.block(), XattrContainer::block, XattrBlock::container(block.bytes()));
    return;
  }
  tree(XattrBlock::list_bytes(block.bytes())).each_run([&](const ExtentRun& run) {
    return each_bucket(run, use);
  });
}

bool XattrSet::each_bucket(const ExtentRun& run,
                           const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use) {
  const u32 buckets = buckets_in(run);
  for (u32 i = 0; i < buckets; ++i) {
    const BlockNo block = bucket_block(run, i);
    if (!use(block, XattrContainer::bucket, read<XattrBucket>(block).bytes())) return false;
  }
  return true;
}

void XattrSet::each(const std::function<bool(const XattrEntry&, ConstBytes)>& use) {
  each_container([&](BlockNo, XattrContainer, ConstBytes container) {
    for (const XattrEntry& entry : XattrHeader::entries(container))
      if (!use(entry, container)) return false;
    return true;
  });
}

XattrBucketPlace XattrSet::bucket_for(u32 hash) {
  const auto block = read<XattrBlock>(BlockNo(inode_->xattr_block));
  const auto run = tree(XattrBlock::list_bytes(block.bytes())).last_at_or_before(hash);
  if (!run)
    fail(ErrorKind::corrupt, "{}: no bucket of {} is for names with hash {:#x}; run fsck.ocfs2",
         volume_.name(), owner(), hash);
  u32 low = 0, end = buckets_in(*run);
  const u32 buckets = end;
  while (end - low > 1) {  // the last one that begins at or before the hash is in [low, end)
    const u32 middle = low + (end - low) / 2;
    (first_hash(read<XattrBucket>(bucket_block(*run, middle))) <= hash ? low : end) = middle;
  }
  return {.run = *run, .buckets = buckets, .index = low, .block = bucket_block(*run, low)};
}

std::optional<XattrSpot> XattrSet::find(const XattrName& name) {
  const ConstBytes area = Inode::xattr_area(inode_.bytes());
  if (const XattrEntry* entry = entry_of(area, name))
    return XattrSpot{XattrContainer::inline_area, inode_.block(),
                     static_cast<u32>(inode_.bytes().size() - area.size()), *entry};
  if (inode_->xattr_block == 0) return std::nullopt;
  const auto block = read<XattrBlock>(BlockNo(inode_->xattr_block));
  if (!block->is_indexed()) {
    const XattrEntry* entry = entry_of(XattrBlock::container(block.bytes()), name);
    if (entry == nullptr) return std::nullopt;
    return XattrSpot{XattrContainer::block, block.block(), XattrBlock::body_offset, *entry};
  }
  if (block->root.list.used == 0) return std::nullopt;
  for (const CharSign sign : {CharSign::plain_signed, CharSign::plain_unsigned}) {
    const XattrBucketPlace place = bucket_for(xattr_hash(name.suffix, volume_.facts().uuid_hash, sign));
    if (const XattrEntry* entry = entry_of(read<XattrBucket>(place.block).bytes(), name))
      return XattrSpot{XattrContainer::bucket, place.block, 0, *entry};
  }
  return std::nullopt;
}

std::vector<XattrItem> XattrSet::list() {
  std::vector<XattrItem> items;
  each([&](const XattrEntry& entry, ConstBytes container) {
    const auto suffix = xattr_suffix(container, entry);
    if (!suffix)
      fail(ErrorKind::corrupt, "{}: a name in {} lies outside its container", volume_.name(), owner());
    items.push_back({std::string(xattr_prefix(entry.type())).append(*suffix), entry.value_size});
    return true;
  });
  return items;
}

std::optional<std::vector<u8>> XattrSet::get(std::string_view full_name) {
  const auto name = split_xattr_name(full_name);
  const auto spot = name ? find(*name) : std::nullopt;
  if (!spot) return std::nullopt;
  const auto block = transaction_ != nullptr ? transaction_->read_as(spot->block, spot->kind())
                                             : volume_.cache().read_as(spot->block, spot->kind());
  return value_of(spot->entry, ConstBytes(block->bytes).subspan(spot->offset));
}

std::vector<u8> XattrSet::value_of(const XattrEntry& entry, ConstBytes container) {
  if (entry.is_local()) {
    if (const auto value = xattr_local_value(container, entry)) return {value->begin(), value->end()};
  } else if (const auto root = xattr_value_root(container, entry)) {
    return value_in_clusters(*root, entry.value_size);
  }
  fail(ErrorKind::corrupt, "{}: a value in {} lies outside its container", volume_.name(), owner());
}

std::vector<u8> XattrSet::value_in_clusters(ConstBytes root, u64 size) {
  if (size > xattr_value_max)
    fail(ErrorKind::corrupt, "{}: a value in {} claims {} bytes", volume_.name(), owner(), size);
  const Geometry& geometry = volume_.geometry();
  std::vector<u8> value(size);
  tree(XattrValueRoot::list_bytes(root)).each_run([&](const ExtentRun& run) {
    const u64 offset = run.cpos << geometry.cluster_bits;
    if (offset >= size) return false;
    const u64 length = std::min(run.clusters << geometry.cluster_bits, size - offset);
    const auto bytes = volume_.cache().read_raw(run.block, geometry.blocks_for(length));
    std::copy_n(bytes.begin(), length, value.begin() + static_cast<std::ptrdiff_t>(offset));
    return true;
  });
  return value;
}

}  // namespace ocfs2
