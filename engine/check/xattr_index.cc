// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/xattr_index.h"

#include <algorithm>

#include "engine/check/extent_check.h"
#include "engine/check/problems/attributes.h"
#include "engine/check/problems/blocks.h"

namespace ocfs2 {
namespace {

constexpr u32 refill_buckets_max = 512;  ///< more than one transaction should hold

/// Whether what a record leads to is nothing like a bucket: mending it would change what is another's.
bool is_foreign(const ExtentRecord& record, AttributeCase& attributes) {
  const Geometry& geometry = attributes.source.geometry();
  const BlockNo place(record.block);
  if (record.clusters == 0 || place <= super_block_no || !geometry.contains(place)) return false;
  const auto bucket = attributes.source.look<XattrBucket>(place, attributes.inode);
  if (!bucket) return false;
  const u64 room = (u64{record.clusters} << geometry.cluster_bits) / xattr_bucket_bytes;
  const u32 buckets = (*bucket)->header.buckets;
  return (buckets == 0 || buckets > room) && !has_entries_of_sense(bucket->bytes());
}

class IndexExam {
 public:
  IndexExam(Patient<XattrBlock>& block, AttributeCase& attributes) : block_(block), case_(attributes) {}
  void run();

 private:
  void remove_foreign();
  TreeSummary tree();
  void root_fields(const TreeSummary& summary);
  std::optional<Patient<XattrBucket>> bucket(const BucketRun& run, u32 index) {
    return case_.source.look<XattrBucket>(run.first + u64{index} * blocks_per_bucket(), case_.inode);
  }
  u32 blocks_per_bucket() const { return xattr_bucket_bytes >> case_.source.geometry().block_bits; }
  void unreadable(const BucketRun& run, u32 index);
  void count_buckets(BucketRun& run);
  u32 seen_buckets(const BucketRun& run);
  void examine_run(const BucketRun& run, u64 end);
  void examine_hashes(const AnyPatient& bucket, u64 key, u64 end);
  void note_disorder(BlockNo block, u64 hash);
  void put_in_order(const TreeSummary& summary);

