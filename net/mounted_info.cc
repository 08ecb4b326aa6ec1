// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/mounted_info.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ocfs2 {
namespace {

constexpr unsigned slots_most = 255;

enum class Question : std::uint32_t {
  cluster_bytes = 1,
  block_bytes,
  slots,
  label,
  uuid,
  features,
  journal_bytes,
  free_inodes,
  free_runs,
};

/// What every question begins with; the answer takes its place.
struct Request {
  static constexpr std::uint32_t right_magic = 0x4F32494E;
  static constexpr std::uint32_t not_coherent = 0x1, filled = 0x40000000;

  std::uint32_t magic = right_magic;
  Question question;
  std::uint32_t bytes;
  std::uint32_t flags;
};

struct Requests {
  std::uint64_t list;  ///< the address of an array of addresses
  std::uint32_t count;
  std::uint32_t padding = 0;
};
#define OCFS2_INFO_CALL _IOR('o', 5, Requests)

template <class Answer>
struct Asked {
  Request request;
  Answer answer{};
};

struct Number {
  std::uint32_t value, padding;
};
struct LabelText {
  char text[64];
};
struct UuidText {
  char text[33];
};
struct FeatureBits {
  std::uint32_t compat, incompat, ro_compat, padding;
};
struct InodeCounts {
  InodeCount slots[slots_most];
  std::uint32_t count, padding;
};
struct RunCounts {
  std::uint32_t runs_of[FreeRuns::classes], clusters_in[FreeRuns::classes];
  std::uint32_t clusters, free_clusters, free_chunks, runs, shortest, longest, average, padding1;
  std::uint32_t chunk_clusters, padding2;
};

template <class Answer>
std::optional<Refusal> ask(int file, bool coherent, Question question, Answer& answer) {
  Asked<Answer> asked{{Request::right_magic, question, sizeof(Request) + sizeof(Answer),
                       coherent ? 0 : Request::not_coherent},
                      answer};
  const std::uint64_t list[] = {reinterpret_cast<std::uint64_t>(&asked)};
  Requests requests{reinterpret_cast<std::uint64_t>(list), 1};
  if (ioctl(file, OCFS2_INFO_CALL, &requests) != 0) return Refusal{errno, "ask the file system"};
  if ((asked.request.flags & Request::filled) == 0) return Refusal{EOPNOTSUPP, "ask the file system"};
  answer = asked.answer;
  return std::nullopt;
}

}  // namespace

std::optional<Refusal> ask_figures(int file, bool coherent, VolumeFigures& figures) {
  Number block{}, cluster{}, slots{};
  LabelText label{};
  UuidText uuid{};
  FeatureBits features{};
  std::uint64_t journal = 0;
  auto refusal = ask(file, coherent, Question::block_bytes, block);
  if (!refusal) refusal = ask(file, coherent, Question::cluster_bytes, cluster);
  if (!refusal) refusal = ask(file, coherent, Question::slots, slots);
  if (!refusal) refusal = ask(file, coherent, Question::label, label);
  if (!refusal) refusal = ask(file, coherent, Question::uuid, uuid);
  if (!refusal) refusal = ask(file, coherent, Question::features, features);
  if (!refusal) refusal = ask(file, coherent, Question::journal_bytes, journal);
  if (refusal) return refusal;
  figures = {std::string(label.text, strnlen(label.text, sizeof label.text)),
             std::string(uuid.text, strnlen(uuid.text, sizeof uuid.text)),
             block.value,
             cluster.value,
             slots.value,
             features.compat,
             features.incompat,
             features.ro_compat,
             journal};
  return std::nullopt;
}

std::optional<Refusal> ask_free_inodes(int file, bool coherent, std::vector<InodeCount>& slots) {
  InodeCounts counts{};
  if (auto refusal = ask(file, coherent, Question::free_inodes, counts)) return refusal;
  slots.assign(counts.slots, counts.slots + std::min(counts.count, slots_most));
  return std::nullopt;
}

std::optional<Refusal> ask_free_runs(int file, bool coherent, std::uint32_t chunk_clusters, FreeRuns& runs) {
  RunCounts counts{};
  counts.chunk_clusters = chunk_clusters;
  if (auto refusal = ask(file, coherent, Question::free_runs, counts)) return refusal;
  runs = {counts.clusters, counts.free_clusters, counts.free_chunks, counts.runs,
          counts.shortest, counts.longest,       counts.average};
  std::ranges::copy(counts.runs_of, runs.runs_of.begin());
  std::ranges::copy(counts.clusters_in, runs.clusters_in.begin());
  return std::nullopt;
}

}  // namespace ocfs2
