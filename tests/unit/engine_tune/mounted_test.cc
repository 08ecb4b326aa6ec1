// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is done to a volume that nodes have mounted. The kernel here is one of our own: it refuses what the
// real one refuses (spec: cluster.md J3), and grows the volume as tunefs does offline.
#include <catch2/catch.hpp>
#include <cerrno>

#include "engine/journal/single_blocks.h"
#include "tests/worlds/tune_world.h"

namespace ocfs2 {
namespace {

using Catch::Matchers::Contains;

class PretendedKernel final : public MountedFileSystem {
 public:
  explicit PretendedKernel(BlockDevice& device) : device_(device) {}

  std::optional<Refusal> blocks(u64& count) override {
    count = Volume::open(device_)->geometry().blocks();
    return std::nullopt;
  }

  std::optional<Refusal> extend_last_group(u32 clusters) override {
    const Geometry geometry = Volume::open(device_)->geometry();
    const u32 in_last = geometry.clusters_in_group(geometry.cluster_groups() - 1);
    if (dies || in_last + clusters > geometry.clusters_per_group()) return Refusal{EINVAL, "extend"};
    ++extended;
    return grow(clusters);
  }

  std::optional<Refusal> add_group(const NewGroup& group) override {
    const auto volume = Volume::open(device_);
    const Geometry& geometry = volume->geometry();
    const auto bitmap = volume->system_file(SystemFile::global_bitmap);
    std::vector<u8> bytes(geometry.block_size());
    device_.read(group.block * geometry.block_size(), bytes);
    const auto& written = as<GroupDescriptor>(ConstBytes(bytes));
    const bool first_of_chain = bitmap->chains.used < bitmap->chains.count;
    const bool right_chain = !first_of_chain || group.chain == bitmap->chains.used;
    const bool right_place =
        group.block == u64{geometry.clusters} * geometry.blocks_per_cluster() && written.block == group.block;
    const bool right_counts = written.bits == group.clusters && written.free_bits == group.free &&
                              written.chain == group.chain && group.clusters <= geometry.clusters_per_group();
    const bool whole_groups = geometry.clusters % geometry.clusters_per_group() == 0;
    const bool ours =
        written.generation == volume->facts().generation && written.parent_inode == bitmap.block().value;
    if (dies || !right_chain || !right_place || !right_counts || !whole_groups || !ours)
      return Refusal{EINVAL, "add"};
    ++added;
    return grow(group.clusters);
  }

  u32 extended = 0, added = 0;
  bool dies = false;

 private:
  std::optional<Refusal> grow(u32 clusters) {
    const auto volume = Volume::open(device_);
    const u64 bytes = u64{volume->geometry().clusters + clusters} << volume->geometry().cluster_bits;
    const TuneRun run = tune(device_, resize_volume(VolumeSize{.value = bytes}));
    REQUIRE(run.error == "");
    return std::nullopt;
  }

  BlockDevice& device_;
};

/// The same as `tune`, for a volume that is mounted; on this host when there is a kernel.
TuneRun tune_mounted(BlockDevice& device, MountedFileSystem* kernel, const Operation& operation) {
  TuneRun run;
  SilentReporter reporter;
  REQUIRE(operation.while_mounted);
  try {
    const auto volume = Volume::open(device, {.read_only = false});
    SingleBlocks way(device, volume->geometry().block_size());
    Tuning tuning(*volume, &way, kernel,
                  {reporter, [] { return u64{1'900'000'000}; }, [] { return std::nullopt; }, {}});
    const Plan plan = operation.plan(tuning);
    if (!plan.change) return run.settled.push_back(plan.settled), run;
    run.changes.push_back(plan.change->what);
    plan.change->carry_out();
  } catch (const Error& error) {
    run.error = error.what();
  }
  return run;
}

}  // namespace

TEST_CASE("a mounted volume grows group by group, and its backups follow", "[tune]") {
  const u32 block_size = GENERATE(1024, 4096);
  VolumeWorld world({.bytes = 1200 << 20, .block_size = block_size, .volume_bytes = u64{100} << 20});
  PretendedKernel kernel(world.device);
  const TuneRun step = tune_mounted(world.device, &kernel, resize_volume(VolumeSize{.value = 110 << 20}));
  CHECK(step.error == "");
  const TuneRun rest = tune_mounted(world.device, &kernel, resize_volume({}));
  CHECK(rest.error == "");
  CHECK(kernel.extended > 0);
  CHECK(kernel.added > 5);
  const auto volume = Volume::open(world.device);
  CHECK(volume->geometry().clusters == (1200 << 20) / 4096);
  REQUIRE(find_backup_super(world.device, 1));
  CHECK(find_backup_super(world.device, 1)->inode().clusters == volume->geometry().clusters);
  CHECK(tune_mounted(world.device, &kernel, resize_volume({})).settled.size() == 1);
  expect_sound(world.device);
}

TEST_CASE("a mounted volume stays sound when the kernel refuses to make it larger", "[tune]") {
  VolumeWorld world({.bytes = 300 << 20, .volume_bytes = u64{100} << 20});
  PretendedKernel kernel(world.device);
  kernel.dies = true;
  CHECK_THAT(tune_mounted(world.device, &kernel, resize_volume({})).error, Contains("dmesg"));
  CHECK(Volume::open(world.device)->geometry().clusters == (100 << 20) / 4096);
  expect_sound(world.device);
  CHECK_THAT(tune_mounted(world.device, nullptr, resize_volume({})).error,
             Contains("Mountpoint not found for online operation"));
}

TEST_CASE("a label changes beside nodes that have the volume mounted", "[tune]") {
  VolumeWorld world({.bytes = 1100 << 20});
  CHECK(tune_mounted(world.device, nullptr, change_label("new")).error == "");
  CHECK(Volume::open(world.device)->label() == "new");
  CHECK(text_of(find_backup_super(world.device, 1)->super().label) == "new");
  expect_sound(world.device);
}

TEST_CASE("what needs the volume for itself says so", "[tune]") {
  CHECK_FALSE(change_slots(4).while_mounted);
  CHECK_FALSE(resize_journals(8 << 20).while_mounted);
  for (const Operation& operation : features("append-dio,nosparse"))
    CHECK(operation.while_mounted == (operation.name == "feature append-dio"));
}

}  // namespace ocfs2