  Patient<XattrBlock>& block_;
  AttributeCase& case_;
  std::vector<BucketRun> runs_;
  std::set<u64> refused_;  ///< blocks that are no buckets, and are not to be left out
  u64 free_hash_ = 0;      ///< the smallest hash that may still come
  bool sound_ = true;      ///< every bucket is readable and its entries are sound
  bool rehashed_ = false;  ///< hashes were mended, so entries may be in the wrong buckets
  std::optional<Facts> disorder_;
};

void IndexExam::run() {
  if (block_->root.list.tree_depth == 0) remove_foreign();
  const TreeSummary summary = tree();
  if (summary.sound || summary.mended) root_fields(summary);
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    if (refused_.contains(runs_[i].first.value)) {
      sound_ = false;
      continue;
    }
    count_buckets(runs_[i]);
    examine_run(runs_[i], i + 1 < runs_.size() ? runs_[i + 1].key : u64{1} << 32);
  }
  if (disorder_) put_in_order(summary);
}

/// Takes foreign records out of the root. The last one stays: an index is never empty.
void IndexExam::remove_foreign() {
  const auto list = [&] { return XattrBlock::list_bytes(block_.bytes()); };
  for (u32 i = 0; i < ExtentList::records(list()).size() && ExtentList::records(list()).size() > 1;) {
    const ExtentRecord record = ExtentList::records(list())[i];
    const Facts facts{.inode = case_.inode, .block = BlockNo(record.block), .count = record.clusters};
    if (!is_foreign(record, case_)) {
      ++i;
      continue;
    }
    if (!case_.examiner.resolve(problem::XATTR_BUCKETS_LOST, facts)) {
      refused_.insert(record.block);
      ++i;
      continue;
    }
    const Bytes mended = XattrBlock::list_bytes(block_.mend_bytes());
    const auto records = ExtentList::records(mended);
    std::shift_left(records.begin() + i, records.end(), 1);
    records.back() = ExtentRecord{};
    as<ExtentList>(mended).used = static_cast<u16>(records.size() - 1);
    block_.mend().root.clusters -= record.clusters;
    rehashed_ = true;  // the first one must begin at 0
  }
}

TreeSummary IndexExam::tree() {
  const Geometry& geometry = case_.source.geometry();
  const u32 list = XattrBlock::body_offset + XattrTreeRoot::list_offset;
  const TreeRules rules{.capacity = geometry.extent_records_per_xattr_root(),
                        .disjoint = false,
                        .last_leaf = BlockNo(block_->root.last_extent_block)};
  return examine_extent_tree({block_, list, geometry.block_size() - list}, rules, case_.inode, case_.examiner,
                             case_.source, case_.harvest, [&](const ExtentRun& run) {
                               const u64 room = (run.clusters << geometry.cluster_bits) / xattr_bucket_bytes;
                               runs_.push_back({run.cpos, run.block, static_cast<u32>(room), 0});
                             });
}

void IndexExam::root_fields(const TreeSummary& summary) {
  const auto compare = [&](const Problem& problem, u64 found, u64 expected, auto set) {
    const Facts facts{.inode = case_.inode, .block = block_.block(), .found = found, .expected = expected};
    if (found != expected && (!summary.sound || case_.examiner.resolve(problem, facts)))
      set(block_.mend().root);
  };
  compare(problem::XATTR_INDEX_CLUSTERS, block_->root.clusters, summary.clusters,
          [&](XattrTreeRoot& root) { root.clusters = static_cast<u32>(summary.clusters); });
  compare(problem::XATTR_INDEX_LAST_LEAF, block_->root.last_extent_block, summary.last_leaf.value,
          [&](XattrTreeRoot& root) { root.last_extent_block = summary.last_leaf.value; });
}

void IndexExam::unreadable(const BucketRun& run, u32 index) {
  sound_ = false;
  const BlockNo place = run.first + u64{index} * blocks_per_bucket();
  case_.examiner.report(problem::BLOCK_UNREADABLE, {.inode = case_.inode, .block = place});
}

u32 IndexExam::seen_buckets(const BucketRun& run) {
  u32 seen = 0;
  while (seen < run.room) {
    const auto next = bucket(run, seen);
    if (!next || !looks_like_bucket(next->bytes(), case_.source.facts().uuid_hash)) break;
    ++seen;
  }
  return std::max<u32>(seen, 1);
}

void IndexExam::count_buckets(BucketRun& run) {
  auto first = bucket(run, 0);
  if (!first) return unreadable(run, 0);
  run.buckets = (*first)->header.buckets;
  if (run.buckets >= 1 && run.buckets <= run.room) return;
  const Facts facts{
      .inode = case_.inode, .block = run.first, .found = run.buckets, .expected = seen_buckets(run)};
  run.buckets = static_cast<u32>(facts.expected);
  if (case_.examiner.resolve(problem::XATTR_BUCKET_COUNT_INVALID, facts))
    first->mend().header.buckets = static_cast<u16>(facts.expected);
}

/// `end` is where the hashes of the next run begin.
void IndexExam::examine_run(const BucketRun& run, u64 end) {
  const bool in_order = run.key >= free_hash_ && run.key < end && (&run != runs_.data() || run.key == 0);
  if (!in_order) note_disorder(run.first, run.key);
  sound_ &= run.buckets > 0;
  for (u32 i = 0; i < run.buckets; ++i) {
    auto patient = bucket(run, i);
    if (!patient) {
      unreadable(run, i);
      continue;
    }
    examine_checksum(*patient, case_.inode, case_.examiner);
    const AttributePlace place{*patient, 0, xattr_bucket_bytes, XattrContainer::bucket};
    const ContainerOutcome outcome = examine_attribute_container(case_, place);
    sound_ &= outcome.sound;
    rehashed_ |= outcome.rehashed;
    if (outcome.sound) examine_hashes(*patient, run.key, end);
  }
}

/// The hashes of a sound bucket lie behind those of the bucket before, and in what its run may hold.
void IndexExam::examine_hashes(const AnyPatient& bucket, u64 key, u64 end) {
  const auto entries = XattrHeader::entries(bucket.bytes());
  if (entries.empty()) return;
  const u64 lowest = entries.front().name_hash, highest = entries.back().name_hash;
  if (lowest < std::max(key, free_hash_)) note_disorder(bucket.block(), lowest);
  if (highest >= end) note_disorder(bucket.block(), highest);
  free_hash_ = std::max(free_hash_, highest + 1);
}

void IndexExam::note_disorder(BlockNo block, u64 hash) {
  if (!disorder_) disorder_ = Facts{.inode = case_.inode, .block = block, .found = hash};
}

/// Where something was mended before, the right order follows without a question.
void IndexExam::put_in_order(const TreeSummary& summary) {
  u64 buckets = 0;
  for (const BucketRun& run : runs_) buckets += run.buckets;
  if (!sound_ || !(summary.sound || summary.mended)) return;
  if (summary.depth > 0 || buckets > refill_buckets_max)
    return case_.examiner.report(problem::XATTR_INDEX_ORDER, *disorder_);
  const bool follows = rehashed_ || summary.mended;
  if (!follows && !case_.examiner.resolve(problem::XATTR_INDEX_ORDER, *disorder_)) return;
  if (!refill_buckets(block_, case_, runs_)) case_.examiner.could_not_mend(problem::XATTR_INDEX_ORDER);
}

/// Fills buckets one after the other; attributes with the same hash stay together.
class BucketFiller {
 public:
  BucketFiller(std::span<const BucketRun> runs, u32 block_size) : runs_(runs), block_size_(block_size) {
    for (const BucketRun& run : runs) most_ += run.room;
  }
  /// False when there are more attributes than buckets can hold.
  bool fill(std::span<const LooseAttribute> attributes);
  /// The attributes of bucket `index` of run `run`; empty for buckets that are not needed.
  std::span<const LooseAttribute> of(std::size_t run, u32 index) const;
  u32 buckets_in(std::size_t run) const;

