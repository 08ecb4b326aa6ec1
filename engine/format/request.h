// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a user asks for when formatting, and what it comes down to on a given device. `decide` turns the one
// into the other by the size rules of spec commands.md 1.3 and ondisk.md 1.5; it only computes, so a dry run
// is the same call.
#pragma once

#include <optional>
#include <string>

#include "ondisk/features.h"
#include "ondisk/geometry.h"

namespace ocfs2 {

/// The usage a volume is meant for (-T): it moves the defaults of cluster and journal sizes.
enum class VolumeType { plain, mail, datafiles, vmstore };

/// Which cluster a volume belongs to, as its superblock records it.
struct ClusterInfo {
  std::string stack;  ///< "o2cb", "pcmk", "cman": four characters
  std::string name;   ///< at most 16 characters
  bool global_heartbeat = false;

  bool operator==(const ClusterInfo&) const = default;
};

struct FormatRequest {
  std::optional<u32> block_size{};     ///< bytes, 512 … 4096
  std::optional<u32> cluster_size{};   ///< bytes, 4 KiB … 1 MiB
  std::optional<u32> slots{};          ///< 1 … 255
  std::optional<u64> journal_bytes{};  ///< of each slot
  bool journal_block64 = false;        ///< journals address blocks with 64 bits
  std::optional<u64> blocks{};         ///< use only so many blocks of the device
  VolumeType type = VolumeType::plain;
  bool heartbeat_only = false;
  bool local = false;   ///< one node, no cluster
  Features features{};  ///< after levels and wishes were resolved
  std::optional<ClusterInfo> cluster{};
  std::string label{};  ///< at most 63 bytes
};

/// Everything about the new volume but its identity (UUID, generation, seeds, time) and the places of its
/// parts.
struct FormatParameters {
  Geometry geometry;
  Features features;         ///< final: with what mount type and cluster stack imply
  u32 slots = 0;             ///< 0 on a heartbeat-only device
  u32 journal_clusters = 0;  ///< of each slot's journal
  bool journal_block64 = false;
  u32 extent_groups = 0;  ///< block groups given to each slot's extent allocator at once
  VolumeType type = VolumeType::plain;
  std::optional<ClusterInfo> cluster;
  std::string label;
  bool larger_than_needed = false;  ///< a heartbeat-only device was cut to what a heartbeat region needs

  bool heartbeat_only() const { return features.has(feature::heartbeat_device); }
  u64 journal_bytes() const { return u64{journal_clusters} << geometry.cluster_bits; }
};

/// Sizes and features for `request` on a device of `device_bytes` with sectors of `sector_size` bytes;
/// `device` is its name, for messages. Throws Error(invalid_argument) or Error(no_space) saying what does not
/// go together.
FormatParameters decide(const FormatRequest& request, const std::string& device, u64 device_bytes,
                        u32 sector_size);

}  // namespace ocfs2
