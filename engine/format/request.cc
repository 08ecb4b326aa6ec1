// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/request.h"

#include <algorithm>
#include <bit>

#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr u64 mebibyte = 1 << 20;
constexpr u64 gibibyte = 1 << 30;

bool large_clusters(VolumeType type) { return type == VolumeType::datafiles || type == VolumeType::vmstore; }

u32 default_block_size(u64 volume_bytes) {
  if (volume_bytes <= 3 * mebibyte) return 512;
  if (volume_bytes >= gibibyte) return 4096;
  return volume_bytes >= 512 * mebibyte ? 2048 : 1024;
}

u32 default_cluster_size(VolumeType type, u64 volume_bytes) {
  if (large_clusters(type)) {
    const u64 gigabytes = volume_bytes / gibibyte;
    if (gigabytes < 2)
      fail(ErrorKind::no_space, "Selected file system type requires a device of at least 2 gigabytes");
    return (gigabytes < 64 ? 128 : gigabytes < 96 ? 256 : gigabytes < 128 ? 512 : 1024) * 1024;
  }
  u32 size = cluster_size_min;
  while (size < cluster_size_max && volume_bytes / size > volume_clusters_max - 1) size *= 2;
  return size;
}

u32 default_slots(u64 volume_bytes) {
  const u64 gigabytes = volume_bytes / gibibyte;
  return gigabytes < 2 ? 2 : gigabytes < 10 ? 4 : gigabytes < 1024 ? 8 : 16;
}

/// What a heartbeat region, its system files and its bitmap need, in whole MiB.
u64 heartbeat_device_bytes(u32 block_size) { return round_up(u64{4 + 255 + 10} * block_size, mebibyte); }

struct JournalRule {
  u64 small, medium, large;  ///< blocks, on volumes of fewer than 2^18 blocks, fewer than 2^19, and more
};

u64 default_journal_blocks(VolumeType type, const Geometry& geometry) {
  const u64 blocks = geometry.blocks();
  if (type == VolumeType::plain) {
    if (blocks < 32768) return journal_bytes_min >> geometry.block_bits;
    return blocks < 262144 ? 4096 : std::clamp<u64>(blocks / 160, 16384, 65536);
  }
  const JournalRule rule = type == VolumeType::mail      ? JournalRule{16384, 32768, 65536}
                           : type == VolumeType::vmstore ? JournalRule{8192, 16384, 32768}
                                                         : JournalRule{8192, 8192, 8192};
  return blocks < 262144 ? rule.small : blocks < 524288 ? rule.medium : rule.large;
}

bool journals_fit(u64 journal_blocks, u32 slots, const Geometry& geometry) {
  return journal_blocks * slots + 1024 <= geometry.blocks();
}

u32 decide_journal_clusters(const FormatRequest& request, const Geometry& geometry, u32 slots) {
  if (geometry.blocks() < 2048)
    fail(ErrorKind::no_space,
         "Filesystem too small for a journal: it has {} blocks of {} bytes, the least is 2048",
         geometry.blocks(), geometry.block_size());
  // The kernel spends up to a cluster's worth of blocks in one transaction, and takes an eighth of the log
  // for it.
  const u64 least = std::max<u64>(9 * u64{geometry.cluster_size()}, journal_bytes_min);
  if (request.journal_bytes) {
    const u64 asked = *request.journal_bytes;
    if (asked > geometry.bytes() || !journals_fit(asked >> geometry.block_bits, slots, geometry))
      fail(ErrorKind::no_space,
           "Journal size too big for filesystem: {} journals of {} bytes on a volume of {} bytes", slots,
           asked, geometry.bytes());
    const u64 bytes = geometry.clusters_for(asked) << geometry.cluster_bits;
    if (bytes < least)
      fail(ErrorKind::invalid_argument,
           "Journal size too small for filesystem: with clusters of {} bytes a journal needs at least {} "
           "bytes",
           geometry.cluster_size(), least);
    return static_cast<u32>(bytes >> geometry.cluster_bits);
  }
  const u64 wanted = default_journal_blocks(request.type, geometry) << geometry.block_bits;
  const u64 clusters = geometry.clusters_for(std::max(wanted, least));
  if (!journals_fit(clusters * geometry.blocks_per_cluster(), slots, geometry))
    fail(ErrorKind::no_space,
         "Volume size too small for required configuration: {} journals of {} bytes do not fit {} bytes.\n"
         "Increase volume size, reduce cluster size or the number of node slots, or give a journal size with "
         "-J",
         slots, clusters << geometry.cluster_bits, geometry.bytes());
  return static_cast<u32>(clusters);
}

