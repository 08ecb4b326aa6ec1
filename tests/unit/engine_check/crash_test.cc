// SPDX-License-Identifier: GPL-2.0-or-later
//
// Repairs that die: a sample of the damages of tests/corpus/fswreck and of moments. All damages of fswreck,
// at every moment: tests/scripts/fsck_crashes.sh.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/worlds/exam_world.h"
#include "tests/worlds/repair_crash.h"

namespace ocfs2 {
namespace {

constexpr std::size_t every = 6;
constexpr std::size_t moments = 8;  ///< of each repair

/// The names of the damaged volumes, without what says how they are packed.
std::vector<std::string> damaged_volumes() {
  std::vector<std::string> names;
  std::ifstream index("tests/corpus/fswreck/index.tsv");
  for (std::string line; std::getline(index, line);)
    if (!line.starts_with("#")) names.push_back("fswreck/" + line.substr(0, line.find(".img.zst")));
  return names;
}

}  // namespace

TEST_CASE("A repair may die at any moment", "[fsck][crash]") {
  const std::vector<std::string> names = damaged_volumes();
  REQUIRE(names.size() >= 30 * every);
  for (std::size_t i = 0; i < names.size(); i += every) {
    INFO(names[i]);
    MemoryDevice damaged = corpus_volume(names[i]);
    REQUIRE(check_volume(damaged, {.read_only = true, .force = true}).outcome.found > 0);
    CHECK(crash_repair(damaged, {.force = true}, moments).fault == "");
  }
}

}  // namespace ocfs2
