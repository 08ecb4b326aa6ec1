// SPDX-License-Identifier: GPL-2.0-or-later
//
// fsck.ocfs2 --explain: what a code means, from the declarations that the check itself works by. For who
// stands before a question and has no manual page at hand.
#include <fmt/format.h>

#include <algorithm>

#include "cmd/fsck.h"
#include "engine/check/registry.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

std::vector<const Problem*> all_problems() {
  std::vector<const Problem*> all;
  for (const ProblemSubject& subject : problem_registry())
    all.insert(all.end(), subject.problems.begin(), subject.problems.end());
  return all;
}

/// Several remedies of one finding share its code and its explanation.
std::string explanation(const Problem& problem) {
  std::string text = fmt::format("[{}] {}\n", problem.code, problem.found);
  if (!problem.question.empty())
    text += fmt::format("    {} Usually {}; -p answers {}{}.\n", problem.question,
                        problem.usual == Answer::yes ? "yes" : "no",
                        problem.unattended == Answer::yes ? "yes" : "no",
                        problem.wholesale == Answer::yes ? "" : ", and so does -y");
  if (!problem.refusal.empty()) text += fmt::format("    If not: {}.\n", problem.refusal);
  return text;
}

}  // namespace

std::string explain_problem(std::string_view code) {
  std::string text;
  std::string_view paragraph;
  std::vector<std::string_view> codes;
  for (const Problem* problem : all_problems()) {
    codes.push_back(problem->code);
    if (!code.empty() && problem->code != code) continue;
    text += explanation(*problem);
    paragraph = problem->explanation;
  }
  if (code.empty()) return text;
  if (!text.empty()) return fmt::format("{}\n{}\n", text, paragraph);
  const std::string_view near = nearest(code, codes);
  throw Misuse(fmt::format("'{}' is no code of fsck.ocfs2{}", code,
                           near.empty() ? "" : fmt::format(", did you mean '{}'?", near)));
}

}  // namespace ocfs2
