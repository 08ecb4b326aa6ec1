// SPDX-License-Identifier: GPL-2.0-or-later
//
// Writes the manual page fsck.ocfs2.checks(8) from the declarations of the problems: one entry a code.
#include <cstdio>
#include <set>
#include <string>

#include "engine/check/registry.h"

namespace {

using ocfs2::Answer;
using ocfs2::Problem;
using ocfs2::Severity;

/// Text as troff wants it: hyphens that are minus signs, no line that looks like a request.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() && (c == '.' || c == '\'')) out += "\\&";
    if (c == '-' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string_view weight(Severity severity) {
  switch (severity) {
    case Severity::accounting:
      return "A counter or hint; nothing is at risk.";
    case Severity::metadata:
      return "Mending restores what the rest of the volume tells.";
    case Severity::loss:
      return "Mending may lose something: look before you answer.";
  }
  return "";
}

void write_problem(const Problem& problem) {
  std::printf(".TP\n.B %s\n", escaped(problem.code).c_str());
  std::printf(".I %s\n.br\n", escaped(problem.found).c_str());
  if (!problem.question.empty())
    std::printf("%s (%s; \\-p: %s%s)\n.br\n", escaped(problem.question).c_str(),
                problem.usual == Answer::yes ? "Y" : "N", problem.unattended == Answer::yes ? "yes" : "no",
                problem.wholesale == Answer::yes ? "" : "; \\-y: no");
  if (!problem.refusal.empty()) std::printf("If not: %s.\n.br\n", escaped(problem.refusal).c_str());
  std::printf("%s", escaped(problem.explanation).c_str());
  if (!problem.question.empty()) std::printf(" %s", weight(problem.severity).data());
  std::printf("\n");
}

}  // namespace

int main() {
  std::printf(
      ".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
      ".TH FSCK.OCFS2.CHECKS 8 \"\" ocfs2box \"System administration\"\n"
      ".SH NAME\nfsck.ocfs2.checks \\- what fsck.ocfs2 finds, and what it does about it\n"
      ".SH DESCRIPTION\nEvery finding of\n.BR fsck.ocfs2 (8)\n"
      "begins with a code in brackets. This page has them all, in the order in which a run comes to them: "
      "the finding, with {names} where numbers stand; the question, with what an empty answer means, and "
      "whether\n.B \\-p\nanswers it with yes; and what it is about.\n");
  std::set<std::string_view> shown;
  for (const ocfs2::ProblemSubject& subject : ocfs2::problem_registry()) {
    std::printf(".SH %s\n", escaped(subject.title).c_str());
    for (const Problem* problem : subject.problems)
      if (shown.insert(problem->code).second) write_problem(*problem);
  }
  std::printf(".SH SEE ALSO\n.BR fsck.ocfs2 (8),\n.BR debugfs.ocfs2 (8)\n");
  return 0;
}
