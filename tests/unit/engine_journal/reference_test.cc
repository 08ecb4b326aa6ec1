// SPDX-License-Identifier: GPL-2.0-or-later
//
// The reference tools as a witness: a journal that we left dirty is listed by their debugger and replayed by
// their checker as we meant it. Where they are not installed these tests say so and check nothing.
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/journal/transaction.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/test_key.h"

namespace ocfs2 {

using Catch::Contains;

namespace {

constexpr u64 new_time = 1234567890;
const std::string path_setting = "PATH=$PATH:/usr/sbin:/sbin; ";

/// Runs a shell command; its output, errors included.
std::string output_of(const std::string& command) {
  std::string output;
  FILE* pipe = popen((path_setting + "{ " + command + "; } 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  for (int c; (c = fgetc(pipe)) != EOF;) output += static_cast<char>(c);
  pclose(pipe);
  return output;
}

bool reference_is_here() {
  const bool here = output_of("which mkfs.ocfs2 fsck.ocfs2 debugfs.ocfs2 > /dev/null && echo all") == "all\n";
  if (!here) WARN("the reference tools are not installed: nothing checked");
  return here;
}

/// An image file with a volume that the reference tools formatted.
struct Image {
  explicit Image(const std::string& options) {
    path = "/tmp/ocfs2box-journal-XXXXXX";
    const int file = mkstemp(path.data());
    REQUIRE(file >= 0);
    REQUIRE(ftruncate(file, 64 << 20) == 0);
    close(file);
    INFO(output_of("mkfs.ocfs2 -q -F -M local -J size=4M " + options + " " + path));
    REQUIRE_FALSE(slot_line().empty());
  }
  ~Image() { unlink(path.c_str()); }

  std::string slot_line() const { return output_of("debugfs.ocfs2 -R stats " + path + " | grep 'Max Node'"); }

  std::string path;
};

struct Open {
  explicit Open(const Image& image) : device(FileDevice::open(image.path, Access::exclusive)) {
    OpenOptions options;
    options.read_only = false;
    volume = Volume::open(*device, options);
    journal = open_slot_journal(*volume, 1, [] { return new_time; });
  }
  u64 root_time() { return volume->inode(volume->root())->mtime; }

  std::unique_ptr<FileDevice> device;
  std::unique_ptr<Volume> volume;
  std::unique_ptr<SlotJournal> journal;
};

/// Commits a new time of the root directory to the log of slot 1, and dies before it is in place.
void die_after_commit(const Image& image) {
  Open open(image);
  const BlockRef<Inode> root = open.volume->inode(open.volume->root());
  const std::vector<u8> before(root.bytes().begin(), root.bytes().end());
  Transaction transaction(open.volume->cache(), *open.journal);
  transaction.edit(root).mtime = new_time;
  transaction.commit();
  open.device->write(TestKey{}, open.volume->geometry().byte_of(root.block()), before);
}

}  // namespace

TEST_CASE("The reference checker replays what we committed", "[journal][reference]") {
  if (!reference_is_here()) return;
  const std::string options = GENERATE("-b 512 -C 4096 -N 2", "-b 1024 -C 4096 -N 2", "-b 4096 -C 32768 -N 2",
                                       "-b 4096 -C 4096 -N 2 --fs-features=metaecc");
  Image image(options);
  CAPTURE(options);
  die_after_commit(image);
  CHECK(Open(image).root_time() != new_time);

  const std::string listing = output_of("debugfs.ocfs2 -R 'logdump 1' " + image.path);
  CHECK_THAT(listing, Contains("Type: 1 (JBD2_DESCRIPTOR_BLOCK)") && Contains("JBD2_COMMIT_BLOCK"));

  // After a replay it opens the volume anew and then asks for a cluster even where none is needed; once more,
  // then.
  const std::string report = output_of("fsck.ocfs2 -fy " + image.path);
  CHECK_THAT(report, Contains("Slot 1's journal replayed successfully"));
  CHECK_THAT(output_of("fsck.ocfs2 -fy " + image.path), Contains("Slot 1's journal dirty flag removed"));
  Open after(image);
  CHECK(after.root_time() == new_time);
  CHECK_FALSE(after.journal->dirty());
}

TEST_CASE("What we replay is sound for the reference checker", "[journal][reference]") {
  if (!reference_is_here()) return;
  Image image("-b 1024 -C 4096 -N 2");
  die_after_commit(image);
  {
    Open open(image);
    REQUIRE(open.journal->dirty());
    CHECK(open.journal->replay(open.journal->reader().scan()) == 1);
    CHECK(open.root_time() == new_time);
    open.journal->close();
  }
  const std::string report = output_of("fsck.ocfs2 -fn " + image.path);
  INFO(report);
  CHECK(report.find("replay") == std::string::npos);
  CHECK(report.find("<n>") == std::string::npos);
}

}  // namespace ocfs2
