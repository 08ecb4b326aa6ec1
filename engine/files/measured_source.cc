// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/files/measured_source.h"

#include <algorithm>

#include "ondisk/directory.h"
#include "ondisk/index.h"
#include "ondisk/inode.h"

namespace ocfs2 {
namespace {

constexpr u64 short_value_bytes = 80;  ///< lies beside the name of its attribute

}  // namespace

void MeasuredSource::add(const SourceFile& file) {
  if (!file.path.empty()) ++demand_.files;
  const u64 name_bytes = file.path.size() - (file.path.rfind('/') + 1);
  // Blocks of directories and of their indexes are on an average three quarters full.
  demand_.volume_bytes += (DirectoryEntry::needed(static_cast<u32>(name_bytes)) + sizeof(IndexEntry)) * 4 / 3;
  if (file.same_as) return;
  ++demand_.inodes;
  demand_.volume_bytes += block_size_;
  u64 bytes = 0;
  if (file.type() == file_mode::regular) bytes = file.data_bytes;
  if (file.type() == file_mode::symlink) bytes = file.target.size();
  demand_.data_bytes += file.data_bytes;
  if (bytes > inline_bytes_) demand_.volume_bytes += round_up(bytes, cluster_size_);
  if (file.type() == file_mode::directory) demand_.volume_bytes += cluster_size_ + block_size_;
  if (!file.attributes.empty()) demand_.volume_bytes += block_size_;
  for (const auto& [name, value] : file.attributes)
    if (value.size() > short_value_bytes) demand_.volume_bytes += round_up(value.size(), cluster_size_);
}

u64 inline_bytes(const VolumeFacts& facts) {
  if (!facts.features.has(feature::inline_data)) return 0;
  return facts.geometry.block_size() - Inode::body_offset - sizeof(InlineData);
}

}  // namespace ocfs2
