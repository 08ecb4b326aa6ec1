// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/io/in_use.h"

#include <sys/sysmacros.h>

#include <catch2/catch.hpp>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

/// A machine with one disk, 240:16, as its kernel would describe it.
struct Machine {
  ScratchDirectory directory;
  SystemFiles files{directory / "proc", directory / "sys"};

  Machine() {
    mounts("22 27 0:21 / /proc rw,relatime - proc proc rw\n");
    directory.text_file("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
    directory.text_file("sys/dev/block/240:16/dev", "240:16\n");
  }
  void mounts(const std::string& lines) { directory.text_file("proc/self/mountinfo", lines); }

  std::vector<std::string> uses() {
    std::vector<std::string> texts;
    for (const Use& use : uses_of_number(makedev(240, 16), "/dev/xyz", files)) texts.push_back(use_text(use));
    return texts;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("a disk that nobody uses is free", "[io][in_use]") {
  Machine machine;
  CHECK(machine.uses().empty());
}

TEST_CASE("a mounted disk is mounted where and as what", "[io][in_use]") {
  Machine machine;
  machine.mounts(
      "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
      "30 27 240:160 / /other rw - ext4 /dev/other rw\n"
      "31 27 240:16 / /srv/two\\040words rw,noatime shared:1 master:2 - ocfs2 /dev/xyz rw,heartbeat=none\n"
      "32 27 240:16 /part /bind ro,noatime - ocfs2 /dev/xyz rw\n"
      "garbage\n");
  CHECK(machine.uses() == Texts{"/dev/xyz is mounted on /srv/two words as ocfs2",
                                "/dev/xyz is mounted on /bind as ocfs2, read-only"});
}

TEST_CASE("a disk below others is in use through them", "[io][in_use]") {
  Machine machine;
  machine.directory.text_file("sys/dev/block/240:16/holders/dm-3/dm/name", "vg-data\n");
  machine.directory.text_file("sys/dev/block/240:16/holders/dm-3/dev", "253:3\n");
  machine.directory.text_file("sys/dev/block/240:16/holders/md0/dev", "9:0\n");
  machine.mounts("31 27 253:3 / /data rw - xfs /dev/mapper/vg-data rw\n");
  CHECK(machine.uses() == Texts{"/dev/xyz is part of dm-3 (vg-data)",
                                "/dev/mapper/vg-data is mounted on /data as xfs", "/dev/xyz is part of md0"});
}

TEST_CASE("a disk with a used partition is in use", "[io][in_use]") {
  Machine machine;
  machine.directory.text_file("sys/dev/block/240:16/xyz1/partition", "1\n");
  machine.directory.text_file("sys/dev/block/240:16/xyz1/dev", "240:17\n");
  machine.directory.text_file("sys/dev/block/240:16/queue/dev", "240:17\n");  // no partition
  machine.mounts("31 27 240:17 / /boot rw - vfat /dev/xyz1 rw\n");
  CHECK(machine.uses() == Texts{"/dev/xyz1 is mounted on /boot as vfat"});
}

TEST_CASE("stacks of devices without an end are not followed for ever", "[io][in_use]") {
  Machine machine;
  machine.directory.text_file("sys/dev/block/240:16/holders/loop/dev", "240:16\n");
  CHECK(machine.uses().size() < 20);
}

TEST_CASE("an image file used as swap space is in use", "[io][in_use]") {
  Machine machine;
  const std::string image = machine.directory.sparse_file("image", 4096);
  CHECK(uses_of(image, machine.files).empty());
  machine.directory.text_file("proc/swaps",
                              "Filename Type Size Used Priority\n" + image + "   file 4 0 -2\n");
  const auto uses = uses_of(image, machine.files);
  REQUIRE(uses.size() == 1);
  CHECK(use_text(uses[0]) == image + " is used as swap space");
}

TEST_CASE("an image file attached as a loop device is in use, and by whom that is used", "[io][in_use]") {
  Machine machine;
  const std::string image = machine.directory.sparse_file("image", 4096);
  machine.directory.text_file("sys/block/loop7/loop/backing_file", image + "\n");
  machine.directory.text_file("sys/block/loop7/dev", "7:7\n");
  machine.directory.text_file("sys/block/loop8/loop/backing_file", "/nowhere (deleted)\n");
  machine.mounts("31 27 7:7 / /mnt rw - ocfs2 /dev/loop7 rw\n");
  const auto uses = uses_of(image, machine.files);
  REQUIRE(uses.size() == 2);
  CHECK(use_text(uses[0]) == image + " is attached as /dev/loop7");
  CHECK(use_text(uses[1]) == "/dev/loop7 is mounted on /mnt as ocfs2");
}

TEST_CASE("an image file that is mounted through FUSE is in use while that changes it", "[io][in_use]") {
  Machine machine;
  const std::string image = machine.directory.sparse_file("image", 4096);
  machine.directory.sparse_file("other", 4096);
  machine.mounts("31 27 0:50 / /mnt rw - fuse.ocfs2 " + image + " rw,user_id=0\n" +
                 "32 27 0:51 / /look ro - fuse.ocfs2 " + image + " ro,user_id=0\n" +
                 "33 27 0:52 / /foreign rw - fuse.other " + image + " rw,user_id=1000\n" +
                 "34 27 0:53 / /elsewhere rw - fuse.ocfs2 " + (machine.directory / "other") + " rw\n");
  CHECK(uses_of(image, machine.files).empty());
  const auto held = FileDevice::open(image, Access::exclusive);
  const auto uses = uses_of(image, machine.files);
  REQUIRE(uses.size() == 1);
  CHECK(use_text(uses[0]) == image + " is mounted on /mnt as fuse.ocfs2");
}

TEST_CASE("what is not there cannot be in use", "[io][in_use]") {
  CHECK_THROWS_AS(uses_of("/nowhere/at/all"), Error);
}

}  // namespace
}  // namespace ocfs2
