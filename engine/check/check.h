// SPDX-License-Identifier: GPL-2.0-or-later
//
// Checks of single fields are rows of a table: what is compared, printed and repaired is one and the same
// value.
//
//     constexpr Check<GroupDescriptor, GroupPlace> group_checks[] = {
//       { .problem  = problem::GROUP_BLKNO,
//         .found    = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.block; },
//         .expected = [](const GroupDescriptor&, const GroupPlace& at) { return at.block.value; },
//         .mend     = [](GroupDescriptor& group, u64 value, const GroupPlace&) { group.block = value; } },
//     };
//
// A row is wrong when found differs from expected; where a whole range is right, `expected` returns what was
// found as long as it lies in there. Checks that need a walk are functions that end in examiner.resolve().
#pragma once

#include "engine/check/examiner.h"
#include "engine/check/patient.h"

namespace ocfs2 {

template <class Structure, class At>
struct Check {
  const Problem& problem;
  u64 (*found)(const Structure&, const At&);
  u64 (*expected)(const Structure&, const At&);
  void (*mend)(Structure&, u64 expected, const At&);
};

/// What running rows came to; as a bool: all is well now.
struct CheckTally {
  u32 wrong = 0, mended = 0;
  operator bool() const { return wrong == mended; }
};

/// Runs rows over one structure. `patient` is a Patient<Structure> or anything with operator* and mend();
/// `at` tells where it is: at.facts() fills in what the sentences name beside found and expected.
template <class Structure, class At, std::size_t Rows, class Table>
CheckTally run_checks(const Check<Structure, At> (&rows)[Rows], Table& patient, const At& at,
                      Examiner& examiner) {
  CheckTally tally;
  for (const Check<Structure, At>& row : rows) {
    const u64 found = row.found(*patient, at);
    const u64 expected = row.expected(*patient, at);
    if (found == expected) [[likely]]
      continue;
    Facts facts = at.facts();
    facts.found = found;
    facts.expected = expected;
    ++tally.wrong;
    if (!examiner.resolve(row.problem, facts)) continue;
    ++tally.mended;
    row.mend(patient.mend(), expected, at);
  }
  return tally;
}

}  // namespace ocfs2
