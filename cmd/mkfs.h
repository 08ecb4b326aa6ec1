// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of mkfs.ocfs2: the words of the command line, what they ask for, what stands against it, and what
// is said about the result.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cmd/console.h"
#include "engine/format/layout.h"
#include "engine/io/file_device.h"

namespace ocfs2 {

/// The command line as it was typed; what is in the words is judged by request_from.
struct MkfsWords {
  std::string device;
  std::optional<std::string> blocks;
  std::optional<std::string> block_size, cluster_size, slots;
  std::optional<std::string> label, uuid, type, mount;
  std::optional<std::string> feature_level, cluster_stack, cluster_name;
  std::optional<std::string> source;                     ///< -d: of the files to be filled in
  std::vector<std::string> journal, features, extended;  // may be given more than once
  bool heartbeat_only = false, global_heartbeat = false, no_backup_super = false;
  bool force = false, no_questions = false, dry_run = false, discard = true;
  bool shrink_to_fit = false;
  bool quiet = false, json = false;
  int verbosity = 0;
};

/// A format request and what goes with it.
struct MkfsRequest {
  FormatRequest format;
  std::optional<Uuid> uuid;
  u64 offset = 0;                   ///< of the volume inside the device or file, bytes
  bool clusterinfo_wished = false;  ///< --fs-features named clusterinfo
  bool reproducible = false;        ///< SOURCE_DATE_EPOCH asks for the same bytes each time
};

/// What went into the volume, or would.
struct MkfsFilled {
  std::string source;
  u64 files = 0;         ///< names
  u64 bytes = 0;         ///< of contents
  u64 taken_bytes = 0;   ///< of the volume, about
  u64 volume_bytes = 0;  ///< of the volume after it was shrunk; 0: it was not
};

/// What the words ask for. Throws Error(invalid_argument) naming the option and what it takes.
MkfsRequest request_from(const MkfsWords& words);

/// The device or file, or what lies behind the offset in it. Throws Error naming what is wrong with it.
std::unique_ptr<BlockDevice> open_target(const MkfsWords& words, const MkfsRequest& request, Access access);

/// The cluster that the volume will belong to, from the command line, the running cluster and the volume that
/// is on the device now, in this order; nothing for a volume that any o2cb cluster may mount. Throws Error
/// when they contradict each other and the user did not force it.
void settle_cluster(const MkfsWords& words, MkfsRequest& request, Console& console);

/// Throws Error(busy) or Error(interrupted) when the device must not be formatted, after asking the user
/// where that is enough (spec: commands.md 1.5).
void check_target(const MkfsWords& words, const MkfsRequest& request, Console& console);

/// The geometry, as text or as JSON.
void print_parameters(const FormatParameters& parameters, Console& console);
/// Where everything would lie (a dry run).
void print_layout(const Layout& layout, Console& console);
std::string layout_as_json(const Layout& layout, const std::string& device, bool dry_run,
                           const std::optional<MkfsFilled>& filled);

}  // namespace ocfs2
