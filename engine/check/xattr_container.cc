// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/xattr_container.h"

#include <algorithm>

#include "engine/check/extent_check.h"
#include "engine/check/problems/attributes.h"

namespace ocfs2 {
namespace {

/// Half open ranges of offsets in a container.
struct Area {
  u32 begin, end;
  bool meets(const Area& other) const { return begin < other.end && other.begin < end; }
};

constexpr u32 entries_end(u64 count) {
  return static_cast<u32>(sizeof(XattrHeader) + count * sizeof(XattrEntry));
}
constexpr u32 room_for_entries(std::size_t bytes) {
  return static_cast<u32>((bytes - sizeof(XattrHeader)) / sizeof(XattrEntry));
}

Area pair_area(const XattrEntry& entry) {
  return {entry.name_offset, u32{entry.name_offset} + entry.pair_bytes()};
}

bool hash_fits(std::string_view suffix, u32 hash, u32 uuid_hash) {
  return hash == xattr_hash(suffix, uuid_hash) ||
         hash == xattr_hash(suffix, uuid_hash, CharSign::plain_unsigned);
}

/// Only access control lists have no name of their own.
bool type_fits(const XattrEntry& entry) {
  const auto type = static_cast<XattrType>(entry.type());
  const bool whole = type == XattrType::posix_acl_access || type == XattrType::posix_acl_default;
  return !xattr_prefix(entry.type()).empty() && whole == (entry.name_length == 0);
}

bool place_fits(const XattrEntry& entry) {
  return entry.is_local() == (entry.value_size <= xattr_local_value_max);
}

/// Whether entry `index` makes sense by itself, its hash left out.
bool makes_sense(ConstBytes container, const XattrEntry& entry, u64 index) {
  if (!type_fits(entry) || !place_fits(entry)) return false;
  if (entry.name_offset < entries_end(index + 1) || pair_area(entry).end > container.size()) return false;
  return xattr_suffix(container, entry)->find('\0') == std::string_view::npos;
}

std::string full_name(ConstBytes container, const XattrEntry& entry) {
  std::string name(xattr_prefix(entry.type()));
  if (const auto suffix = xattr_suffix(container, entry)) name += *suffix;
  return name;
}

class ContainerExam {
 public:
  ContainerExam(AttributeCase& attributes, const AttributePlace& place)
      : case_(attributes), place_(place), uuid_hash_(attributes.source.facts().uuid_hash) {}
  ContainerOutcome run();

 private:
  ConstBytes look() const { return place_.look(); }
  const XattrHeader& header() const { return as<XattrHeader>(look()); }
  XattrHeader& mend_header() { return as<XattrHeader>(place_.mend()); }
  bool bucket() const { return place_.form == XattrContainer::bucket; }
  Facts facts() const {
    return {.inode = case_.inode, .block = place_.patient.block(), .name = place_.name()};
  }

  bool examine_count();
  u64 seen_entries() const;
  u64 entries_behind(u64 count) const;
  void examine_entries();
  const Problem* fault_of(const XattrEntry& entry, u64 index, Facts& found) const;
  bool overlaps_kept(Area area) const;
  bool keep(const XattrEntry& entry, u64 index);
  bool remains(const Problem& problem, const Facts& found);
  void examine_hash(const XattrEntry& entry, u64 index, Facts found);
  bool keep_value(const XattrEntry& entry, Facts found);
  void examine_value_root(u32 root, const TreeSummary& summary, Facts found);
  void examine_bucket();
  void examine_bucket_counts();
  bool lay_out(std::vector<XattrEntry> entries);
  bool pack();

