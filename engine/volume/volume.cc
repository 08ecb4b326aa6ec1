// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/volume.h"

#include "engine/error.h"
#include "engine/volume/directory.h"
#include "engine/volume/file_data.h"

namespace ocfs2 {
namespace {

std::string bits_text(const Features& bits) {
  std::string text;
  const auto add = [&](std::string_view word, u32 value) {
    if (value != 0) text += fmt::format("{}{} 0x{:x}", text.empty() ? "" : ", ", word, value);
  };
  add("incompat", bits.incompat);
  add("ro_compat", bits.ro_compat);
  return text;
}

void refuse_unknown_features(const std::string& device, const Features& features,
                             const OpenOptions& options) {
  if (options.unknown_features) return;
  Features unknown = features.without(known_features());
  unknown.compat = 0;
  if (options.read_only) unknown.ro_compat = 0;
  if (!unknown.empty())
    fail(ErrorKind::unsupported,
         "{}: the volume uses features that this program does not know ({}); "
         "use a newer version",
         device, bits_text(unknown));
}

void refuse_unfinished_change(const std::string& device, const Features& features,
                              const OpenOptions& options) {
  if (options.unfinished_change) return;
  if (features.has(feature::aborted_resize))
    fail(ErrorKind::unsupported,
         "{}: a resize was cut off (aborted-resize is set); run \"fsck.ocfs2 -f {}\" to "
         "clean up, then try again",
         device, device);
  if (features.has(feature::aborted_tunefs))
    fail(ErrorKind::unsupported,
         "{}: a tunefs.ocfs2 operation was cut off (aborted-tunefs is set); run "
         "\"fsck.ocfs2 -f {}\" to clean up, then try again",
         device, device);
}

/// Debuggers that do not care for checksums get a cache that does not, either. It must not write: it would
/// seal blocks without a checksum.
VolumeFacts facts_for_cache(VolumeFacts facts, const OpenOptions& options) {
  require(options.super.check_sums || options.read_only);
  if (!options.super.check_sums) facts.features = facts.features.without(feature::metaecc);
  return facts;
}

VolumeFacts facts_or_fail(BlockDevice& device, const FoundSuper& found) {
  if (const auto facts = facts_from(found.inode())) return *facts;
  fail(ErrorKind::corrupt, "{}: the superblock in block {} does not measure a volume", device.name(),
       found.block.value);
}

}  // namespace

ClusterIdentity cluster_identity(const SuperBlock& super) {
  ClusterIdentity identity;
  const Features features = super.features();
  if (features.has(feature::local)) {
    identity.local = true;
  } else if (features.has(feature::userspace_stack) || features.has(feature::clusterinfo)) {
    identity.stack = text_of(super.cluster_stack);
    identity.cluster = text_of(super.cluster_name);
    identity.global_heartbeat =
        identity.stack == "o2cb" && (super.stack_flags & SuperBlock::stack_global_heartbeat) != 0;
  } else {
    identity.stack = "o2cb";
  }
  return identity;
}

std::unique_ptr<Volume> Volume::open(BlockDevice& device, const OpenOptions& options) {
  return open(device, find_super(device, options.super), options);
}

std::unique_ptr<Volume> Volume::open(BlockDevice& device, FoundSuper found, const OpenOptions& options) {
  const Features features = found.super().features();
  refuse_unknown_features(device.name(), features, options);
  if (features.has(feature::heartbeat_device) && !options.heartbeat_device)
    fail(ErrorKind::unsupported,
         "{}: this is a heartbeat device, which holds no files; it can only be "
         "reformatted with mkfs.ocfs2",
         device.name());
  refuse_unfinished_change(device.name(), features, options);
  return std::unique_ptr<Volume>(new Volume(device, std::move(found), options));
}

Volume::Volume(BlockDevice& device, FoundSuper super, const OpenOptions& options)
    : device_(device),
      super_(std::move(super)),
      facts_(facts_or_fail(device, super_)),
      cache_(device, facts_for_cache(facts_, options), options.cache_bytes) {}

void Volume::start_over(FoundSuper super) {
  const bool check_sums = cache_.facts().features == facts_.features;
  super_ = std::move(super);
  facts_ = facts_or_fail(device_, super_);
  VolumeFacts facts = facts_;
  if (!check_sums) facts.features = facts.features.without(feature::metaecc);
  cache_.set_facts(facts);
  cache_.drop_all();
}

void Volume::set_clusters(u32 clusters) {
  facts_.geometry.clusters = clusters;
  VolumeFacts for_cache = cache_.facts();
  for_cache.geometry.clusters = clusters;
  cache_.set_facts(for_cache);
}

void Volume::set_features(const Features& features) {
  facts_.features = features;
  VolumeFacts for_cache = cache_.facts();
  for_cache.features = features;
  cache_.set_facts(for_cache);
}

BlockRef<Inode> Volume::any_inode(InodeNo number) {
  if (number.value <= super_block_no.value || !geometry().contains(block_of(number)))
    fail(ErrorKind::invalid_argument, "{}: there can be no inode {}: the volume has blocks 0 to {}", name(),
         number.value, geometry().blocks() - 1);
  return cache_.read<Inode>(block_of(number));
}

BlockRef<Inode> Volume::inode(InodeNo number) {
  auto ref = any_inode(number);
  if (!ref->has_flag(inode_flag::valid))
    fail(ErrorKind::corrupt, "{}: inode {} is not in use", name(), number.value);
  return ref;
}

std::optional<InodeNo> Volume::find_system_file(SystemFile file, u32 slot) {
  return Directory(*this, system_directory()).search(system_file_name(file, slot));
}

BlockRef<Inode> Volume::system_file(SystemFile file, u32 slot) {
  if (const auto number = find_system_file(file, slot)) return inode(*number);
  fail(ErrorKind::corrupt, "{}: the system file {} is missing; run \"fsck.ocfs2 -f {}\"", name(),
       system_file_name(file, slot), name());
}

std::vector<std::optional<u32>> Volume::slot_map() {
  FileData file(*this, system_file(SystemFile::slot_map));
  const bool extended = has(feature::extended_slotmap);
  std::vector<u8> map(std::min<u64>(slot_map_bytes(extended, facts_.max_slots), file.size()));
  file.read(0, map);
  return decode_slot_map(map, extended, facts_.max_slots);
}

bool Volume::journal_dirty(u32 slot) {
  const auto number = find_system_file(SystemFile::journal, slot);
  if (number) cache_.drop(block_of(*number));
  return (system_file(SystemFile::journal, slot)->journal.flags & JournalState::dirty) != 0;
}

}  // namespace ocfs2
