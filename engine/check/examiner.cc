// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/examiner.h"

#include <fmt/format.h>

#include "engine/error.h"

namespace ocfs2 {
namespace {

std::string inode_words(InodeNo inode, const Examiner::PathOf& path_of) {
  const std::string path = path_of ? path_of(inode) : "";
  return path.empty() ? fmt::format("{}", inode.value) : fmt::format("{} ({})", inode.value, path);
}

std::string cluster_words(const BitRun& run) {
  if (run.count <= 1) return fmt::format("cluster {}", run.first);
  return fmt::format("clusters {} to {}", run.first, run.first + run.count - 1);
}

/// Names come from disk: what a terminal would act upon is shown as a number.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const u8 byte = static_cast<u8>(c);
    out += byte < 0x20 || byte == 0x7F ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return out;
}

std::string fact_words(std::string_view name, const Facts& facts, const Examiner::PathOf& path_of) {
  if (name == "inode") return inode_words(facts.inode, path_of);
  if (name == "other") return inode_words(facts.other, path_of);
  if (name == "block") return fmt::format("{}", facts.block.value);
  if (name == "found") return fmt::format("{}", facts.found);
  if (name == "expected") return fmt::format("{}", facts.expected);
  if (name == "found_hex") return fmt::format("0x{:x}", facts.found);
  if (name == "expected_hex") return fmt::format("0x{:x}", facts.expected);
  if (name == "clusters") return cluster_words(facts.clusters);
  if (name == "count") return fmt::format("{}", facts.count);
  if (name == "index") return fmt::format("{}", facts.index);
  if (name == "slot") return fmt::format("{}", facts.slot);
  if (name == "name") return printable(facts.name);
  if (name == "detail") return printable(facts.detail);
  require(false);
  return {};
}

}  // namespace

std::string finding_text(std::string_view sentence, const Facts& facts, const Examiner::PathOf& path_of) {
  std::string text;
  std::string_view rest = sentence;
  for (std::size_t open; (open = rest.find('{')) != rest.npos;) {
    const std::size_t close = rest.find('}', open);
    require(close != rest.npos);
    text += rest.substr(0, open);
    text += fact_words(rest.substr(open + 1, close - open - 1), facts, path_of);
    rest.remove_prefix(close + 1);
  }
  return text.append(rest);
}

Reply Examiner::put(const Problem& problem, const Facts& facts, std::string_view question) {
  const bool settled = always_.contains(problem.code);
  const Reply reply = ask_({problem, facts, finding_text(problem.found, facts, path_of_),
                            finding_text(question, facts, path_of_), settled});
  if (reply == Reply::yes_to_all) always_.insert(problem.code);
  return settled ? Reply::yes : reply;
}

bool Examiner::resolve(const Problem& problem, const Facts& facts) {
  if (triage()) {
    sick_ = true;
    return false;
  }
  ProblemCount& count = counts_[problem.code];
  ++count.found;
  const bool mend = put(problem, facts, problem.question) != Reply::no;
  count.mended += mend;
  return mend;
}

std::optional<std::size_t> Examiner::choose(std::span<const Problem* const> remedies, const Facts& facts) {
  if (triage()) {
    sick_ = true;
    return std::nullopt;
  }
  ProblemCount& count = counts_[remedies.front()->code];
  ++count.found;
  for (std::size_t i = 0; i < remedies.size(); ++i) {
    if (put(*remedies[i], facts, remedies[i]->question) == Reply::no) continue;
    ++count.mended;
    return i;
  }
  return std::nullopt;
}

void Examiner::report(const Problem& problem, const Facts& facts) {
  sick_ = true;
  if (triage()) return;
  ++counts_[problem.code].found;
  (void)put(problem, facts, {});
}

void Examiner::could_not_mend(const Problem& problem) {
  ProblemCount& count = counts_[problem.code];
  if (count.mended > 0) --count.mended;
}

void Examiner::settle() {
  for (auto& [code, count] : counts_) count.settled = count.mended;
}

void Examiner::take_back() {
  for (auto& [code, count] : counts_) count.mended = std::min(count.mended, count.settled);
}

ProblemCount Examiner::total() const {
  ProblemCount sum;
  for (const auto& [code, count] : counts_) {
    sum.found += count.found;
    sum.mended += count.mended;
  }
  return sum;
}

}  // namespace ocfs2
