// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/cluster_record.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/tune/operations.h"
#include "engine/volume/extent_edit.h"

namespace ocfs2 {
namespace {

constexpr Features naming = feature::userspace_stack | feature::clusterinfo;

void write_cluster(SuperBlock& super, const ClusterIdentity& cluster, const Features& features) {
  const bool named = !(features & naming).empty();
  super.set_features(features);
  set_text(super.cluster_stack, named ? cluster.stack : "");
  set_text(super.cluster_name, named ? cluster.cluster : "");
  super.stack_flags = named && cluster.global_heartbeat ? SuperBlock::stack_global_heartbeat : u8{0};
}

}  // namespace

std::string cluster_words(const ClusterIdentity& cluster) {
  if (cluster.local) return "none (local)";
  if (cluster.cluster.empty()) return fmt::format("any {} cluster", cluster.stack);
  return fmt::format("{},{},{}", cluster.stack, cluster.cluster,
                     cluster.global_heartbeat ? "global" : "local");
}

Features features_for(const Features& features, const ClusterIdentity& cluster, ClusterForm form) {
  const Features bare = features.without(naming | feature::local);
  const bool o2cb = cluster.stack == "o2cb";
  const bool by_info =
      form == ClusterForm::info || features.has(feature::clusterinfo) || (o2cb && cluster.global_heartbeat);
  if (by_info) return bare | feature::clusterinfo | feature::extended_slotmap;
  if (o2cb) return bare;
  return bare | feature::userspace_stack | feature::extended_slotmap;
}

void record_cluster(Transaction& transaction, Tuning& tuning, const ClusterIdentity& cluster,
                    const Features& features) {
  record_features(transaction, tuning, features);
  write_cluster(edit_super(transaction).super, cluster, features);
}

void record_features(Transaction& transaction, Tuning& tuning, const Features& features) {
  const bool extended = features.has(feature::extended_slotmap);
  if (extended != tuning.volume().has(feature::extended_slotmap))
    clear_slots(transaction, tuning, extended, tuning.volume().facts().max_slots);
  edit_super(transaction).super.set_features(features);
}

void clear_slots(Transaction& transaction, Tuning& tuning, bool extended, u32 slots) {
  const Geometry& geometry = tuning.geometry();
  const BlockNo number = tuning.volume().system_file(SystemFile::slot_map).block();
  const auto inode = transaction.read<Inode>(number);
  u64 left = geometry.blocks_for(slot_map_bytes(extended, slots));
  const ExtentTree tree(transaction, Inode::body(inode.bytes()), "slot_map");
  tree.each_run([&](const ExtentRun& run) {
    const u64 blocks = std::min(left, run.clusters * geometry.blocks_per_cluster());
    std::vector<u8> map(blocks << geometry.block_bits);
    clear_slot_map(map, extended);
    transaction.write_data(run.block, map);
    left -= blocks;
    return left > 0;
  });
  if (left > 0)
    fail(ErrorKind::corrupt, "{}: the slot map has no room for {} slots; run: fsck.ocfs2 -f {}",
         tuning.name(), slots, tuning.name());
  Inode& edited = transaction.edit<Inode>(number);
  edited.size = std::max<u64>(edited.size, slot_map_bytes(extended, slots));
}

ClusterIdentity require_running_cluster(const Tuning& tuning, std::string_view trouble) {
  if (const auto running = tuning.running_cluster()) return *running;
  fail(ErrorKind::not_found,
       "{}: no cluster runs on this host that could be recorded; start it, for o2cb with: "
       "o2cb register-cluster NAME",
       trouble);
}

Operation change_cluster(std::optional<ClusterIdentity> cluster) {
  const auto plan = [cluster](Tuning& tuning) -> Plan {
    const ClusterIdentity target =
        cluster ? *cluster
                : require_running_cluster(
                      tuning, fmt::format("The cluster of device \"{}\" cannot be updated", tuning.name()));
    if (tuning.has(feature::local))
      fail(ErrorKind::invalid_argument,
           "Device \"{}\" is a single-node filesystem, which belongs to no cluster; \"-M cluster\" changes "
           "that",
           tuning.name());
    const Features features = features_for(tuning.prospect.features, target, ClusterForm::as_is);
    SuperBlock wanted = tuning.volume().super();
    write_cluster(wanted, target, features);
    const std::string from = cluster_words(tuning.volume().cluster());
    const std::string to = cluster_words(cluster_identity(wanted));
    if (from == to && features == tuning.prospect.features)
      return {{},
              fmt::format("Device \"{}\" is already configured for the running cluster; nothing to do",
                          tuning.name())};
    Prospect after = tuning.prospect;
    after.features = features;
    return {Change{
        .what = "cluster",
        .from = from,
        .to = to,
        .question = "Updating on-disk cluster information to match the running cluster.\n"
                    "DANGER: YOU MUST BE ABSOLUTELY SURE THAT NO OTHER NODE IS USING THIS FILESYSTEM BEFORE "
                    "MODIFYING ITS CLUSTER CONFIGURATION.\nUpdate the on-disk cluster information? ",
        .critical = true,
        .after = after,
        .carry_out = [&tuning, target] {
          tuning.change([&](Transaction& transaction) {
            const Features now = tuning.volume().features();
            record_cluster(transaction, tuning, target, features_for(now, target, ClusterForm::as_is));
          });
        }}};
  };
  return {.name = "cluster", .other_cluster = true, .plan = plan};
}

}  // namespace ocfs2
