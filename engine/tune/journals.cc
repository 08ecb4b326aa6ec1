// SPDX-License-Identifier: GPL-2.0-or-later
//
// Length and block numbers of the journals (spec: commands.md 3.2 -J, ondisk.md 12).
//
// A journal is changed in its place: clusters are added at its end, or given back. Its own log cannot protect
// that, so the journal of another slot does; the log is empty, and says so, all the time. The file is at no
// moment shorter than the log claims to be: longer files are legal, and shorter ones would not be mounted.
#include "engine/tune/journals.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/tune/operations.h"
#include "engine/volume/extent_edit.h"
#include "engine/volume/volume_journal.h"

namespace ocfs2 {
namespace {

constexpr u32 run_clusters_max = 0xFFFF;  ///< what one extent record can hold
constexpr u32 clusters_min = 9;           ///< less is not enough for one change of the kernel's

BlockNo journal_inode(Volume& volume, u32 slot) {
  return volume.system_file(SystemFile::journal, slot).block();
}

void lengthen(Transaction& transaction, Volume& volume, u32 slot, u32 clusters) {
  const Geometry& geometry = volume.geometry();
  const BlockNo number = journal_inode(volume, slot);
  const auto inode = transaction.read<Inode>(number);
  const u32 have = inode->clusters;
  Space space(volume, slot);
  const BitRun run = space.allocate_clusters(transaction, std::min(clusters - have, run_clusters_max));
  const BlockNo first = geometry.first_block_of(ClusterNo(run.first));
  transaction.zero_data(first, run.count * geometry.blocks_per_cluster());
  ExtentEdit(transaction, space, ExtentRoot::of(inode))
      .insert({.cpos = have, .clusters = run.count, .block = first});
  transaction.edit<Inode>(number).size = u64{transaction.read<Inode>(number)->clusters}
                                         << geometry.cluster_bits;
}

void shorten(Transaction& transaction, Volume& volume, u32 slot, u32 clusters) {
  const Geometry& geometry = volume.geometry();
  const BlockNo number = journal_inode(volume, slot);
  Space space(volume, slot);
  ExtentEdit tree(transaction, space, ExtentRoot::of(transaction.read<Inode>(number)));
  tree.remove(clusters, transaction.read<Inode>(number)->clusters, [&](const ExtentRun& run) {
    space.free_clusters(transaction, geometry.cluster_of(run.block), run.clusters);
  });
  transaction.edit<Inode>(number).size = u64{transaction.read<Inode>(number)->clusters}
                                         << geometry.cluster_bits;
}

/// Writes the log's superblock anew: an empty log, changed by `edit`.
void edit_log_super(Tuning& tuning, u32 slot, const std::function<void(JournalSuperBlock&)>& edit) {
  const Geometry& geometry = tuning.geometry();
  JournalReader reader = open_journal_reader(tuning.volume(), slot);
  JournalSuperBlock super = reader.super();
  super.sequence = reader.scan().next_sequence;
  super.start = 0u;
  edit(super);
  if (JournalFormat{super.incompat()}.tail_bytes() != 0) super.checksum = journal_super_checksum(super);
  std::vector<u8> bytes(round_up(journal_super_bytes, geometry.block_size()));
  as<JournalSuperBlock>(Bytes(bytes)) = super;
  tuning.change([&](Transaction& transaction) {
    for (u64 at = 0; at < bytes.size(); at += geometry.block_size())
      transaction.write_data(reader.map().at(at / geometry.block_size()),
                             ConstBytes(bytes).subspan(at, geometry.block_size()));
  });
}

void resize_journal(Tuning& tuning, u32 slot, u32 clusters) {
  Volume& volume = tuning.volume();
  const auto have = [&] { return u32{volume.system_file(SystemFile::journal, slot)->clusters}; };
  const u32 blocks = clusters * tuning.geometry().blocks_per_cluster();
  const auto claim = [&] {
    edit_log_super(tuning, slot, [&](JournalSuperBlock& super) { super.blocks = blocks; });
  };
  if (have() > clusters) claim();
  while (have() > clusters)
    tuning.change([&](Transaction& transaction) { shorten(transaction, volume, slot, clusters); });
  while (have() < clusters)
    tuning.change([&](Transaction& transaction) { lengthen(transaction, volume, slot, clusters); });
  if (open_journal_reader(volume, slot).super().blocks != blocks) claim();
}

/// Changes the journals of all slots, one by one.
void each_journal(Tuning& tuning, std::string_view title, const std::function<void(u32)>& work) {
  const u32 slots = tuning.volume().facts().max_slots;
  tuning.reporter().stage(title);
  for (u32 slot = 0; slot < slots; ++slot) {
    tuning.without_journal(slot, [&] { work(slot); });
    tuning.reporter().progress(slot + 1, slots);
  }
  tuning.reporter().stage_done("done");
}

u32 clusters_for_journal(const Tuning& tuning, u64 bytes) {
  const Geometry& geometry = tuning.geometry();
  const u64 least = std::max<u64>(journal_bytes_min, u64{clusters_min} << geometry.cluster_bits);
  if (bytes < least)
    fail(ErrorKind::invalid_argument,
         "Journal size too small: {} bytes; with clusters of {} bytes a journal needs at least {}", bytes,
         geometry.cluster_size(), least);
  if (bytes > geometry.bytes() || bytes >> geometry.block_bits >= u64{1} << 32)
    fail(ErrorKind::invalid_argument,
         "Journal size too big: {} bytes; the volume has {}. Choose a smaller one", bytes, geometry.bytes());
  return static_cast<u32>(geometry.clusters_for(bytes));
}

/// Clusters that all journals together need more than they have.
u64 missing_clusters(Volume& volume, u32 clusters) {
  u64 missing = 0;
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    const u32 have = volume.system_file(SystemFile::journal, slot)->clusters;
    missing += clusters - std::min(have, clusters);
  }
  return missing;
}

Plan plan_size(Tuning& tuning, u64 bytes) {
  const u32 clusters = clusters_for_journal(tuning, bytes);
  const JournalShape shape = journal_shape(tuning.volume());
  if (shape.clusters_min == clusters && shape.clusters_max == clusters)
    return {{},
            fmt::format("The journals on device \"{}\" have {} bytes each already; nothing to do",
                        tuning.name(), u64{clusters} << tuning.geometry().cluster_bits)};
  const u64 missing = missing_clusters(tuning.volume(), clusters);
  if (missing > tuning.prospect.free_clusters)
    fail(ErrorKind::no_space,
         "unable to resize the journals on device \"{}\": that takes {} clusters, and {} are free. Choose a "
         "smaller size, remove files, or enlarge the volume with -S first",
         tuning.name(), missing, tuning.prospect.free_clusters);
  Prospect after = tuning.prospect;
  after.free_clusters -= missing;
  const u32 bits = tuning.geometry().cluster_bits;
  return {Change{.what = "journal size",
                 .from = fmt::format("{} bytes", u64{shape.clusters_max} << bits),
                 .to = fmt::format("{} bytes", u64{clusters} << bits),
                 .question = fmt::format("Resize journals on device \"{}\" to {}? ", tuning.name(), bytes),
                 .after = after,
                 .carry_out = [&tuning, clusters] {
                   each_journal(tuning, "Setting journal size",
                                [&](u32 slot) { resize_journal(tuning, slot, clusters); });
                 }}};
}

Plan plan_blocks(Tuning& tuning, bool wide) {
  const u64 blocks = u64{tuning.prospect.clusters} * tuning.geometry().blocks_per_cluster();
  const JournalShape shape = journal_shape(tuning.volume());
  if (wide ? shape.all_wide : !shape.any_wide)
    return {{},
            fmt::format("The journals on device \"{}\" are {} already; nothing to do", tuning.name(),
                        wide ? "block64" : "block32")};
  if (!wide && blocks >> 32 != 0)
    fail(ErrorKind::invalid_argument,
         "Device \"{}\" has {} blocks, more than journals with block32 can count", tuning.name(), blocks);
  return {Change{
      .what = "journal blocks",
      .from = shape.all_wide   ? "block64"
              : shape.any_wide ? "both"
                               : "block32",
      .to = wide ? "block64" : "block32",
      .question = wide ? fmt::format("Enable block64 journal feature on device \"{}\"? ", tuning.name())
                       : fmt::format("Enable block32 journal feature on device \"{}\" ?", tuning.name()),
      .after = tuning.prospect,
      .carry_out = [&tuning, wide] {
        each_journal(tuning, wide ? "Enabling block64 journals" : "Enabling block32 journals", [&](u32 slot) {
          edit_log_super(tuning, slot, [&](JournalSuperBlock& super) {
            const u32 others = super.feature_incompat & ~journal_feature::wide_blocks;
            super.feature_incompat = wide ? others | journal_feature::wide_blocks : others;
          });
        });
      }}};
}

}  // namespace

JournalShape journal_shape(Volume& volume) {
  JournalShape shape{.clusters_min = ~u32{0}};
  for (u32 slot = 0; slot < volume.facts().max_slots; ++slot) {
    const u32 clusters = volume.system_file(SystemFile::journal, slot)->clusters;
    shape.clusters_min = std::min(shape.clusters_min, clusters);
    shape.clusters_max = std::max(shape.clusters_max, clusters);
    const JournalReader reader = open_journal_reader(volume, slot);
    const bool wide = (reader.super().incompat() & journal_feature::wide_blocks) != 0;
    shape.all_wide &= wide;
    shape.any_wide |= wide;
  }
  return shape;
}

Operation resize_journals(u64 bytes) {
  return {.name = "journal size", .plan = [bytes](Tuning& tuning) { return plan_size(tuning, bytes); }};
}

Operation change_journal_blocks(bool wide) {
  return {.name = "journal blocks", .plan = [wide](Tuning& tuning) { return plan_blocks(tuning, wide); }};
}

}  // namespace ocfs2