 private:
  bool fits(std::span<const LooseAttribute> attributes) {
    return lay_out_attributes(trial_, XattrContainer::bucket, block_size_, attributes);
  }
  std::span<const BucketRun> runs_;
  u32 block_size_;
  u64 most_ = 0;
  std::vector<u8> trial_ = std::vector<u8>(xattr_bucket_bytes);
  std::vector<std::span<const LooseAttribute>> filled_;
};

bool BucketFiller::fill(std::span<const LooseAttribute> attributes) {
  const u64 most_entries =
      (block_size_ - sizeof(XattrHeader)) / sizeof(XattrEntry);  // they lie in the first block
  std::size_t begin = 0, end = 0;
  while (end < attributes.size()) {
    std::size_t next = end + 1;
    while (next < attributes.size() && attributes[next].entry.name_hash == attributes[end].entry.name_hash)
      ++next;
    const auto more = attributes.subspan(begin, next - begin);
    if (more.size() > most_entries || !fits(more)) {
      if (begin == end) return false;
      filled_.push_back(attributes.subspan(begin, end - begin));
      begin = end;
    } else {
      end = next;
    }
  }
  if (end > begin) filled_.push_back(attributes.subspan(begin, end - begin));
  return filled_.size() <= most_;
}

u32 BucketFiller::buckets_in(std::size_t run) const {
  u64 before = 0;
  for (std::size_t i = 0; i < run; ++i) before += runs_[i].room;
  if (filled_.size() <= before) return 1;  // a run has at least one, be it empty
  return static_cast<u32>(std::min<u64>(runs_[run].room, filled_.size() - before));
}

std::span<const LooseAttribute> BucketFiller::of(std::size_t run, u32 index) const {
  u64 number = index;
  for (std::size_t i = 0; i < run; ++i) number += runs_[i].room;
  return number < filled_.size() ? filled_[number] : std::span<const LooseAttribute>();
}

std::vector<LooseAttribute> all_attributes(AttributeCase& attributes, std::span<const BucketRun> runs,
                                           u32 blocks_per_bucket) {
  std::vector<LooseAttribute> all;
  for (const BucketRun& run : runs)
    for (u32 i = 0; i < run.buckets; ++i) {
      const auto patient =
          attributes.source.look<XattrBucket>(run.first + u64{i} * blocks_per_bucket, attributes.inode);
      if (!patient) continue;
      const auto entries = XattrHeader::entries(patient->bytes());
      for (LooseAttribute& one : loosen_attributes(patient->bytes(), entries)) all.push_back(std::move(one));
    }
  std::ranges::stable_sort(all, {}, [](const LooseAttribute& one) { return u32{one.entry.name_hash}; });
  return all;
}

}  // namespace

