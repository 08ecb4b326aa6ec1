// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whoever checks a structure ends in `examiner.resolve(PROBLEM, facts)` and mends it when that says so. The
// same checking code runs twice with two kinds of examiner:
//
//   triage       in parallel over everything. Nobody is asked, nothing is changed: the first problem makes
//                the structure "sick", and it is looked at again;
//   examination  one sick structure after the other, in the volume's order. Each problem is put to whoever
//                answers (a person, -y, -n, -p), counted, and mended on a yes.
//
// So the sound 99.9 % of a volume are checked on all cores, and questions come in the same order every time.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/check/problem.h"

namespace ocfs2 {

/// A problem that was found, in words, as it is put to whoever answers.
struct Finding {
  const Problem& problem;
  const Facts& facts;
  std::string text;      ///< the sentence, with the facts filled in
  std::string question;  ///< empty: there is nothing to ask, nothing can be done
  bool settled = false;  ///< the answer is yes, from an earlier yes_to_all: only to be shown
};

/// yes_to_all: yes, and so for every later finding of the same code.
enum class Reply : u8 { no, yes, yes_to_all };

/// What came of one code.
struct ProblemCount {
  u64 found = 0;
  u64 mended = 0;
  u64 settled = 0;  ///< of these, in its place for good
  u64 left() const { return found - mended; }
};

class Examiner {
 public:
  /// Shows a finding and tells the answer. May throw Error(interrupted).
  using Ask = std::function<Reply(const Finding&)>;
  /// The path of an inode, "" when not known (yet).
  using PathOf = std::function<std::string(InodeNo)>;

  Examiner() = default;  ///< triage
  explicit Examiner(Ask ask) : ask_(std::move(ask)) {}

  bool triage() const { return ask_ == nullptr; }
  /// Triage only: true when something was wrong since the last `forget`.
  bool sick() const { return sick_; }
  void forget() { sick_ = false; }

  /// True when the problem is to be mended. The caller mends it then, or says `could_not_mend`.
  bool resolve(const Problem& problem, const Facts& facts);
  /// One problem with several remedies: asks for each in turn until one is wanted; it counts as found once,
  /// under the first code. Returns the index of the remedy, or nothing.
  std::optional<std::size_t> choose(std::span<const Problem* const> remedies, const Facts& facts);
  /// Asks for another remedy of a finding that was counted, since the one that was wanted cannot be had.
  bool ask_instead(const Problem& remedy, const Facts& facts) {
    return put(remedy, facts, remedy.question) != Reply::no;
  }
  /// Only tells: there is nothing to ask, since nothing can be done. Counts as left.
  void report(const Problem& problem, const Facts& facts);
  /// The last `mended` of this problem did not come true (no space, an I/O error).
  void could_not_mend(const Problem& problem);

  /// All that was mended so far is in its place.
  void settle();
  /// What was mended since then never got there.
  void take_back();

  void set_path_of(PathOf path_of) { path_of_ = std::move(path_of); }
  const std::map<std::string_view, ProblemCount>& counts() const { return counts_; }
  ProblemCount total() const;

 private:
  Reply put(const Problem& problem, const Facts& facts, std::string_view question);

  Ask ask_;
  PathOf path_of_;
  bool sick_ = false;
  std::map<std::string_view, ProblemCount> counts_;
  std::set<std::string_view> always_;  ///< codes that were answered with yes_to_all
};

/// A problem's sentence or question with the facts in the places of their names.
std::string finding_text(std::string_view sentence, const Facts& facts, const Examiner::PathOf& path_of);

}  // namespace ocfs2
