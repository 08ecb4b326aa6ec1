// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_set.h"

#include "engine/error.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

XattrSet::XattrSet(Volume& volume, BlockRef<Inode> inode) : volume_(volume), inode_(std::move(inode)) {}

std::string XattrSet::owner() const {
  return fmt::format("the attributes of inode {}", inode_.block().value);
}

void XattrSet::each_container(const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use) {
  const ConstBytes area = Inode::xattr_area(inode_.bytes());
  if (area.size() >= sizeof(XattrHeader) && !use(inode_.block(), XattrContainer::inline_area, area)) return;
  if (inode_->xattr_block == 0) return;
  const auto block = volume_.cache().read<XattrBlock>(BlockNo(inode_->xattr_block));
  if (!block->is_indexed()) {
    use(block.block(), XattrContainer::block, XattrBlock::container(block.bytes()));
    return;
  }
  const ExtentTree tree(volume_.cache(), XattrBlock::list_bytes(block.bytes()), owner());
  tree.each_run([&](const ExtentRun& run) { return each_bucket(run, use); });
}

bool XattrSet::each_bucket(const ExtentRun& run,
                           const std::function<bool(BlockNo, XattrContainer, ConstBytes)>& use) {
  const Geometry& geometry = volume_.geometry();
  const u64 room = (run.clusters << geometry.cluster_bits) / xattr_bucket_bytes;
  u64 buckets = 1;  // the first one says how many there are
  for (u64 index = 0; index < buckets; ++index) {
    const BlockNo block = run.block + index * (xattr_bucket_bytes >> geometry.block_bits);
    const auto bucket = volume_.cache().read<XattrBucket>(block);
    if (index == 0) buckets = bucket->header.buckets;
    if (buckets > room)
      fail(ErrorKind::corrupt, "{}: bucket {} of {} counts {} buckets where {} fit", volume_.name(),
           block.value, owner(), buckets, room);
    if (!use(block, XattrContainer::bucket, bucket.bytes())) return false;
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
  const auto wanted = split_xattr_name(full_name);
  if (!wanted) return std::nullopt;
  std::optional<std::vector<u8>> value;
  each([&](const XattrEntry& entry, ConstBytes container) {
    if (entry.type() != static_cast<u8>(wanted->type)) return true;
    if (xattr_suffix(container, entry) != wanted->suffix) return true;
    value = value_of(entry, container);
    return false;
  });
  return value;
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
  const ExtentTree tree(volume_.cache(), XattrValueRoot::list_bytes(root), owner());
  tree.each_run([&](const ExtentRun& run) {
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