bool refill_buckets(Patient<XattrBlock>& block, AttributeCase& attributes, std::span<const BucketRun> runs) {
  const Geometry& geometry = attributes.source.geometry();
  const u32 blocks_per_bucket = xattr_bucket_bytes >> geometry.block_bits;
  const auto all = all_attributes(attributes, runs, blocks_per_bucket);
  BucketFiller filler(runs, geometry.block_size());
  if (!filler.fill(all)) return false;

  if (!all.empty() && u64{all.back().entry.name_hash} + runs.size() > 0xFFFFFFFF) return false;
  std::vector<std::vector<Patient<XattrBucket>>> buckets(runs.size());
  for (std::size_t r = 0; r < runs.size(); ++r)
    for (u32 i = 0; i < filler.buckets_in(r); ++i) {
      const BlockNo place = runs[r].first + u64{i} * blocks_per_bucket;
      auto patient = attributes.source.look<XattrBucket>(place, attributes.inode);
      if (!patient) return false;
      buckets[r].push_back(*std::move(patient));
    }

  const auto records = ExtentList::records(XattrBlock::list_bytes(block.mend_bytes()));
  u64 key = 0;
  for (std::size_t r = 0; r < runs.size(); ++r) {
    const auto first = filler.of(r, 0);
    if (r > 0) key = first.empty() ? key + 1 : u64{first.front().entry.name_hash};
    for (ExtentRecord& record : records)
      if (record.block == runs[r].first.value && !record.empty()) record.cpos = static_cast<u32>(key);
    for (u32 i = 0; i < buckets[r].size(); ++i) {
      const auto content = filler.of(r, i);
      const Bytes bytes = buckets[r][i].mend_bytes();
      lay_out_attributes(bytes, XattrContainer::bucket, geometry.block_size(), content);
      if (!content.empty()) key = content.back().entry.name_hash;
      if (i == 0) as<XattrHeader>(bytes).buckets = static_cast<u16>(filler.buckets_in(r));
    }
  }
  return true;
}

bool index_leads_nowhere(const Patient<XattrBlock>& block, AttributeCase& attributes) {
  const auto leads_nowhere = [&](const ExtentRecord& record) {
    const BlockNo place(record.block);
    return place <= super_block_no || !attributes.source.geometry().contains(place) ||
           is_foreign(record, attributes);
  };
  return block->root.list.tree_depth == 0 &&
         std::ranges::all_of(ExtentList::records(XattrBlock::list_bytes(block.bytes())), leads_nowhere);
}

void examine_attribute_index(Patient<XattrBlock>& block, AttributeCase& attributes) {
  IndexExam(block, attributes).run();
}

}  // namespace ocfs2
