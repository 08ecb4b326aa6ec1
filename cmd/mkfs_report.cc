// SPDX-License-Identifier: GPL-2.0-or-later
//
// What mkfs.ocfs2 says about the volume it makes. Scripts read the labels of the text (spec:
// commands.md 1.6), so they stay as they are; new programs read the JSON.
#include <fmt/format.h>

#include "cmd/json.h"
#include "cmd/mkfs.h"
#include "ondisk/features.h"

namespace ocfs2 {
namespace {

std::string_view name_of(VolumeType type) {
  switch (type) {
    case VolumeType::mail:
      return "mail";
    case VolumeType::datafiles:
      return "datafiles";
    case VolumeType::vmstore:
      return "vmstore";
    case VolumeType::plain:
      break;
  }
  return "";
}

u64 extent_group_bytes(const FormatParameters& parameters) {
  return u64{parameters.geometry.suballocator_group_clusters()} * parameters.extent_groups
         << parameters.geometry.cluster_bits;
}

u32 tail_clusters(const Geometry& geometry) {
  return geometry.clusters_in_group(geometry.cluster_groups() - 1);
}

/// "4..9, 20" for runs of clusters.
std::string text_of(const std::vector<ClusterRun>& runs) {
  std::string text;
  for (const ClusterRun& run : runs)
    text += fmt::format("{}{}..{}", text.empty() ? "" : ", ", run.start.value,
                        run.start.value + run.clusters - 1);
  return text;
}

/// The groups of an allocator as runs of clusters; nothing for other files.
std::vector<ClusterRun> runs_of(const Layout& layout, const Layout::Placed& placed) {
  const FreshSuballocator* allocator =
      placed.kind == SystemFile::global_inode_alloc ? &layout.system_inodes
      : placed.kind == SystemFile::extent_alloc     ? &layout.extent_allocs[placed.slot]
      : placed.kind == SystemFile::inode_alloc      ? &layout.inode_allocs[placed.slot]
                                                    : nullptr;
  if (!allocator) return placed.file.extents.runs;
  PlannedExtents groups;
  for (u32 i = 0; i < allocator->groups(); ++i)
    groups.append({layout.geometry().cluster_of(allocator->group(i)), allocator->group_clusters()});
  return groups.runs;
}

/// Calls `use(path, file, runs)` for every file of the layout.
template <class Use>
void for_each_file(const Layout& layout, Use use) {
  const auto plain = [&](const std::string& path, const PlannedFile& file) {
    use(path, file, file.extents.runs);
  };
  plain("/", layout.root);
  plain("//", layout.system_directory);
  for (const Layout::Placed& placed : layout.files)
    use("//" + placed.file.name, placed.file, runs_of(layout, placed));
  if (layout.lost_and_found) plain("/lost+found", *layout.lost_and_found);
}

void write_geometry(const FormatParameters& parameters, JsonWriter& json) {
  const Geometry& geometry = parameters.geometry;
  json.field("block_size", geometry.block_size())
      .field("cluster_size", geometry.cluster_size())
      .field("volume_bytes", geometry.bytes())
      .field("blocks", geometry.blocks())
      .field("clusters", geometry.clusters)
      .field("cluster_groups", geometry.cluster_groups())
      .field("clusters_per_group", geometry.clusters_per_group())
      .field("tail_group_clusters", tail_clusters(geometry))
      .field("node_slots", parameters.slots)
      .field("journal_bytes", parameters.journal_bytes())
      .field("journal_block64", parameters.journal_block64)
      .field("extent_allocator_bytes", extent_group_bytes(parameters))
      .field("extent_allocator_groups", parameters.extent_groups)
      .field("heartbeat_device", parameters.heartbeat_only());
}

void write_runs(const std::vector<ClusterRun>& runs, JsonWriter& json) {
  json.begin_array("cluster_runs");
  for (const ClusterRun& run : runs)
    json.begin_object().field("first", run.start.value).field("count", run.clusters).end_object();
  json.end_array();
}

void write_files(const Layout& layout, JsonWriter& json) {
  json.begin_array("files");
  for_each_file(layout,
                [&](const std::string& path, const PlannedFile& file, const std::vector<ClusterRun>& runs) {
                  json.begin_object()
                      .field("path", path)
                      .field("inode", file.number().value)
                      .field("size_bytes", file.size_bytes);
                  write_runs(runs, json);
                  json.end_object();
                });
  json.end_array();
}

}  // namespace

void print_parameters(const FormatParameters& parameters, Console& console) {
  const Geometry& geometry = parameters.geometry;
  if (parameters.type != VolumeType::plain)
    console.note(fmt::format("Filesystem Type of {}", name_of(parameters.type)));
  console.note(fmt::format("Label: {}", parameters.label));
  console.note(fmt::format("Features: {}", feature_list_text(parameters.features)));
  console.note(fmt::format("Block size: {} ({} bits)", geometry.block_size(), geometry.block_bits));
  console.note(fmt::format("Cluster size: {} ({} bits)", geometry.cluster_size(), geometry.cluster_bits));
  console.note(fmt::format("Volume size: {} ({} clusters) ({} blocks)", geometry.bytes(), geometry.clusters,
                           geometry.blocks()));
  console.note(fmt::format("Cluster groups: {} (tail covers {} clusters, rest cover {} clusters)",
                           geometry.cluster_groups(), tail_clusters(geometry),
                           std::min(geometry.clusters, geometry.clusters_per_group())));
  console.note(fmt::format("Extent allocator size: {} ({} groups)", extent_group_bytes(parameters),
                           parameters.extent_groups));
  if (parameters.heartbeat_only())
    console.note("Heartbeat device");
  else
    console.note(fmt::format("Journal size: {}", parameters.journal_bytes()));
  console.note(fmt::format("Node slots: {}", parameters.slots));
}

void print_layout(const Layout& layout, Console& console) {
  console.note(fmt::format("UUID: {}", uuid_text(layout.identity.uuid)));
  console.note(fmt::format("{:<24} {:>10}  {}", "File", "Inode", "Clusters"));
  for_each_file(layout,
                [&](const std::string& path, const PlannedFile& file, const std::vector<ClusterRun>& runs) {
                  console.note(fmt::format("{:<24} {:>10}  {}", path, file.number().value, text_of(runs)));
                });
  const u64 used = layout.space.used_clusters();
  console.note(fmt::format("Clusters in use: {} of {}", used, layout.geometry().clusters));
}

std::string layout_as_json(const Layout& layout, const std::string& device, bool dry_run,
                           const std::optional<MkfsFilled>& filled) {
  JsonWriter json;
  json.begin_object().field("device", device).field("dry_run", dry_run);
  json.field("uuid", uuid_text(layout.identity.uuid)).field("label", layout.parameters.label);
  json.begin_array("features");
  for (const FeatureName& row : feature_names)
    if (layout.has(row.bits)) json.value(row.name);
  json.end_array();
  write_geometry(layout.parameters, json);
  if (const auto& cluster = layout.parameters.cluster) {
    json.begin_object("cluster").field("stack", cluster->stack).field("name", cluster->name);
    json.field("global_heartbeat", cluster->global_heartbeat).end_object();
  }
  json.field("backup_superblocks", layout.has(feature::backup_super) ? layout.geometry().backup_supers() : 0);
  json.field("clusters_in_use", layout.space.used_clusters());
  write_files(layout, json);
  if (filled) {
    json.begin_object("filled").field("source", filled->source).field("files", filled->files);
    json.field("bytes", filled->bytes).field("estimated_bytes", filled->taken_bytes);
    if (filled->volume_bytes > 0) json.field("shrunk_to_bytes", filled->volume_bytes);
    json.end_object();
  }
  return json.end_object().text();
}

}  // namespace ocfs2
