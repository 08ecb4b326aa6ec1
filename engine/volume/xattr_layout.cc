// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_layout.h"

#include <algorithm>
#include <numeric>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// What buckets are filled to when attributes are parted among them: leaves room for half as much again.
constexpr u32 bucket_target_bytes = xattr_bucket_bytes * 5 / 8;

constexpr u32 entries_end(u64 count) {
  return static_cast<u32>(sizeof(XattrHeader) + count * sizeof(XattrEntry));
}

/// A container on paper: where the next pair goes.
class Room {
 public:
  Room(std::size_t bytes, XattrContainer form, u32 block_size)
      : free_start_(static_cast<u32>(bytes)), block_size_(form == XattrContainer::bucket ? block_size : 0) {}

  /// Takes room for a pair, which may not cross a border between the blocks of a bucket; false when there are
  /// fewer bytes than it, `entries` entries in all, and the gap need.
  bool take(u32 pair_bytes, u64 entries) {
    u32 end = free_start_;
    const u32 in_block = block_size_ == 0 ? 0 : end % block_size_;
    if (in_block > 0 && in_block < pair_bytes) end -= in_block;
    if (end < entries_end(entries) + xattr_gap_bytes + pair_bytes) return false;
    free_start_ = end - pair_bytes;
    pairs_bytes_ += pair_bytes;
    return true;
  }

  u32 free_start() const { return free_start_; }
  u32 pairs_bytes() const { return pairs_bytes_; }

 private:
  u32 free_start_;
  u32 pairs_bytes_ = 0;
  u32 block_size_;  ///< 0: borders do not matter
};

/// A bucket on paper that is filled with all attributes of a hash at a time.
class PaperBucket {
 public:
  explicit PaperBucket(u32 block_size) : room_(xattr_bucket_bytes, XattrContainer::bucket, block_size) {}

  /// Whether it takes these, too; when it does not, it is unchanged.
  bool take(std::span<const LooseAttribute> group) {
    Room room = room_;
    const u64 entries = entries_ + group.size();
    for (const LooseAttribute& one : group)
      if (!room.take(static_cast<u32>(one.pair.size()), entries)) return false;
    const bool roomy = entries_end(entries) + room.pairs_bytes() <= bucket_target_bytes;
    if (entries_ > 0 && !roomy) return false;
    room_ = room;
    entries_ = entries;
    return true;
  }

 private:
  Room room_;
  u64 entries_ = 0;
};

}  // namespace

XattrName LooseAttribute::name() const {
  return {static_cast<XattrType>(entry.type()),
          {reinterpret_cast<const char*>(pair.data()), entry.name_length}};
}

LooseAttribute make_attribute(const XattrName& name, u32 hash, ConstBytes value) {
  require(name.suffix.size() <= xattr_suffix_max && value.size() <= xattr_value_max);
  LooseAttribute made;
  const bool local = value.size() <= xattr_local_value_max;
  made.entry = {};
  made.entry.name_hash = hash;
  made.entry.name_length = static_cast<u8>(name.suffix.size());
  made.entry.type_and_local = static_cast<u8>(static_cast<u8>(name.type) | (local ? XattrEntry::local : 0));
  made.entry.value_size = value.size();
  made.pair.resize(made.entry.pair_bytes());
  std::ranges::copy(name.suffix, made.pair.begin());
  const Bytes behind = Bytes(made.pair).subspan(round_up(name.suffix.size(), 4));
  if (local)
    std::ranges::copy(value, behind.begin());
  else
    as<XattrValueRoot>(behind).list.count = static_cast<u16>(1);
  return made;
}

std::vector<LooseAttribute> loosen_attributes(ConstBytes container, std::span<const XattrEntry> entries) {
  std::vector<LooseAttribute> attributes;
  attributes.reserve(entries.size());
  for (const XattrEntry& entry : entries) {
    if (u64{entry.name_offset} + entry.pair_bytes() > container.size()) continue;
    const ConstBytes pair = container.subspan(entry.name_offset, entry.pair_bytes());
    attributes.push_back({entry, {pair.begin(), pair.end()}});
  }
  return attributes;
}

void add_attribute(std::vector<LooseAttribute>& attributes, XattrContainer form, LooseAttribute attribute) {
  const auto place = form == XattrContainer::bucket
                         ? std::ranges::upper_bound(attributes, attribute.hash(), {}, &LooseAttribute::hash)
                         : attributes.end();
  attributes.insert(place, std::move(attribute));
}

void drop_attribute(std::vector<LooseAttribute>& attributes, const XattrName& name) {
  std::erase_if(attributes, [&](const LooseAttribute& one) { return one.name() == name; });
}

bool lay_out_attributes(Bytes container, XattrContainer form, u32 block_size,
                        std::span<const LooseAttribute> attributes) {
  const bool bucket = form == XattrContainer::bucket;
  std::vector<std::size_t> order(attributes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Pairs that keep their order need no more room than before, whatever the borders between blocks cost.
  const auto offset = [&](std::size_t i) { return u32{attributes[i].entry.name_offset}; };
  if (bucket) std::ranges::stable_sort(order, std::ranges::greater{}, offset);

  std::vector<u8> fresh(container.size());
  auto& header = as<XattrHeader>(Bytes(fresh));
  header = as<XattrHeader>(container);
  header.count = static_cast<u16>(attributes.size());
  const auto entries = records_in<XattrEntry>(Bytes(fresh), sizeof(XattrHeader), attributes.size());
  Room room(container.size(), form, block_size);
  for (const std::size_t i : order) {
    if (!room.take(static_cast<u32>(attributes[i].pair.size()), attributes.size())) return false;
    std::ranges::copy(attributes[i].pair, fresh.begin() + room.free_start());
    entries[i] = attributes[i].entry;
    entries[i].name_offset = static_cast<u16>(room.free_start());
  }
  header.free_start = static_cast<u16>(bucket ? room.free_start() : 0);
  header.name_value_bytes = static_cast<u16>(bucket ? room.pairs_bytes() : 0);
  std::ranges::copy(fresh, container.begin());
  return true;
}

std::vector<std::span<const LooseAttribute>> part_among_buckets(std::vector<LooseAttribute>& attributes,
                                                                u32 block_size) {
  for (LooseAttribute& one : attributes) one.entry.name_offset = static_cast<u16>(0);
  const std::span<const LooseAttribute> all(attributes);
  std::vector<std::span<const LooseAttribute>> parts;
  PaperBucket bucket(block_size);
  for (std::size_t begin = 0, at = 0; at < all.size();) {
    std::size_t next = at + 1;
    while (next < all.size() && all[next].hash() == all[at].hash()) ++next;
    const auto group = all.subspan(at, next - at);
    const bool fits = bucket.take(group);
    if (!fits) bucket = PaperBucket(block_size);
    if (!fits && !bucket.take(group))
      fail(ErrorKind::no_space, "{} attributes whose names have one hash do not fit a bucket", group.size());
    if (!fits) begin = at;
    if (begin == at) parts.emplace_back();
    at = next;
    parts.back() = all.subspan(begin, at - begin);
  }
  return parts;
}

}  // namespace ocfs2