  AttributeCase& case_;
  const AttributePlace& place_;
  const u32 uuid_hash_;
  std::vector<Area> kept_;      ///< pairs of the entries so far
  std::set<std::string> here_;  ///< names in this bucket
  bool to_pack_ = false;
  ContainerOutcome outcome_;
};

ContainerOutcome ContainerExam::run() {
  if (!examine_count()) return {.sound = false};
  examine_entries();
  if (!outcome_.sound) return outcome_;
  if (bucket()) examine_bucket();
  if (to_pack_) pack();
  if (bucket() && outcome_.sound) examine_bucket_counts();
  return outcome_;
}

/// How many entries the table seems to have: up to the last that makes sense. A single one at the end that
/// does not, and is not blank either, is a damaged entry rather than a wrong count.
u64 ContainerExam::seen_entries() const {
  const u64 room = room_for_entries(look().size());
  const auto entries =
      records_in<XattrEntry>(look(), sizeof(XattrHeader), std::min<u64>(header().count, room));
  u64 count = entries.size();
  while (count > 0 && !makes_sense(look(), entries[count - 1], count - 1)) --count;
  if (header().count > room) return count;
  const bool one_damaged = entries.size() == count + 1 && entries.back().name_offset != 0;
  return one_damaged ? entries.size() : count + entries_behind(count);
}

/// Sound entries right behind the last one that is counted: the count was made too small.
u64 ContainerExam::entries_behind(u64 count) const {
  if (count != header().count) return 0;
  const auto all = records_in<XattrEntry>(look(), sizeof(XattrHeader), room_for_entries(look().size()));
  u64 bytes = 0, more = 0;
  std::vector<Area> taken;
  for (u64 i = 0; i < count; ++i) {
    bytes += all[i].pair_bytes();
    taken.push_back(pair_area(all[i]));
  }
  if (bucket() && bytes >= header().name_value_bytes) return 0;  // buckets keep what was removed
  for (u64 i = count; i < all.size(); ++i) {
    const XattrEntry& entry = all[i];
    if (!makes_sense(look(), entry, i) ||
        !hash_fits(*xattr_suffix(look(), entry), entry.name_hash, uuid_hash_))
      break;
    if (std::ranges::any_of(taken, [&](const Area& area) { return area.meets(pair_area(entry)); })) break;
    bytes += entry.pair_bytes();
    taken.push_back(pair_area(entry));
    ++more;
  }
  return !bucket() || bytes == header().name_value_bytes ? more : 0;
}

bool ContainerExam::examine_count() {
  const u64 seen = seen_entries();
  if (seen == header().count) return true;
  Facts found = facts();
  found.found = header().count;
  found.expected = seen;
  if (!case_.examiner.resolve(problem::XATTR_COUNT_INVALID, found)) return false;
  mend_header().count = static_cast<u16>(seen);
  to_pack_ = true;
  return true;
}

void ContainerExam::examine_entries() {
  std::vector<XattrEntry> left;
  const u64 count = header().count;
  for (u64 i = 0; i < count; ++i)
    if (keep(XattrHeader::entries(look())[i], i)) left.push_back(XattrHeader::entries(look())[i]);
  if (left.size() == count) return;
  if (outcome_.sound) return void(lay_out(std::move(left)));
  const Bytes bytes = place_.mend();  // what is unsound must stay as it is
  std::ranges::copy(left, XattrHeader::entries(bytes).begin());
  as<XattrHeader>(bytes).count = static_cast<u16>(left.size());
}

bool ContainerExam::overlaps_kept(Area area) const {
  return std::ranges::any_of(kept_, [&](const Area& kept) { return kept.meets(area); });
}

/// What makes an entry unusable; null when it can be kept. Fills in what the sentence says.
const Problem* ContainerExam::fault_of(const XattrEntry& entry, u64 index, Facts& found) const {
  if (overlaps_kept({entries_end(index), entries_end(index + 1)})) return &problem::XATTR_ENTRY_INVALID;
  if (!type_fits(entry)) return &problem::XATTR_TYPE_INVALID;
  found.found = entry.name_offset;
  const u64 name_end = u64{entry.name_offset} + entry.name_length;
  if (entry.name_offset < entries_end(index + 1) || name_end > look().size())
    return &problem::XATTR_NAME_OFFSET_INVALID;
  const bool hash_right = hash_fits(*xattr_suffix(look(), entry), entry.name_hash, uuid_hash_);
  if (entry.name_offset < entries_end(header().count) && !hash_right)
    return &problem::XATTR_NAME_OFFSET_INVALID;
  if (!hash_right && xattr_suffix(look(), entry)->find('\0') != std::string_view::npos)
    return &problem::XATTR_NAME_INVALID;
  if (!place_fits(entry)) {
    found.found = entry.value_size;
    return &problem::XATTR_LOCATION_INVALID;
  }
  if (pair_area(entry).end > look().size() || overlaps_kept(pair_area(entry)))
    return &problem::XATTR_VALUE_INVALID;
  return nullptr;
}

/// True when the entry stays.
bool ContainerExam::keep(const XattrEntry& entry, u64 index) {
  Facts found = facts();
  found.index = index;
  const Problem* fault = fault_of(entry, index, found);
  const std::string name = full_name(look(), entry);
  const std::string kind = std::to_string(entry.type());
  found.detail = fault == &problem::XATTR_TYPE_INVALID ? std::string_view(kind) : name;
  if (fault != nullptr) return remains(*fault, found);
  const std::string key = static_cast<char>(entry.type()) + name;
  if (case_.names.contains(key) || !here_.insert(key).second) return remains(problem::XATTR_DUPLICATE, found);
  kept_.push_back(pair_area(entry));
  examine_hash(entry, index, found);
  if (!entry.is_local() && !keep_value(entry, found)) return false;
  if (!bucket()) case_.names.insert(key);
  return true;
}

/// Puts a problem with an entry. True when the entry remains as it is.
bool ContainerExam::remains(const Problem& problem, const Facts& found) {
  if (case_.examiner.resolve(problem, found)) return false;
  outcome_.sound = false;
  return true;
}

void ContainerExam::examine_hash(const XattrEntry& entry, u64 index, Facts found) {
  const std::string_view suffix = *xattr_suffix(look(), entry);
  if (hash_fits(suffix, entry.name_hash, uuid_hash_)) return;
  found.found = entry.name_hash;
  found.expected = xattr_hash(suffix, uuid_hash_);
  if (remains(problem::XATTR_HASH_INVALID, found)) return;
  XattrHeader::entries(place_.mend())[index].name_hash = static_cast<u32>(found.expected);
  outcome_.rehashed = true;
}

/// The clusters of a large value. Those of an attribute that goes belong to nobody.
bool ContainerExam::keep_value(const XattrEntry& entry, Facts found) {
  const u32 root = place_.offset + entry.name_offset + static_cast<u32>(round_up(entry.name_length, 4));
  const auto value = [&]() -> const XattrValueRoot& {
    return as<XattrValueRoot>(place_.patient.bytes().subspan(root));
  };
  Harvest harvest;
  const TreeRules rules{.capacity = 1,
                        .unwritten = case_.source.facts().features.has(feature::unwritten),
                        .refcounted = case_.refcounted,
                        .last_leaf = BlockNo(value().last_extent_block)};
  const TreeSummary summary =
      examine_extent_tree({place_.patient, root + XattrValueRoot::list_offset, 32}, rules, case_.inode,
                          case_.examiner, case_.source, harvest, [&](const ExtentRun& run) {
                            if ((run.flags & ExtentRecord::refcounted) == 0 || case_.tree.value == 0) return;
                            const ClusterNo first = case_.source.geometry().cluster_of(run.block);
                            harvest.shared.push_back({case_.tree, first, static_cast<u32>(run.clusters)});
                          });
  found.found = summary.end << case_.source.geometry().cluster_bits;
  found.expected = entry.value_size;
  const bool followed = summary.sound || summary.mended;
  if (followed && found.found < entry.value_size && !remains(problem::XATTR_VALUE_SHORT, found)) return false;
  case_.take(harvest);
  if (followed) examine_value_root(root, summary, found);
  return true;
}

/// What the root of a value says beside its list. Where the tree was mended, this follows without a question.
void ContainerExam::examine_value_root(u32 root, const TreeSummary& summary, Facts found) {
  const auto compare = [&](const Problem& problem, u64 is, u64 expected, auto set) {
    found.found = is;
    found.expected = expected;
    if (is != expected && (!summary.sound || case_.examiner.resolve(problem, found)))
      set(as<XattrValueRoot>(place_.patient.mend_bytes().subspan(root)));
  };
  const XattrValueRoot value = as<XattrValueRoot>(place_.patient.bytes().subspan(root));
  compare(problem::XATTR_VALUE_CLUSTERS, value.clusters, summary.clusters,
          [&](XattrValueRoot& mended) { mended.clusters = static_cast<u32>(summary.clusters); });
  compare(problem::XATTR_VALUE_LAST_LEAF, value.last_extent_block, summary.last_leaf.value,
          [&](XattrValueRoot& mended) { mended.last_extent_block = summary.last_leaf.value; });
}

void ContainerExam::examine_bucket() {
  const auto entries = XattrHeader::entries(look());
  const u32 block_size = case_.source.geometry().block_size();
  const auto by_hash = [](const XattrEntry& a, const XattrEntry& b) { return a.name_hash < b.name_hash; };
  const auto wrong = std::ranges::is_sorted_until(entries, by_hash);
  Facts found = facts();
  found.index = static_cast<u64>(wrong - entries.begin());
  if (wrong != entries.end() && !outcome_.rehashed) {
    if (!case_.examiner.resolve(problem::XATTR_BUCKET_ORDER, found))
      outcome_.sound = false;
    else
      to_pack_ = true;
  }
  to_pack_ |= outcome_.rehashed;
  for (const XattrEntry& entry : entries) {
    const Area area = pair_area(entry);
    if (area.begin == area.end || area.begin / block_size == (area.end - 1) / block_size) continue;
    const std::string name = full_name(look(), entry);
    found.detail = name;
    if (!case_.examiner.resolve(problem::XATTR_BUCKET_CROSSING, found)) return;
    if (!pack()) case_.examiner.could_not_mend(problem::XATTR_BUCKET_CROSSING);
    to_pack_ = false;
    return;
  }
}

void ContainerExam::examine_bucket_counts() {
  const u64 table_end = entries_end(header().count);
  u64 lowest = look().size(), bytes = 0;
  for (const XattrEntry& entry : XattrHeader::entries(look())) {
    lowest = std::min<u64>(lowest, entry.name_offset);
    bytes += entry.pair_bytes();
  }
  Facts found = facts();
  found.found = header().free_start;
  found.expected = lowest;
  const bool legal = found.found >= table_end && found.found <= lowest;  // removals leave it below the lowest
  if (!legal && case_.examiner.resolve(problem::XATTR_FREE_START_INVALID, found))
    mend_header().free_start = static_cast<u16>(lowest);
  found.found = header().name_value_bytes;
  found.expected = bytes;
  // Where a value got shorter in its place, the kernel still counts what it was, for good.
  if (found.found < bytes && case_.examiner.resolve(problem::XATTR_VALUE_LEN_INVALID, found))
    mend_header().name_value_bytes = static_cast<u16>(bytes);
}

/// Packs the pairs of `entries` together, buckets in the order of hashes.
bool ContainerExam::lay_out(std::vector<XattrEntry> entries) {
  if (bucket())
    std::ranges::stable_sort(entries, {}, [](const XattrEntry& entry) { return u32{entry.name_hash}; });
  const auto attributes = loosen_attributes(look(), entries);
  return lay_out_attributes(place_.mend(), place_.form, case_.source.geometry().block_size(), attributes);
}

bool ContainerExam::pack() {
  const auto entries = XattrHeader::entries(look());
  return lay_out({entries.begin(), entries.end()});
}

}  // namespace

void AttributeCase::take(const Harvest& more) {
  const auto append = [](auto& all, const auto& some) { all.insert(all.end(), some.begin(), some.end()); };
  append(harvest.clusters, more.clusters);
  append(harvest.metadata, more.metadata);
  append(harvest.shared, more.shared);
}

std::string_view AttributePlace::name() const {
  switch (form) {
    case XattrContainer::inline_area:
      return "inode";
    case XattrContainer::block:
      return "attribute block";
    case XattrContainer::bucket:
      return "bucket";
  }
  return {};
}

ContainerOutcome examine_attribute_container(AttributeCase& attributes, const AttributePlace& place) {
  return ContainerExam(attributes, place).run();
}

bool has_entries_of_sense(ConstBytes container) {
  const u64 count = std::min<u64>(as<XattrHeader>(container).count, room_for_entries(container.size()));
  const auto entries = records_in<XattrEntry>(container, sizeof(XattrHeader), count);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (makes_sense(container, entries[i], i)) return true;
  return false;
}

bool looks_like_bucket(ConstBytes container, u32 uuid_hash) {
  const auto& header = as<XattrHeader>(container);
  if (header.count > room_for_entries(container.size())) return false;
  if (header.free_start < entries_end(header.count) || header.free_start > container.size()) return false;
  const auto entries = XattrHeader::entries(container);
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (!makes_sense(container, entries[i], i) ||
        !hash_fits(*xattr_suffix(container, entries[i]), entries[i].name_hash, uuid_hash))
      return false;
  return true;
}

}  // namespace ocfs2
