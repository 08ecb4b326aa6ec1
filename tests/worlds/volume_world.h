// SPDX-License-Identifier: GPL-2.0-or-later
//
// A freshly formatted volume in memory, and a way to plant blocks in it by hand.
#pragma once

#include "engine/format/format.h"
#include "engine/format/identity.h"
#include "engine/io/memory_device.h"
#include "engine/volume/volume.h"
#include "ondisk/inode.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

struct VolumeWish {
  u64 bytes = 64 << 20;  ///< of the device
  u32 block_size = 4096;
  u32 cluster_size = 4096;
  Features features = features_of(FeatureLevel::default_features);
  bool local = true;
  u32 slots = 2;
  std::optional<ClusterInfo> cluster{};
  std::optional<u64> volume_bytes{};  ///< where the volume does not fill the device
  std::function<void(Volume&, WriteAhead&)> fill{};  ///< puts something into it while it is made
};

class VolumeWorld {
 public:
  explicit VolumeWorld(const VolumeWish& wish = {}) : device(wish.bytes) {
    FormatRequest request;
    request.block_size = wish.block_size;
    request.cluster_size = wish.cluster_size;
    request.slots = wish.slots;
    request.journal_bytes = std::max<u64>(journal_bytes_min, 9u * wish.cluster_size);
    request.local = wish.local;
    request.features = wish.features;
    request.cluster = wish.cluster;
    request.label = "world";
    if (wish.volume_bytes) request.blocks = *wish.volume_bytes / wish.block_size;
    SilentReporter reporter;
    const FormatParameters parameters =
        decide(request, device.name(), device.size_bytes(), device.sector_size());
    write_volume(plan_layout(parameters, new_identity(Uuid{0x5a, 1}, 1'800'000'000)), device,
                 {.discard = true, .fill = wish.fill}, reporter);
  }

  Volume& volume() {
    if (!opened_) opened_ = Volume::open(device);
    return *opened_;
  }

  /// Changes the superblock behind the volume's back. Only for volumes without metaecc.
  void edit_super(const std::function<void(SuperBlock&)>& change) {
    const u64 offset = 2 * volume().geometry().block_size();
    std::vector<u8> block(volume().geometry().block_size());
    device.read(offset, block);
    change(as<SuperInode>(Bytes(block)).super);
    device.write(TestKey{}, offset, block);
  }

  /// A block of zeros with the signature and numbers that T has, filled in further by `fill`, planted and
  /// sealed.
  template <class T>
  void plant(BlockNo block, const std::function<void(T&, Bytes)>& fill) {
    const VolumeFacts& facts = volume().facts();
    std::vector<u8> bytes(facts.geometry.block_size());
    T& structure = as<T>(Bytes(bytes));
    stamp(structure.signature, T::signature_text);
    structure.fs_generation = facts.generation;
    structure.block = block.value;
    structure.suballoc_bit = static_cast<u16>(1);
    fill(structure, bytes);
    seal(T::kind, facts, bytes);
    device.write(TestKey{}, facts.geometry.byte_of(block), bytes);
    volume().cache().drop(block);
  }

  void plant_bytes(BlockNo block, std::string_view text) {
    const ConstBytes bytes(reinterpret_cast<const u8*>(text.data()), text.size());
    device.write(TestKey{}, volume().geometry().byte_of(block), bytes);
  }

  MemoryDevice device;

 private:
  std::unique_ptr<Volume> opened_;
};

/// Makes `inode` a regular file in use with an empty extent list of the right capacity.
inline void become_file(Inode& inode, const Geometry& geometry, u64 size_bytes) {
  inode.flags = inode_flag::valid;
  inode.mode = file_mode::regular | 0644;
  inode.links_count = static_cast<u16>(1);
  inode.size = size_bytes;
  inode.extents.count = static_cast<u16>(geometry.extent_records_per_inode());
}

/// Appends a run to the list that `list` begins with; the list must be a leaf.
inline void add_run(Bytes list, u32 cpos, u16 clusters, u64 block, u8 flags = 0) {
  ExtentRecord& record = ExtentList::record_slots(list)[as<ExtentList>(list).used];
  record.cpos = cpos;
  record.clusters = clusters;
  record.block = block;
  record.flags = flags;
  as<ExtentList>(list).used += 1;
}

inline void add_child(Bytes list, u32 cpos, u32 clusters, u64 block) {
  ChildRecord& record = ExtentList::child_slots(list)[as<ExtentList>(list).used];
  record.cpos = cpos;
  record.clusters = clusters;
  record.block = block;
  as<ExtentList>(list).used += 1;
}

}  // namespace ocfs2
