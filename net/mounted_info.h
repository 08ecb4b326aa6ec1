// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel tells of a volume that it has mounted, through any file on it (OCFS2_IOC_INFO; spec:
// cluster.md J).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/kernel_files.h"

namespace ocfs2 {

struct VolumeFigures {
  std::string label, uuid;
  std::uint32_t block_bytes = 0, cluster_bytes = 0, slots = 0;
  std::uint32_t compat = 0, incompat = 0, ro_compat = 0;  ///< feature bits
  std::uint64_t journal_bytes = 0;                        ///< of slot 0
};

/// The inodes of a slot's allocator.
struct InodeCount {
  std::uint64_t total = 0, free = 0;
};

/// How the free clusters lie.
struct FreeRuns {
  static constexpr unsigned classes = 32;  ///< class n: runs of 2^n to 2^(n+1) - 1 clusters; the last: more

  std::uint32_t clusters = 0, free_clusters = 0;
  std::uint32_t free_chunks = 0;  ///< chunks of the wanted size that are free as a whole
  std::uint32_t runs = 0;
  std::uint32_t shortest = 0, longest = 0, average = 0;  ///< clusters
  std::array<std::uint32_t, classes> runs_of{}, clusters_in{};
};

/// `file`: open, on the volume. `coherent`: other nodes' changes count, which takes locks. ENOTTY: the file
/// is on no OCFS2; EOPNOTSUPP: the kernel does not know the question.
std::optional<Refusal> ask_figures(int file, bool coherent, VolumeFigures& figures);
std::optional<Refusal> ask_free_inodes(int file, bool coherent, std::vector<InodeCount>& slots);
std::optional<Refusal> ask_free_runs(int file, bool coherent, std::uint32_t chunk_clusters, FreeRuns& runs);

}  // namespace ocfs2
