// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/xattr.h"

#include <vector>

#include "ondisk/judging.h"

namespace ocfs2 {
namespace {

/// `count` bytes of a container from `offset` on, if it has them.
std::optional<ConstBytes> part_of(ConstBytes container, u64 offset, u64 count) {
  if (offset > container.size() || count > container.size() - offset) return std::nullopt;
  return container.subspan(offset, count);
}

u64 value_offset(const XattrEntry& entry) { return u64{entry.name_offset} + round_up(entry.name_length, 4); }

bool is_known_type(u8 type) { return !xattr_prefix(type).empty(); }

bool hash_fits(std::string_view suffix, const XattrEntry& entry, u32 uuid_hash) {
  return entry.name_hash == xattr_hash(suffix, uuid_hash, CharSign::plain_signed) ||
         entry.name_hash == xattr_hash(suffix, uuid_hash, CharSign::plain_unsigned);
}

void judge_value_root(ConstBytes root, const Place& place, Judgement& judgement) {
  const auto& value = as<XattrValueRoot>(root);
  const ConstBytes list = XattrValueRoot::list_bytes(root);
  judge_extent_list(list, {.capacity = 1}, place, judgement);
  judge_tree_root(list, "xr_last_eb_blk", value.last_extent_block, "xr_clusters", value.clusters, place,
                  judgement);
}

void judge_entry(ConstBytes container, const XattrEntry& entry, const Place& place, Judgement& judgement) {
  const bool local = entry.value_size <= xattr_local_value_max;
  judgement.holds(is_known_type(entry.type()), "xe_type", "must be a known name space", entry.type());
  judgement.holds(entry.is_local() == local, "xe_type",
                  "values are local exactly when they have 80 bytes or fewer", entry.value_size);
  const u64 entries_end = sizeof(XattrHeader) + XattrHeader::entries(container).size_bytes();
  const bool inside = entry.name_offset >= entries_end &&
                      part_of(container, entry.name_offset, entry.pair_bytes()).has_value();
  judgement.holds(inside, "xe_name_offset", "must leave the pair behind the entries and inside the container",
                  entry.name_offset);
  if (!inside) return;
  const std::string_view suffix = *xattr_suffix(container, entry);
  const bool acl = entry.type() == static_cast<u8>(XattrType::posix_acl_access) ||
                   entry.type() == static_cast<u8>(XattrType::posix_acl_default);
  judgement.holds(suffix.empty() == acl, "xe_name_len", "only the names of ACLs end with the prefix",
                  suffix.size());
  judgement.holds(hash_fits(suffix, entry, place.volume.uuid_hash), "xe_name_hash",
                  "must be the hash of the name", entry.name_hash);
  if (!local)
    if (const auto root = xattr_value_root(container, entry)) judge_value_root(*root, place, judgement);
}

/// No two pairs overlap. Pairs outside the container have been told of already.
void judge_pairs_apart(std::span<const XattrEntry> entries, Judgement& judgement) {
  std::vector<std::pair<u32, u32>> pairs;  // begin, end
  for (const XattrEntry& entry : entries)
    pairs.emplace_back(entry.name_offset, u32{entry.name_offset} + entry.pair_bytes());
  std::sort(pairs.begin(), pairs.end());
  for (std::size_t i = 1; i < pairs.size(); ++i)
    judgement.holds(pairs[i - 1].second <= pairs[i].first, "xe_name_offset", "pairs must not overlap",
                    pairs[i].first);
}

void judge_bucket_rules(ConstBytes container, const Place& place, Judgement& judgement) {
  const auto& header = as<XattrHeader>(container);
  const auto entries = XattrHeader::entries(container);
  const u32 block_size = place.geometry().block_size();
  judgement.at_most("xh_free_start", header.free_start, xattr_bucket_bytes);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const XattrEntry& entry = entries[i];
    judgement.holds(i == 0 || entry.name_hash >= entries[i - 1].name_hash, "xe_name_hash",
                    "entries of a bucket must be sorted", entry.name_hash);
    judgement.at_least("xe_name_offset", entry.name_offset, header.free_start);
    const u32 last = u32{entry.name_offset} + entry.pair_bytes() - 1;
    judgement.holds(entry.pair_bytes() == 0 || entry.name_offset / block_size == last / block_size,
                    "xe_name_offset", "a pair must not cross a block boundary", entry.name_offset);
  }
}

void judge_block(ConstBytes block, const Place& place, Judgement& judgement) {
  if (!is_whole_block(block, place, judgement)) return;
  const auto& xattrs = as<XattrBlock>(block);
  judgement.holds(matches(xattrs.signature, XattrBlock::signature_text), "xb_signature",
                  "must be \"XATTR01\"");
  judgement.equal("xb_blkno", xattrs.block, place.block.value);
  judgement.equal("xb_fs_generation", xattrs.fs_generation, place.volume.generation);
  judge_slot("xb_suballoc_slot", xattrs.suballoc_slot, place, judgement);
  judge_reference("xb_suballoc_loc", xattrs.suballoc_group, place, judgement);
  judgement.holds((xattrs.flags & ~XattrBlock::indexed) == 0, "xb_flags", "must have known flags only",
                  xattrs.flags);
  if (!xattrs.is_indexed())
    return judge_xattr_container(XattrBlock::container(block), XattrContainer::block, place, judgement);
  const ConstBytes list = XattrBlock::list_bytes(block);
  judge_extent_list(list, {.capacity = place.geometry().extent_records_per_xattr_root(), .disjoint = false},
                    place, judgement);
  judge_tree_root(list, "xt_last_eb_blk", xattrs.root.last_extent_block, "xt_clusters", xattrs.root.clusters,
                  place, judgement);
}

void judge_bucket(ConstBytes bucket, const Place& place, Judgement& judgement) {
  judgement.equal("bucket size", bucket.size(), xattr_bucket_bytes);
  if (bucket.size() == xattr_bucket_bytes)
    judge_xattr_container(bucket, XattrContainer::bucket, place, judgement);
}

void describe_block(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < block_size_min) return;
  constexpr auto rows = fields_of<XattrBlock>;
  describe_fields(rows.first(rows.size() - 1), block, "", visit);
  if (!as<XattrBlock>(block).is_indexed())
    return describe_xattr_container(XattrBlock::container(block), "xb_header.", visit);
  constexpr auto root_rows = fields_of<XattrTreeRoot>;
  describe_fields(root_rows.first(root_rows.size() - 1), XattrBlock::container(block), "xb_root.", visit);
  describe_extent_list(XattrBlock::list_bytes(block), "xb_root.xt_list.", visit);
}

