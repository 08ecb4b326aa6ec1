// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every code of fsck is provoked: by a damage of fswreck (tests/scripts/fsck_codes.sh does each of them), or
// by the test case that is named here. And every code that fswreck promises is one that fsck has.
#include "engine/check/registry.h"

#include <catch2/catch.hpp>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "engine/wreck/wreck.h"

namespace ocfs2 {
namespace {

std::set<std::string> registered() {
  std::set<std::string> codes;
  for (const ProblemSubject& subject : problem_registry())
    for (const Problem* problem : subject.problems) codes.emplace(problem->code);
  return codes;
}

std::set<std::string> inflicted() {
  std::set<std::string> codes;
  for (const Damage& damage : damages()) {
    std::istringstream words{std::string(damage.codes)};
    for (std::string code; words >> code;) codes.insert(code);
  }
  return codes;
}

TEST_CASE("fsck knows every code that fswreck names", "[registry]") {
  const auto known = registered();
  for (const std::string& code : inflicted()) {
    INFO(code);
    CHECK(known.contains(code));
  }
  for (const NewCode& code : new_codes()) {
    INFO(code.code);
    CHECK(known.contains(std::string(code.code)));
  }
}

}  // namespace
}  // namespace ocfs2
