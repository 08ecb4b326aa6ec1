// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where everything of a new volume lies. The layout is computed as a whole before a byte is written: a dry
// run shows exactly what would be made, nothing can turn out not to fit half way, and writing is one pass in
// device order.
//
// The order of allocation, and with it every block number, is the one that volumes have always had (spec:
// ondisk.md 1.8): administrators compare, and scripts know, that the root directory of a 4 KiB volume is
// inode 5.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/format/fresh_suballocator.h"
#include "engine/format/request.h"
#include "engine/volume/bulk_index.h"
#include "engine/volume/bulk_tree.h"
#include "ondisk/judgement.h"
#include "ondisk/system_files.h"
#include "ondisk/uuid.h"

namespace ocfs2 {

/// What makes this volume this one: handed in, so that a volume can be made again byte for byte.
struct VolumeIdentity {
  Uuid uuid{};
  u32 generation = 0;
  std::array<u32, 3> index_seeds{};
  u64 time = 0;  ///< of formatting, seconds since 1970
};

/// Clusters of a file, by logical order, and the extent blocks that lead to them where the inode has no room.
struct PlannedExtents {
  std::vector<ClusterRun> runs;
  BulkTree tree;
  std::vector<Suballocation> nodes;  ///< of tree.nodes, in the same order

  u32 clusters() const;
  void append(const ClusterRun& run);  ///< joins it to the last run where they touch
  /// The block that holds the file's block `index`, which the runs must cover.
  BlockNo block(const Geometry& geometry, u64 index) const;
};

/// A name in a directory.
struct PlannedEntry {
  std::string name;
  InodeNo inode;
  bool directory = false;
};

/// The index of a directory (spec: ondisk.md 7.4): in its root block, or in leaves.
struct PlannedIndex {
  Suballocation root;
  std::vector<IndexedName> names;      ///< all of them, which the root holds when it has room
  std::vector<IndexCluster> clusters;  ///< else the leaves …
  std::vector<ClusterRun> leaf_runs;   ///< … and where they lie, one cluster after the other
  BulkTree tree;
  std::vector<Suballocation> nodes;
};

/// A directory: inside its inode, or in blocks and then perhaps with an index.
struct PlannedDirectory {
  std::vector<PlannedEntry> entries;  ///< "." and ".." first
  std::vector<std::vector<PlannedEntry>>
      blocks;  ///< what each directory block holds; empty: inside the inode
  std::optional<PlannedIndex> index;
};

/// An inode and what it owns.
struct PlannedFile {
  std::string name;  ///< as in the system directory; empty for the directories that have no name there
  Suballocation inode;
  u32 flags = 0;  ///< i_flags
  u16 mode = 0;   ///< i_mode
  u32 links = 1;
  u64 size_bytes = 0;
  PlannedExtents extents;
  std::optional<PlannedDirectory> directory;

  InodeNo number() const { return inode_at(inode.block); }
};

struct Layout {
  FormatParameters parameters;
  VolumeIdentity identity;
  VolumeFacts facts;
  FreshSpace space;
  FreshSuballocator system_inodes;                 ///< global_inode_alloc
  std::vector<FreshSuballocator> extent_allocs{};  ///< of each slot
  std::vector<FreshSuballocator> inode_allocs{};   ///< of each slot

  PlannedFile root{}, system_directory{};
  std::optional<PlannedFile> lost_and_found{};  ///< not on a heartbeat device
  /// One file of the table; there are only those that the volume's features and slots ask for.
  struct Placed {
    SystemFile kind;
    u32 slot;
    PlannedFile file;
  };
  std::vector<Placed> files{};                               ///< in the order of the table
  std::array<u32, std::size(system_files)> first_of_kind{};  ///< where in `files` a row's files begin

  PlannedFile& file(SystemFile kind, u32 slot = 0);
  const PlannedFile& file(SystemFile kind, u32 slot = 0) const;
  const Geometry& geometry() const { return parameters.geometry; }
  bool has(const Features& features) const { return parameters.features.has(features); }
};

/// Throws Error(no_space) when the volume is too small for what was decided.
Layout plan_layout(const FormatParameters& parameters, const VolumeIdentity& identity);

}  // namespace ocfs2