void describe_bucket(ConstBytes bucket, const FieldVisitor& visit) {
  describe_xattr_container(bucket, "", visit);
}

void describe_pair(ConstBytes container, const XattrEntry& entry, const std::string& path,
                   const FieldVisitor& visit) {
  if (const auto suffix = xattr_suffix(container, entry)) {
    const ConstBytes name = container.subspan(entry.name_offset, suffix->size());
    visit(path + "name", variable_row("name", entry.name_offset, name.size(), Shape::text), name);
  }
  if (const auto value = xattr_local_value(container, entry))
    visit(path + "value", variable_row("value", value_offset(entry), value->size(), Shape::bytes), *value);
  const auto root = xattr_value_root(container, entry);
  if (!root) return;
  constexpr auto rows = fields_of<XattrValueRoot>;
  describe_fields(rows.first(rows.size() - 2), *root, path, visit);
  describe_extent_list(XattrValueRoot::list_bytes(*root), path + "xr_list.", visit);
}

}  // namespace

std::string_view xattr_prefix(u8 type) {
  for (const XattrPrefix& row : xattr_prefixes)
    if (static_cast<u8>(row.type) == type) return row.prefix;
  return {};
}

std::optional<XattrName> split_xattr_name(std::string_view full_name) {
  for (const XattrPrefix& row : xattr_prefixes) {
    if (!full_name.starts_with(row.prefix)) continue;
    const std::string_view suffix = full_name.substr(row.prefix.size());
    if (suffix.empty() == row.whole_name && suffix.size() <= xattr_suffix_max)
      return XattrName{row.type, suffix};
  }
  return std::nullopt;
}

