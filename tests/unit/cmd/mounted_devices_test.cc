// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <fstream>

#include "cmd/mounted_devices.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;

/// A system root with only what describes block devices.
class FakeRoot {
 public:
  FakeRoot() : path(fs::temp_directory_path() / fs::path("ocfs2box-devices-XXXXXX")) {
    std::string name = path;
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / "proc");
    fs::create_directories(path / "sys/class/block");
  }
  ~FakeRoot() { fs::remove_all(path); }

  void disk(const std::string& name) {
    fs::create_directories(path / "sys/devices" / name);
    fs::create_directory_symlink(path / "sys/devices" / name, path / "sys/class/block" / name);
  }
  void partition(const std::string& disk, const std::string& name) {
    fs::create_directories(path / "sys/devices" / disk / name);
    fs::create_directory_symlink(path / "sys/devices" / disk / name, path / "sys/class/block" / name);
    write("sys/class/block/" + name + "/partition", "1\n");
  }
  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((path / file).parent_path());
    std::ofstream(path / file) << text;
  }

  fs::path path;
};

}  // namespace

TEST_CASE("devices of every driver are looked at, disks with partitions and tiny ones are not", "[mounted]") {
  FakeRoot root;
  root.disk("sda");
  root.partition("sda", "sda1");
  root.disk("sdb");
  root.disk("drbd0");
  root.disk("nvme0n1");
  root.partition("nvme0n1", "nvme0n1p2");
  root.disk("dm-3");
  root.write("sys/class/block/dm-3/dm/name", "shared-lun\n");
  root.disk("loop7");
  root.disk("cciss!c0d0");
  root.write("proc/partitions",
             "major minor  #blocks  name\n\n"
             "   8        0   10485760 sda\n"
             "   8        1   10484736 sda1\n"
             "   8       16   10485760 sdb\n"
             " 147        0   10485760 drbd0\n"
             " 259        0   10485760 nvme0n1\n"
             " 259        1    1048576 nvme0n1p2\n"
             " 253        3   10485760 dm-3\n"
             "   7        7       1024 loop7\n"
             " 104        0   10485760 cciss/c0d0\n");

  REQUIRE(candidate_devices(root.path) == std::vector<std::string>{"/dev/sda1", "/dev/sdb", "/dev/drbd0",
                                                                   "/dev/nvme0n1p2", "/dev/mapper/shared-lun",
                                                                   "/dev/cciss/c0d0"});
}

TEST_CASE("a system without block devices has none", "[mounted]") {
  FakeRoot root;

  REQUIRE(candidate_devices(root.path).empty());
}

TEST_CASE("nobody is kept waiting by a disk whose path is down", "[mounted]") {
  FakeRoot root;
  root.disk("sda");
  root.disk("sdb");
  root.partition("sdb", "sdb1");
  root.write("sys/class/block/sda/device/state", "running\n");
  root.write("sys/class/block/sdb/device/state", "blocked\n");
  root.write("proc/partitions",
             "   8        0   10485760 sda\n"
             "   8       16   10485760 sdb\n"
             "   8       17   10484736 sdb1\n");

  REQUIRE(candidate_devices(root.path) == std::vector<std::string>{"/dev/sda"});
}

}  // namespace ocfs2