/// Groups for each slot's extent allocator: 0.1 % of the volume (0.3 % with large clusters), never over 5 %.
u32 decide_extent_groups(VolumeType type, const Geometry& geometry, u32 slots) {
  const u64 round = u64{geometry.suballocator_group_clusters()} * geometry.cluster_size() * slots;
  const u64 per_mille = large_clusters(type) ? 3 : 1;
  const u64 wanted = divide_up(divide_up(geometry.bytes() * per_mille, 1000), round);
  const u64 groups = std::max<u64>(wanted, 1);
  return static_cast<u32>(groups * round > geometry.bytes() / 20 ? groups - 1 : groups);
}

Features decide_features(const FormatRequest& request) {
  if (request.heartbeat_only) return feature::heartbeat_device | feature::strict_journal_super;
  Features features = request.features | feature::strict_journal_super;
  if (request.local) features = features | feature::local;
  if (request.cluster) {
    features = features | feature::extended_slotmap;
    if (!features.has(feature::clusterinfo))
      features =
          features | (request.cluster->stack == "o2cb" ? feature::clusterinfo : feature::userspace_stack);
  }
  return features;
}

u64 volume_bytes_on(const FormatRequest& request, const std::string& device, u64 device_bytes, u32 unit) {
  if (!request.blocks) return device_bytes / unit * unit;
  if (*request.blocks > device_bytes / unit)
    fail(ErrorKind::no_space,
         "{} blocks were specified and this is greater than the {} blocks of {} bytes that make up {}",
         *request.blocks, device_bytes / unit, unit, device);
  return *request.blocks * unit;
}

}  // namespace

FormatParameters decide(const FormatRequest& request, const std::string& device, u64 device_bytes,
                        u32 sector_size) {
  FormatParameters result;
  const u32 unasked = request.heartbeat_only ? sector_size : 0;
  const u32 asked = request.block_size.value_or(unasked);  // 0: chosen below
  // A count of blocks without their size counts blocks of 4096 bytes while the size is chosen, then of that
  // size.
  u64 bytes = volume_bytes_on(request, device, device_bytes, asked != 0 ? asked : block_size_max);
  const u32 block_size = asked != 0 ? asked : default_block_size(bytes);
  if (block_size < sector_size)
    fail(ErrorKind::invalid_argument,
         "the block device {} has a hardware sector size ({}) that is larger than the selected block size "
         "({})",
         device, sector_size, block_size);
  bytes = volume_bytes_on(request, device, device_bytes, block_size);
  if (request.heartbeat_only && !request.blocks && bytes > heartbeat_device_bytes(block_size)) {
    result.larger_than_needed = bytes > 2 * mebibyte;
    bytes = heartbeat_device_bytes(block_size);
  }

  Geometry& geometry = result.geometry;
  const u32 cluster_size = request.cluster_size.value_or(default_cluster_size(request.type, bytes));
  geometry.block_bits = static_cast<u32>(std::countr_zero(block_size));
  geometry.cluster_bits = static_cast<u32>(std::countr_zero(cluster_size));
  if (bytes / cluster_size > volume_clusters_max)
    fail(ErrorKind::invalid_argument,
         "The ocfs2 filesystem on device \"{}\" cannot be larger than {} clusters; "
         "give a cluster size of at least {} bytes with -C",
         device, volume_clusters_max, std::bit_ceil(divide_up(bytes, volume_clusters_max)));
  geometry.clusters = static_cast<u32>(bytes / cluster_size);
  if (geometry.blocks() > 0xFFFFFFFF && !request.journal_block64 && !request.heartbeat_only)
    fail(ErrorKind::invalid_argument,
         "ERROR: {} holds {} blocks, but journals as they are asked for count blocks in 32 bits.\n"
         "Give -J block64 (any kernel with JBD2 mounts such a volume), a larger block size, or fewer blocks",
         device, geometry.blocks());

  result.features = decide_features(request);
  result.type = request.type;
  result.cluster = request.heartbeat_only ? std::nullopt : request.cluster;
  result.label = request.label;
  if (request.heartbeat_only) return result;
  result.slots = request.slots.value_or(request.local ? 1 : default_slots(geometry.bytes()));
  result.journal_block64 = request.journal_block64;
  result.journal_clusters = decide_journal_clusters(request, geometry, result.slots);
  result.extent_groups = decide_extent_groups(request.type, geometry, result.slots);
  return result;
}

}  // namespace ocfs2