u32 xattr_hash(std::string_view suffix, u32 uuid_hash, CharSign sign) {
  u32 hash = uuid_hash;
  for (const char byte : suffix) {
    const u32 widened = sign == CharSign::plain_signed
                            ? static_cast<u32>(static_cast<s32>(static_cast<s8>(byte)))
                            : u32{static_cast<u8>(byte)};
    hash = (hash << 5) ^ (hash >> 27) ^ widened;
  }
  return hash;
}

u32 XattrEntry::pair_bytes() const { return xattr_pair_bytes(name_length, value_size); }

std::span<const XattrEntry> XattrHeader::entries(ConstBytes container) {
  if (container.size() < sizeof(XattrHeader)) return {};
  return records_in<XattrEntry>(container, sizeof(XattrHeader), as<XattrHeader>(container).count);
}
std::span<XattrEntry> XattrHeader::entries(Bytes container) {
  if (container.size() < sizeof(XattrHeader)) return {};
  return records_in<XattrEntry>(container, sizeof(XattrHeader), as<XattrHeader>(container).count);
}

std::optional<std::string_view> xattr_suffix(ConstBytes container, const XattrEntry& entry) {
  const auto name = part_of(container, entry.name_offset, entry.name_length);
  if (!name) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(name->data()), name->size());
}

std::optional<ConstBytes> xattr_local_value(ConstBytes container, const XattrEntry& entry) {
  if (!entry.is_local() || entry.value_size > container.size()) return std::nullopt;
  return part_of(container, value_offset(entry), entry.value_size);
}

std::optional<ConstBytes> xattr_value_root(ConstBytes container, const XattrEntry& entry) {
  if (entry.is_local()) return std::nullopt;
  return part_of(container, value_offset(entry), sizeof(XattrValueRoot));
}

void judge_xattr_container(ConstBytes container, XattrContainer form, const Place& place,
                           Judgement& judgement) {
  if (container.size() < sizeof(XattrHeader)) return judgement.at_least("xattr area", container.size(), 16);
  const auto& header = as<XattrHeader>(container);
  judgement.at_most("xh_count", header.count, (container.size() - sizeof(XattrHeader)) / sizeof(XattrEntry));
  const auto entries = XattrHeader::entries(container);
  for (const XattrEntry& entry : entries) judge_entry(container, entry, place, judgement);
  judge_pairs_apart(entries, judgement);
  if (form == XattrContainer::bucket) judge_bucket_rules(container, place, judgement);
}

void describe_xattr_container(ConstBytes container, const std::string& prefix, const FieldVisitor& visit) {
  describe_structure<XattrHeader>(container, prefix, visit);
  const auto entries = XattrHeader::entries(container);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string path = prefix + "xh_entries[" + std::to_string(i) + "].";
    describe_structure<XattrEntry>(bytes_of(entries[i]), path, visit);
    describe_pair(container, entries[i], path, visit);
  }
}

const BlockKind XattrBlock::kind{.name = "xattr block",
                                 .check_offset = offsetof(XattrBlock, check),
                                 .judge = judge_block,
                                 .describe = describe_block};

const BlockKind XattrBucket::kind{.name = "xattr bucket",
                                  .check_offset = offsetof(XattrHeader, check),
                                  .judge = judge_bucket,
                                  .describe = describe_bucket,
                                  .region_bytes = xattr_bucket_bytes};

}  // namespace ocfs2
