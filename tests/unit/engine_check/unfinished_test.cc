// SPDX-License-Identifier: GPL-2.0-or-later
//
// A check that cannot come to its end: it says so, and what it did not learn of is not taken for lost.
#include <catch2/catch.hpp>

#include "tests/worlds/check_world.h"
#include "tests/worlds/exam_world.h"
#include "tests/worlds/faulty_device.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

using Codes = std::vector<std::string>;

bool is_file(const Inode& inode) {
  return inode.is_regular() && !inode.has_flag(inode_flag::system) &&
         inode.body_kind() == InodeBody::extent_list && inode.clusters != 0;
}

/// More faults than one transaction takes.
void damage_many(ExamWorld& world) {
  std::size_t count = 0;
  for (const InodeNo file : world.inodes(is_file)) {
    if (++count > 3 * Mender::settle_blocks) return;
    world.damage<Inode>(block_of(file), [](Inode& inode, Bytes) { inode.clusters += 7; });
  }
  FAIL("the volume has too few files");
}

/// Many inodes say that their attributes are in one block, which has an owner.
std::size_t share_attributes(ExamWorld& world) {
  const auto owners = world.inodes([](const Inode& inode) { return inode.xattr_block != 0; });
  REQUIRE(!owners.empty());
  const u64 block = world.volume().inode(owners.front())->xattr_block;
  std::size_t count = 0;
  for (const InodeNo file : world.inodes(is_file)) {
    if (world.volume().inode(file)->dynamic_features != 0) continue;
    world.damage<Inode>(block_of(file), [&](Inode& inode, Bytes) {
      inode.xattr_block = block;
      inode.dynamic_features |= dynamic_feature::has_xattr;
    });
    if (++count == 60) return count;
  }
  FAIL("the volume has too few files");
  return 0;
}

std::string fault_of_second_run(MemoryDevice left, const TreeDigest& expected) {
  return convergence_fault(std::move(left), {.force = true}, expected);
}

}  // namespace

TEST_CASE("A write that fails ends the check, and nothing is lost", "[fsck]") {
  ExamWorld world(corpus_volume("rich-base"));
  damage_many(world);
  MemoryDevice repaired = world.device;
  const u64 writes = [&] {
    FaultyDevice device(repaired);
    REQUIRE(check_volume(device, {.force = true}).outcome.clean());
    return device.calls(Call::write);
  }();
  const TreeDigest expected = tree_digest(repaired);

  std::size_t failed_in_pass_1 = 0;
  for (u64 moment = 1; moment <= writes; moment += std::max<u64>(writes / 40, 1)) {
    INFO("write " << moment << " of " << writes);
    MemoryDevice left = world.device;
    FaultyDevice device(left);
    device.fail_call(Call::write, moment, EIO);
    const CheckRun run = check_volume(device, {.force = true});
    CAPTURE(run.codes, run.warnings);
    CHECK_FALSE(run.outcome.clean());
    failed_in_pass_1 += run.said("while performing pass 1");
    CHECK(fault_of_second_run(left, expected) == "");
  }
  CHECK(failed_in_pass_1 > 0);
}

TEST_CASE("What was not written does not count as fixed", "[fsck]") {
  ExamWorld world(corpus_volume("rich-base"));
  damage_many(world);
  const u64 found = check_volume(world.device, {.read_only = true, .force = true}).outcome.found;
  MemoryDevice left = world.device;
  FaultyDevice device(left);
  device.fail_from_call(Call::write, 1, EIO);
  const CheckRun run = check_volume(device, {.force = true});
  CAPTURE(run.warnings);
  CHECK(left.same_content(world.device));
  CHECK(run.outcome.mended == 0);
  CHECK(run.outcome.left > 0);
  CHECK(run.outcome.left <= found + run.outcome.failures);
}

TEST_CASE("A volume of which a part is missing is looked at, and not repaired", "[fsck]") {
  const MemoryDevice whole = corpus_volume("rich-base");
  for (const u64 bytes : {whole.size_bytes() / 2, whole.size_bytes() - 4096, u64{5000}}) {
    INFO(bytes << " of " << whole.size_bytes() << " bytes");
    MemoryDevice rest(bytes);
    std::vector<u8> content(bytes);
    MemoryDevice(whole).read(0, content);
    rest.write(TestKey{}, 0, content);
    const MemoryDevice before = rest;
    const CheckRun look = check_volume(rest, {.read_only = true, .force = true});
    CHECK(look.codes.front() == "DEVICE_TOO_SMALL");
    CHECK_FALSE(look.outcome.clean());
    CHECK_THROWS_WITH(check_volume(rest, {.force = true}),
                      Catch::Contains("a part of the volume is missing") && Catch::Contains("150 MiB"));
    CHECK(rest.same_content(before));
  }
}

TEST_CASE("More claims than memory can hold end the check, and more memory helps", "[fsck]") {
  ExamWorld world(corpus_volume("rich-base"));
  const std::size_t claims = share_attributes(world);
  MemoryDevice repaired = world.device;
  const CheckRun enough = check_volume(repaired, {.force = true});
  REQUIRE(enough.outcome.clean());
  const TreeDigest expected = tree_digest(repaired);

  const u64 too_little = (claims / 2) * CheckOptions::claim_memory_bytes;
  const CheckRun run = check_volume(world.device, {.force = true, .memory_bytes = too_little});
  CAPTURE(run.codes, run.warnings);
  CHECK(run.outcome.failures == 1);
  CHECK_FALSE(run.outcome.clean());
  CHECK(run.said(fmt::format("{} blocks are claimed that others have, too", claims)));
  CHECK(run.said("run this again with --memory=1M"));
  CHECK(run.codes == Codes{});
  CHECK(fault_of_second_run(world.device, expected) == "");
}

TEST_CASE("Journals that cannot be come by before the system directory is mended are looked at behind it",
          "[fsck]") {
  ExamWorld world(corpus_volume("rich-base"));
  world.damage<Inode>(block_of(world.volume().system_directory()),
                      [](Inode& inode, Bytes) { inode.mode = 0x113c; });

  const CheckRun run = check_volume(world.device);

  CHECK(run.codes == Codes{"SYSTEM_INODE_INVALID"});
  CHECK(run.outcome.clean());
  CHECK(check_volume(world.device).codes == Codes{});
  CHECK(Volume::open(world.device)->super().last_check != 0);
}

}  // namespace ocfs2
