// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/o2info_volume.h"

#include <catch2/catch.hpp>

namespace ocfs2 {
namespace {

/// Two slots that have all they need.
SpaceReport roomy() {
  SpaceReport report{{}, 256, false, {{100, 100, 0, 0, 0}, {100, 100, 0, 0, 0}}};
  report.runs.free_clusters = 5000;
  report.runs.longest = 3000;
  return report;
}

bool says(const SpaceReport& report, const std::string& words) {
  for (const std::string& line : obstacles(report, "/dev/sdb"))
    if (line.find(words) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("a volume with room has no obstacles", "[o2info]") {
  REQUIRE(obstacles(roomy(), "/dev/sdb").empty());
}

TEST_CASE("each obstacle names its remedy", "[o2info]") {
  SpaceReport report = roomy();
  SECTION("full") {
    report.runs.free_clusters = report.runs.longest = 0;
    REQUIRE(says(report,
                 "No cluster is free: delete files, or make the device larger and run: tunefs.ocfs2 -S "
                 "/dev/sdb"));
  }
  SECTION("in pieces") {
    report.runs.longest = 255;
    report.slots[1].free_inodes = 0;
    REQUIRE(says(report,
                 "Slot 1 has no inodes left, and a new group of them wants 256 clusters in one piece, but "
                 "5000 are free and the longest run has 255: tunefs.ocfs2 "
                 "--fs-features=discontig-bg /dev/sdb"));
    report.groups_in_pieces = true;
    REQUIRE(obstacles(report, "/dev/sdb").empty());
  }
  SECTION("groups in pieces, and not enough of them") {
    report.groups_in_pieces = true;
    report.runs.free_clusters = 200;
    report.slots[0].free_metadata_blocks = 0;
    REQUIRE(says(report,
                 "Slot 0 has no blocks of metadata left, and a new group of them wants 256 clusters, but "
                 "200 are free"));
    REQUIRE(says(report, "delete files"));
  }
  SECTION("deleted, and not free yet") {
    report.slots[0].logged_clusters = 70;
    report.slots[1].orphans = 3;
    REQUIRE(says(report, "70 clusters were deleted and are not free yet"));
    REQUIRE(says(report, "3 deleted files still take room"));
  }
}

}  // namespace ocfs2
