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

/// What recovery mends without a question, as it replays journals: what a node that died had reserved.
const std::set<std::string> recovered = {"DEALLOC_PENDING", "LALLOC_REPAIR", "LALLOC_USED", "SLOT_MAP_USED"};

/// Codes that no damage of one fault brings about, and the test cases that do.
const std::map<std::string, std::string> tested_elsewhere = {
    {"BLOCK_UNREADABLE", "A block that cannot be read is told of, with its file, and the check goes on"},
    {"DEVICE_TOO_SMALL", "A volume of which a part is missing is looked at, and not repaired"},
    {"DUP_CLUSTERS_DETACH", "Where there is no room for a copy, a file can go without"},
    {"JOURNAL_DAMAGED", "What a damaged log holds before its damage can be had"},
    {"JOURNAL_LOST", "A log without its superblock"},
    {"QUOTA_LOOKUP", "Each fault of a quota file is found and mended, and limits stay"},
    {"REFCOUNT_LAST_LEAF", "Each fault of a refcount tree is one finding, is mended, and is gone then"},
    {"REFCOUNT_LEAF_LENGTH", "Each fault of a refcount tree is one finding, is mended, and is gone then"},
    {"REFCOUNT_LEAF_RANGE", "Each fault of a refcount tree is one finding, is mended, and is gone then"},
};

std::set<std::string> test_cases() {
  std::set<std::string> names;
  for (const auto& test : Catch::getRegistryHub().getTestCaseRegistry().getAllTests())
    names.insert(test.name);
  return names;
}

TEST_CASE("Every code of fsck is provoked", "[registry]") {
  const auto by_damage = inflicted();
  const auto cases = test_cases();
  for (const std::string& code : registered()) {
    INFO(code);
    const auto elsewhere = tested_elsewhere.find(code);
    CHECK(by_damage.contains(code) != (elsewhere != tested_elsewhere.end()));
    if (elsewhere != tested_elsewhere.end()) CHECK(cases.contains(elsewhere->second));
  }
}

TEST_CASE("fsck knows every code that fswreck names", "[registry]") {
  const auto known = registered();
  for (const std::string& code : inflicted()) {
    INFO(code);
    CHECK(known.contains(code) != recovered.contains(code));
  }
  for (const NewCode& code : new_codes()) {
    INFO(code.code);
    CHECK(known.contains(std::string(code.code)));
  }
}

}  // namespace
}  // namespace ocfs2
