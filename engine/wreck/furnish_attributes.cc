// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/wreck/furnish_attributes.h"

#include <fmt/format.h>

#include "engine/volume/new_blocks.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

constexpr u32 outside_value_bytes = 1000;

struct Item {
  std::string suffix, value;
  BlockNo outside{};  ///< the cluster that holds the value; 0: it is local
};

/// The value of an attribute that has a cluster of its own.
void put_value_root(BlockNo block, Bytes at) {
  auto& root = as<XattrValueRoot>(at);
  root.clusters = 1;
  root.list.count = root.list.used = 1;
  root.record.clusters = 1;
  root.record.block = block.value;
}

void put_pair(const Item& item, XattrEntry& entry, Bytes pair) {
  std::copy(item.suffix.begin(), item.suffix.end(), pair.begin());
  const Bytes value = pair.subspan(round_up(item.suffix.size(), 4));
  entry.name_length = static_cast<u8>(item.suffix.size());
  entry.type_and_local = static_cast<u8>(XattrType::user);
  if (item.outside.value != 0) {
    entry.value_size = outside_value_bytes;
    return put_value_root(item.outside, value);
  }
  entry.type_and_local |= XattrEntry::local;
  entry.value_size = item.value.size();
  std::copy(item.value.begin(), item.value.end(), value.begin());
}

/// Fills an empty container; in a bucket no pair crosses a block's border.
void fill(const VolumeFacts& facts, Bytes container, bool bucket, std::vector<Item> items) {
  const u32 block_size = facts.geometry.block_size();
  const auto hash = [&](const Item& item) { return xattr_hash(item.suffix, facts.uuid_hash); };
  std::sort(items.begin(), items.end(),
            [&](const auto& left, const auto& right) { return hash(left) < hash(right); });
  auto& header = as<XattrHeader>(container);
  header.count = static_cast<u16>(items.size());
  const auto entries = XattrHeader::entries(container);
  u32 offset = static_cast<u32>(container.size()), sum = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const u64 size = items[i].outside.value != 0 ? outside_value_bytes : items[i].value.size();
    const u32 bytes = xattr_pair_bytes(static_cast<u32>(items[i].suffix.size()), size);
    if (bucket && (offset - bytes) / block_size != (offset - 1) / block_size)
      offset = (offset - 1) / block_size * block_size;
    offset -= bytes;
    sum += bytes;
    entries[i].name_hash = hash(items[i]);
    entries[i].name_offset = static_cast<u16>(offset);
    put_pair(items[i], entries[i], container.subspan(offset, bytes));
  }
  if (!bucket) return;
  header.free_start = static_cast<u16>(offset);
  header.name_value_bytes = static_cast<u16>(sum);
  header.buckets = 1;
}

XattrBlock& new_block(Transaction& transaction, Space& space, InodeNo file, Bytes& bytes) {
  const NewBlock place = space.allocate_metadata(transaction);
  bytes = transaction.create_bytes(place.block, XattrBlock::kind);
  auto& block = as<XattrBlock>(bytes);
  stamp(block.signature, XattrBlock::signature_text);
  set_origin(block, place.origin);
  block.fs_generation = space.volume().facts().generation;
  block.block = place.block.value;
  Inode& inode = transaction.edit<Inode>(block_of(file));
  inode.xattr_block = place.block.value;
  inode.dynamic_features |= dynamic_feature::has_xattr;
  return block;
}

void fill_inside(Transaction& transaction, const VolumeFacts& facts, InodeNo file) {
  if (facts.geometry.block_size() == block_size_min) return;
  const Bytes bytes = transaction.edit_as(block_of(file), Inode::kind);
  auto& inode = as<Inode>(bytes);
  if (inode.body_kind() != InodeBody::extent_list) return;
  inode.dynamic_features |= dynamic_feature::inline_xattr | dynamic_feature::has_xattr;
  inode.xattr_inline_size = xattr_inline_size_default;
  inode.extents.count -= xattr_inline_size_default / sizeof(ExtentRecord);
  fill(facts, Inode::xattr_area(bytes), false, {{"inside", "a", {}}, {"within", "another value", {}}});
}

ClusterNo data_cluster(Transaction& transaction, Space& space) {
  const ClusterNo cluster(space.allocate_clusters(transaction, 1).first);
  const Geometry& geometry = space.volume().geometry();
  transaction.zero_data(geometry.first_block_of(cluster), geometry.blocks_per_cluster());
  return cluster;
}

}  // namespace

void furnish_xattr_block(Transaction& transaction, Space& space, InodeNo file) {
  const VolumeFacts& facts = space.volume().facts();
  fill_inside(transaction, facts, file);
  Bytes bytes;
  new_block(transaction, space, file, bytes);
  const BlockNo value = facts.geometry.first_block_of(data_cluster(transaction, space));
  fill(facts, XattrBlock::container(bytes), false,
       {{"colour", "red", {}}, {"flavor", "sweet and sour", {}}, {"document", "", value}});
}

void furnish_xattr_buckets(Transaction& transaction, Space& space, InodeNo file) {
  const VolumeFacts& facts = space.volume().facts();
  const Geometry& geometry = facts.geometry;
  Bytes bytes;
  auto& block = new_block(transaction, space, file, bytes);
  block.flags = XattrBlock::indexed;
  const BlockNo bucket = geometry.first_block_of(data_cluster(transaction, space));
  block.root.clusters = 1;
  fill_extent_list(std::vector<TreeRecord>{{.key = 0, .clusters = 1, .block = bucket}}, 0,
                   geometry.extent_records_per_xattr_root(), XattrBlock::list_bytes(bytes));
  std::vector<Item> items;
  for (u32 i = 0; i < 24; ++i)
    items.push_back({fmt::format("attribute-{:02}", i), std::string(i + 8, 'v'), {}});
  fill(facts, transaction.create_bytes(bucket, XattrBucket::kind), true, std::move(items));
}

}  // namespace ocfs2
