// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_buckets.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/new_blocks.h"

namespace ocfs2 {
namespace {

constexpr u64 all_keys = u64{1} << 32;  ///< beyond every hash

}  // namespace

std::vector<LooseAttribute> XattrBuckets::attributes_of(BlockNo bucket) const {
  return loosen_attributes(transaction_.read<XattrBucket>(bucket).bytes());
}

bool XattrBuckets::lay_out(BlockNo bucket, std::span<const LooseAttribute> attributes) {
  return lay_out_attributes(transaction_.edit_as(bucket, XattrBucket::kind), XattrContainer::bucket,
                            geometry().block_size(), attributes);
}

void XattrBuckets::build(std::vector<LooseAttribute> attributes) {
  require(!attributes.empty());
  std::ranges::stable_sort(attributes, {}, &LooseAttribute::hash);
  const Bytes block = transaction_.edit_as(root().block(), XattrBlock::kind);
  std::ranges::fill(XattrBlock::container(block), 0);
  as<XattrBlock>(block).flags = XattrBlock::indexed;
  fill_extent_list({}, 0, geometry().extent_records_per_xattr_root(), XattrBlock::list_bytes(block));
  add_runs(0, part_among_buckets(attributes, geometry().block_size()));
}

void XattrBuckets::put(const LooseAttribute& attribute) {
  const XattrBucketPlace place = set().bucket_for(attribute.entry.name_hash);
  std::vector<LooseAttribute> attributes = attributes_of(place.block);
  drop_attribute(attributes, attribute.name());
  add_attribute(attributes, XattrContainer::bucket, attribute);
  if (!lay_out(place.block, attributes)) lay_out_run(place, std::move(attributes));
}

bool XattrBuckets::remove(const XattrName& name, u32 hash) {
  const XattrBucketPlace place = set().bucket_for(hash);
  std::vector<LooseAttribute> attributes = attributes_of(place.block);
  drop_attribute(attributes, name);
  require(lay_out(place.block, attributes));
  if (!attributes.empty()) return true;
  remove_bucket(place);
  return any_left();
}

bool XattrBuckets::any_left() const {
  bool any = false;
  set().each_container([&](BlockNo, XattrContainer form, ConstBytes bytes) {
    any = form == XattrContainer::bucket && as<XattrHeader>(bytes).count > 0;
    return !any;
  });
  return any;
}

/// Takes an empty bucket out of its run. The first run keeps one, since hashes have to begin somewhere.
void XattrBuckets::remove_bucket(const XattrBucketPlace& place) {
  if (place.buckets == 1) {
    if (place.run.cpos > 0) remove_runs(place.run.cpos, place.run.cpos + 1);
    return;
  }
  for (u64 i = place.index; i + 1 < place.buckets; ++i) {
    const BlockNo to = place.run.block + i * bucket_blocks();
    const auto from = transaction_.read<XattrBucket>(to + bucket_blocks());
    std::ranges::copy(from.bytes(), transaction_.edit_as(to, XattrBucket::kind).begin());
  }
  transaction_.edit<XattrBucket>(place.run.block).header.buckets = static_cast<u16>(place.buckets - 1);
  transaction_.forget(place.run.block + (place.buckets - 1) * bucket_blocks());
}

void XattrBuckets::release() { remove_runs(0, all_keys); }

void XattrBuckets::remove_runs(u64 key, u64 end) {
  const auto removed = [&](const ExtentRun& run) {
    space_.free_clusters(transaction_, geometry().cluster_of(run.block), run.clusters);
  };
  tree().remove(key, end, removed, ~std::size_t{0});
}

/// `attributes` are to lie in the bucket at `place`, and do not fit.
void XattrBuckets::lay_out_run(const XattrBucketPlace& place, std::vector<LooseAttribute> attributes) {
  std::vector<LooseAttribute> all;
  for (u64 i = 0; i < place.buckets; ++i) {
    auto some =
        i == place.index ? std::move(attributes) : attributes_of(place.run.block + i * bucket_blocks());
    std::ranges::move(some, std::back_inserter(all));
  }
  const auto shares = part_among_buckets(all, geometry().block_size());
  const u64 room = room_of(place.run.clusters);
  if (shares.size() <= room) {
    fill_run(place.run, shares);
    for (u64 i = shares.size(); i < place.buckets; ++i)
      transaction_.forget(place.run.block + i * bucket_blocks());
    return;
  }
  if (shares.size() <= room_of(run_clusters_max())) {
    remove_runs(place.run.cpos, place.run.cpos + 1);
    return add_runs(static_cast<u32>(place.run.cpos), shares);
  }
  const u64 kept = std::min<u64>(room, shares.size() / 2);
  fill_run(place.run, Shares(shares).first(kept));
  add_runs(shares[kept].front().hash(), Shares(shares).subspan(kept));
}

/// Puts these into new runs, the first of which is for hashes from `key` on.
void XattrBuckets::add_runs(u32 key, Shares shares) {
  while (!shares.empty()) {
    const u64 wanted =
        std::min(run_clusters_max(), geometry().clusters_for(shares.size() * xattr_bucket_bytes));
    const BitRun clusters = space_.allocate_clusters(transaction_, static_cast<u32>(wanted));
    const ExtentRun run{.cpos = key,
                        .clusters = clusters.count,
                        .block = geometry().first_block_of(ClusterNo(clusters.first))};
    const u64 filled = std::min<u64>(room_of(run.clusters), shares.size());
    fill_run(run, shares.first(filled));
    tree().insert(run);
    shares = shares.subspan(filled);
    if (!shares.empty()) key = shares.front().front().hash();
  }
}

void XattrBuckets::fill_run(const ExtentRun& run, Shares shares) {
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const BlockNo block = run.block + i * bucket_blocks();
    std::ranges::fill(transaction_.create_bytes(block, XattrBucket::kind), 0);
    require(lay_out(block, shares[i]));
  }
  transaction_.edit<XattrBucket>(run.block).header.buckets = static_cast<u16>(shares.size());
}

}  // namespace ocfs2
