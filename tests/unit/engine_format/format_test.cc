// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/format/format.h"

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/format/identity.h"
#include "engine/volume/directory.h"
#include "engine/volume/volume.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/recording_device.h"

namespace ocfs2 {
namespace {

constexpr u64 gibibyte = 1 << 30;

struct Wish {
  u64 bytes = 64 << 20;
  u32 block_size = 1024;
  u32 slots = 2;
  FeatureLevel level = FeatureLevel::max_features;
  Features without{};
  u8 identity = 1;  ///< first byte of the UUID
};

void format(BlockDevice& device, const Wish& wish, Reporter& reporter) {
  FormatRequest request;
  request.block_size = wish.block_size;
  request.slots = wish.slots;
  request.journal_bytes = journal_bytes_min;
  request.features = features_of(wish.level).without(wish.without);
  const FormatParameters parameters =
      decide(request, device.name(), device.size_bytes(), device.sector_size());
  const VolumeIdentity identity = new_identity(Uuid{wish.identity}, 1'700'000'000);
  write_volume(plan_layout(parameters, identity), device, {}, reporter);
}

void format(BlockDevice& device, const Wish& wish) {
  SilentReporter reporter;
  format(device, wish, reporter);
}

MemoryDevice formatted(const Wish& wish) {
  MemoryDevice device(wish.bytes);
  format(device, wish);
  return device;
}

/// The first byte of the UUID of the volume that can be opened; nothing when none can.
std::optional<u8> opened(MemoryDevice device) try {
  return Volume::open(device)->super().uuid[0];
} catch (const Error&) {
  return std::nullopt;
}

/// Stops the work at the first chance.
class StoppingReporter final : public Reporter {
 public:
  void note(std::string_view) override {}
  void warn(std::string_view) override {}
  void stage(std::string_view) override {}
  void stage_done(std::string_view) override {}
  void progress(u64, u64) override {}
  bool interrupted() const override { return true; }
};

/// What one crashed format may leave: the old volume without some backups, nothing, or the new volume as a
/// whole.
void check_crash(const MemoryDevice& left, const MemoryDevice& finished) {
  const std::optional<u8> volume = opened(left);
  if (volume == 2) CHECK(left.same_content(finished));
  if (volume) return;
  MemoryDevice copy = left;
  for (u32 number = 1; number <= 2; ++number) {
    const auto backup = find_backup_super(copy, number);
    if (backup)
      CHECK(backup->super().uuid[0] == 2);  // written when everything but the first superblock is there
  }
}

}  // namespace

TEST_CASE("the same UUID and time make the same bytes", "[format]") {
  REQUIRE(formatted({}).same_content(formatted({})));
  REQUIRE_FALSE(formatted({}).same_content(formatted({.identity = 2})));
}

TEST_CASE("formatting overwrites whatever was there with the same volume", "[format]") {
  MemoryDevice device = formatted({.block_size = 512, .slots = 4, .identity = 9});
  format(device, {});
  const auto volume = Volume::open(device);

  REQUIRE(volume->super().uuid[0] == 1);
  REQUIRE(volume->facts().max_slots == 2);
}

TEST_CASE("every directory that outgrows its inode is indexed", "[format]") {
  Wish wish{.bytes = 256 << 20, .slots = 32};
  MemoryDevice device = formatted(wish);
  const auto volume = Volume::open(device);
  const BlockRef<Inode> system = volume->inode(volume->system_directory());

  REQUIRE_FALSE(system->has_dynamic(dynamic_feature::inline_data));
  REQUIRE(system->has_dynamic(dynamic_feature::indexed_dir));
  for (u32 slot = 0; slot < wish.slots; ++slot) {
    REQUIRE(volume->find_system_file(SystemFile::journal, slot).has_value());
    REQUIRE_FALSE(volume->journal_dirty(slot));
  }
}

TEST_CASE("a format that dies at any write leaves no volume that opens but is damaged", "[format][crash]") {
  const Wish old_wish{.bytes = 5 * gibibyte, .block_size = 2048, .identity = 1};
  const Wish new_wish{.bytes = 5 * gibibyte, .block_size = 4096, .identity = 2};
  RecordingDevice device(formatted(old_wish));
  format(device, new_wish);
  const MemoryDevice finished = device.now();

  REQUIRE(opened(finished) == 2);
  for (std::size_t moment = 0; moment <= device.events(); ++moment) {
    check_crash(device.after(moment), finished);
    for (u64 seed = 1; seed <= 4; ++seed) check_crash(device.after_power_loss(moment, seed), finished);
  }
}

TEST_CASE("a format that meets an error takes its attempt away", "[format][crash]") {
  for (const Call call : {Call::write, Call::zero, Call::flush}) {
    bool failed = true;
    for (u64 nth = 1; failed; ++nth) {
      MemoryDevice memory = formatted({.identity = 1});
      FaultyDevice device(memory);
      device.fail_call(call, nth, EIO);
      try {
        format(device, {.identity = 2});
        failed = false;
      } catch (const Error& error) {
        REQUIRE(error.kind() == ErrorKind::io);
        REQUIRE(opened(memory) != 2);
      }
      REQUIRE(nth < 500);
    }
  }
}

TEST_CASE("a format that is interrupted leaves nothing", "[format][crash]") {
  const Wish wish{.bytes = gibibyte, .block_size = 512, .slots = 200, .level = FeatureLevel::max_compat};
  MemoryDevice device(wish.bytes);
  StoppingReporter reporter;

  REQUIRE_THROWS_AS(format(device, wish, reporter), Error);
  REQUIRE_FALSE(opened(device).has_value());
}

}  // namespace ocfs2
