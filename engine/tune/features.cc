// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of features, and those of them that are little more than their bit (spec: commands.md 3.3).
#include <algorithm>

#include "engine/error.h"
#include "engine/tune/feature_change.h"
#include "engine/tune/operations.h"
#include "engine/volume/directory.h"

namespace ocfs2 {
namespace {

FeatureChange enable_unwritten(Tuning& tuning, const FeatureRow& row) {
  if (!tuning.has(feature::sparse))
    fail(ErrorKind::invalid_argument,
         "Sparse files are not enabled on device \"{}\"; unwritten extents cannot be enabled", tuning.name());
  return set_bit(tuning, row);
}

/// Writes that were cut off while they grew a file stand in the orphan directories; only this feature knows
/// what to do with them.
FeatureChange disable_append_dio(Tuning& tuning, const FeatureRow& row) {
  for (u32 slot = 0; slot < tuning.volume().facts().max_slots; ++slot) {
    const auto inode = tuning.volume().system_file(SystemFile::orphan_dir, slot);
    Directory(tuning.volume(), inode_at(inode.block()))
        .each([&](const DirectoryEntry&, std::string_view name) {
          if (name.starts_with("dio-"))
            fail(ErrorKind::busy,
                 "{}: a direct write that was cut off is left in the orphan directory of slot {}; run: "
                 "fsck.ocfs2 "
                 "-f {}",
                 tuning.name(), slot, tuning.name());
          return true;
        });
  }
  return clear_bit(tuning, row);
}

/// So that what a feature needs comes before it. They are turned off in the other direction.
constexpr FeatureRow rows[] = {
    {feature::local, "Local mount feature", "Make device \"{}\" a single-node (non-clustered) filesystem? ",
     "Make device \"{}\" a cluster-aware filesystem? ", enable_local, disable_local},
    {feature::extended_slotmap, "Extended slot map feature",
     "Enable the extended slot map feature on device \"{}\"? ",
     "Disable the extended slot map feature on device \"{}\"? ", enable_extended_slotmap,
     disable_extended_slotmap},
    {feature::clusterinfo, "Clusterinfo feature", "Enable the clusterinfo feature on device \"{}\"? ",
     "Disable the clusterinfo feature on device \"{}\"? ", enable_clusterinfo, disable_clusterinfo},
    {feature::backup_super, "Backup superblock feature",
     "Enable the backup superblock feature on device \"{}\"? ",
     "Disable the backup superblock feature on device \"{}\"? ", enable_backup_super, disable_backup_super},
    {feature::sparse, "Sparse file feature", "Enable the sparse file feature on device \"{}\"? ",
     "Disable the sparse file feature on device \"{}\"? ", set_bit, disable_sparse},
    {feature::unwritten, "Unwritten extents feature",
     "Enable the unwritten extents feature on device \"{}\"? ",
     "Disable the unwritten extents feature on device \"{}\"? ", enable_unwritten, disable_unwritten},
    {feature::append_dio, "Append direct io feature",
     "Enable the append direct io feature on device \"{}\"? ",
     "Disable the append direct io feature on device \"{}\"? ", set_bit, disable_append_dio},
    {feature::inline_data, "Inline data feature", "Enable the inline data feature on device \"{}\"? ",
     "Disable the inline data feature on device \"{}\"? ", set_bit, disable_inline_data},
    {feature::xattr, "Extended attribute feature", "Enable the extended attribute feature on device \"{}\"? ",
     "Disable the extended attribute feature on device \"{}\"? ", enable_xattr, disable_xattr},
    {feature::discontig_bg, "Discontiguous block group feature",
     "Enable the discontiguous block group feature on device \"{}\"? ",
     "Disable the discontiguous block group feature on device \"{}\"? ", enable_discontig_bg,
     disable_discontig_bg},
    {feature::refcount, "Refcount feature", "Enable the refcount feature on device \"{}\"? ",
     "Disable the refcount feature on device \"{}\"? ", set_bit, disable_refcount},
    {feature::usrquota, "User quota feature", "Enable user quota feature on device \"{}\"? ",
     "Disable user quota feature on device \"{}\"? ", enable_quota, disable_quota},
    {feature::grpquota, "Group quota feature", "Enable group quota feature on device \"{}\"? ",
     "Disable group quota feature on device \"{}\"? ", enable_quota, disable_quota},
    {feature::indexed_dirs, "Directory indexing feature",
     "Enable the directory indexing feature on device \"{}\"? ",
     "Disable the directory indexing feature on device \"{}\"? ", enable_indexed_dirs, disable_indexed_dirs},
    {feature::metaecc, "Metadata ECC feature", "Enable the metadata ECC feature on device \"{}\"? ",
     "Disable the metadata ECC feature on device \"{}\"? ", enable_metaecc, clear_bit},
};

std::string_view name_of(const Features& bits) {
  return std::ranges::find(feature_names, bits, &FeatureName::bits)->name;
}

Plan plan_feature(Tuning& tuning, const FeatureRow& row, bool on) {
  if (tuning.has(row.bits) == on)
    return {{},
            fmt::format("{} is {}; nothing to {}", row.title, on ? "already enabled" : "not enabled",
                        on ? "enable" : "disable")};
  const auto act = on ? row.enable : row.disable;
  FeatureChange change = act(tuning, row);
  Prospect after = tuning.prospect;
  after.features = change.features;
  after.free_clusters -= std::min(change.clusters, after.free_clusters);
  std::string question = fmt::format(fmt::runtime(on ? row.enable_question : row.disable_question),
                                     tuning.name());
  if (!change.warning.empty()) question = change.warning + "\n" + question;
  return {Change{.what = fmt::format("feature {}", name_of(row.bits)),
                 .from = change.from.empty() ? (on ? "off" : "on") : change.from,
                 .to = change.to.empty() ? (on ? "on" : "off") : change.to,
                 .question = question,
                 .critical = !change.warning.empty(),
                 .remarks = change.remarks,
                 .after = after,
                 .carry_out = change.carry_out}};
}

Operation operation_for(const FeatureRow& row, bool on) {
  return {.name = fmt::format("feature {}{}", on ? "" : "no", name_of(row.bits)),
          .turn = Operation::Turn::last,
          .while_mounted = on && row.bits == feature::append_dio,
          .plan = [&row, on](Tuning& tuning) { return plan_feature(tuning, row, on); }};
}

FeatureChange put_bit(Tuning& tuning, const Features& bits, bool on) {
  const Features present = tuning.prospect.features;
  return {.features = on ? present | bits : present.without(bits), .carry_out = [&tuning, bits, on] {
            tuning.change_super([&](SuperBlock& super) {
              super.set_features(on ? super.features() | bits : super.features().without(bits));
            });
          }};
}

}  // namespace

FeatureChange set_bit(Tuning& tuning, const FeatureRow& row) { return put_bit(tuning, row.bits, true); }
FeatureChange clear_bit(Tuning& tuning, const FeatureRow& row) { return put_bit(tuning, row.bits, false); }

void require_clusters(const Tuning& tuning, u64 clusters, std::string_view what) {
  if (clusters <= tuning.prospect.free_clusters) return;
  fail(ErrorKind::no_space,
       "{}: that takes {} clusters, and {} are free; remove files, or enlarge the volume with -S first", what,
       clusters, tuning.prospect.free_clusters);
}

std::vector<Operation> change_features(const FeatureRequest& request) {
  std::vector<Operation> operations;
  for (auto row = std::rbegin(rows); row != std::rend(rows); ++row)
    if (request.clear.has(row->bits)) operations.push_back(operation_for(*row, false));
  for (const FeatureRow& row : rows)
    if (request.set.has(row.bits)) operations.push_back(operation_for(row, true));
  return operations;
}

}  // namespace ocfs2
