// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every problem that fsck knows, in the order of its passes: for the manual page fsck.ocfs2.checks(8),
// --explain, and the test that wants each code provoked.
#pragma once

#include <vector>

#include "engine/check/problem.h"

namespace ocfs2 {

struct ProblemSubject {
  std::string_view title;  ///< "Journals"
  std::vector<const Problem*> problems;
};

/// Several problems may share a code: the same finding with different remedies.
std::vector<ProblemSubject> problem_registry();

}  // namespace ocfs2
