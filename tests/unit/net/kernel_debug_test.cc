// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/kernel_debug.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "net/words.h"

namespace ocfs2 {
namespace {

/// A root with nothing in it but what a test puts there.
class Root {
 public:
  Root() : path_(std::filesystem::temp_directory_path() / ("ocfs2-root-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Root() { std::filesystem::remove_all(path_); }
  void file(const std::string& name, const std::string& text) const {
    const auto place = path_ / name;
    std::filesystem::create_directories(place.parent_path());
    std::ofstream(place) << text;
  }
  std::string text(const std::string& name) const { return whole_file(path_ / name).value_or("?"); }
  std::string path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("debugfs is found where it is mounted", "[kernel_debug]") {
  const Root root;
  CHECK_FALSE(kernel_debug_folder(root.path()).has_value());
  root.file("proc/mounts", "proc /proc proc rw 0 0\nnone /mnt ext4 rw 0 0\n");
  CHECK_FALSE(kernel_debug_folder(root.path()).has_value());
  root.file("proc/mounts", "proc /proc proc rw 0 0\nnone /a\\040folder debugfs rw 0 0\n");
  CHECK(kernel_debug_folder(root.path()) == root.path() + "/a folder");
}

TEST_CASE("log masks are files in sysfs, or lines of one file in proc", "[kernel_debug]") {
  const Root root;
  CHECK_FALSE(LogMasks(root.path()).known());

  root.file("proc/fs/ocfs2_nodemanager/log_mask", "TCP deny\nDLM off\n");
  const LogMasks in_proc(root.path());
  REQUIRE(in_proc.list().size() == 2);
  CHECK(in_proc.list()[0].name == "DLM");
  CHECK(in_proc.list()[1].state == "deny");
  CHECK_FALSE(in_proc.set({"TCP", "allow"}).has_value());
  CHECK(root.text("proc/fs/ocfs2_nodemanager/log_mask").starts_with("TCP allow\n"));

  for (const std::string folder : {"sys/o2cb/logmask/", "sys/fs/o2cb/logmask/"}) {
    root.file(folder + "QUORUM", "allow\n");
    const LogMasks in_sys(root.path());
    REQUIRE(in_sys.list().size() == 1);
    CHECK(in_sys.list()[0].name == "QUORUM");
    CHECK(in_sys.list()[0].state == "allow");
    CHECK_FALSE(in_sys.set({"QUORUM", "deny"}).has_value());
    CHECK(root.text(folder + "QUORUM").starts_with("deny\n"));
  }
}

}  // namespace ocfs2
