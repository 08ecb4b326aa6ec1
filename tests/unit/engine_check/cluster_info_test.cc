// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include "tests/worlds/check_world.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {
namespace {

const ClusterIdentity lab{.stack = "o2cb", .cluster = "lab", .global_heartbeat = true};

/// A volume of the cluster "prod" under check, with one answer to every question.
class Move {
 public:
  explicit Move(Reply answer, bool read_only = false)
      : check_(world.device, {}, {.read_only = read_only},
               {.reporter = reporter_,
                .ask =
                    [this, answer](const Finding& finding) {
                      asked.emplace_back(finding.text);
                      return answer;
                    },
                .now_seconds = [] { return u64{1'900'000'000}; },
                .undo_path = scratch_ / "undo"}) {}

  bool adopt() { return check_.adopt_cluster(lab); }
  ClusterIdentity known() { return check_.volume().cluster(); }
  ClusterIdentity on_disk() { return Volume::open(world.device)->cluster(); }
  CheckOutcome finish() { return check_.finish(); }

  VolumeWorld world{{.local = false, .cluster = ClusterInfo{.stack = "o2cb", .name = "prod"}}};
  std::vector<std::string> asked;

 private:
  SilentReporter reporter_;
  ScratchDirectory scratch_;
  VolumeCheck check_;
};

}  // namespace

TEST_CASE("a volume becomes one of the running cluster when that is wanted", "[cluster_info]") {
  Move move(Reply::yes);

  REQUIRE(move.adopt());

  REQUIRE(move.asked.at(0).find("belongs to the cluster \"prod\" (stack o2cb, local heartbeat)") !=
          std::string::npos);
  REQUIRE(move.known().cluster == "lab");
  REQUIRE(move.on_disk().cluster == "lab");
  REQUIRE(move.on_disk().global_heartbeat);
  REQUIRE(move.finish().by_code.at("RECOVER_CLUSTER_INFO").mended == 1);
}

TEST_CASE("and stays what it is when not, or when nothing may be written", "[cluster_info]") {
  const bool read_only = GENERATE(false, true);
  Move move(read_only ? Reply::yes : Reply::no, read_only);

  REQUIRE_FALSE(move.adopt());

  REQUIRE(move.asked.size() == (read_only ? 0 : 1));
  REQUIRE(move.known().cluster == "prod");
  REQUIRE(move.on_disk().cluster == "prod");
}

}  // namespace ocfs2
