// SPDX-License-Identifier: GPL-2.0-or-later
//
// Damages of what a slot keeps for itself: local alloc, truncate log, journal (spec: fsck-checks.md B0, B2;
// ondisk.md 14, 75 to 78).
#include "engine/volume/volume_journal.h"
#include "engine/wreck/scene.h"
#include "ondisk/jbd2.h"

namespace ocfs2 {
namespace {

constexpr u32 window_clusters = 8;

Inode& local_alloc(Scene& scene) {
  return scene.edit_inode(scene.system_file(SystemFile::local_alloc, scene.slot(0)));
}

/// A local alloc with a window of `clusters` from `first` on, nothing handed out.
Inode& with_window(Scene& scene, u32 first, u32 clusters) {
  Inode& inode = local_alloc(scene);
  inode.local_alloc.first_cluster = first;
  inode.bitmap.total = clusters;
  return inode;
}
/// The same with clusters that the window really has.
Inode& with_sound_window(Scene& scene) {
  return with_window(scene, static_cast<u32>(scene.claim_clusters(window_clusters).value), window_clusters);
}

Bytes truncate_log(Scene& scene) {
  return scene.edit_body(scene.system_file(SystemFile::truncate_log, scene.slot(0)));
}
void add_record(Scene& scene, u64 start, u32 clusters) {
  const Bytes body = truncate_log(scene);
  auto& log = as<TruncateLog>(body);
  if (log.used >= log.count) scene.lacks("room in this truncate log");
  TruncateLog::slots(body)[log.used] = {.start = static_cast<u32>(start), .clusters = clusters};
  log.used += 1;
}

u32 journal_slot(Scene& scene) { return scene.slot(scene.facts().max_slots - 1); }
JournalSuperBlock& journal_of(Scene& scene, u32 slot) {
  const auto inode = scene.volume().system_file(SystemFile::journal, slot);
  const auto run = ExtentTree::of(scene.volume().cache(), inode).find(0);
  if (!run) scene.lacks("journal in this slot");
  return as<JournalSuperBlock>(scene.edit_bytes(run->block, opaque_kind));
}
JournalSuperBlock& a_journal(Scene& scene) { return journal_of(scene, journal_slot(scene)); }

/// A journal that is half as large as the others and right in itself.
void small_journal(Scene& scene) {
  const InodeNo number = scene.system_file(SystemFile::journal, journal_slot(scene));
  const Bytes body = scene.edit_body(number);
  if (as<ExtentList>(body).tree_depth != 0) scene.lacks("journal in few pieces");
  ExtentRecord& last = ExtentList::records(body).back();
  const u32 kept = last.clusters / 2;
  const ClusterNo first = scene.geometry().cluster_of(BlockNo(last.block));
  for (u32 i = kept; i < last.clusters; ++i) scene.set_cluster_soundly(first + i, false);
  auto& inode = scene.edit_inode(number);
  inode.clusters -= last.clusters - kept;
  inode.size = u64{inode.clusters} << scene.geometry().cluster_bits;
  last.clusters = static_cast<u16>(kept);
  a_journal(scene).blocks = static_cast<u32>(scene.geometry().blocks_for(inode.size));
}

constexpr Damage table[] = {
    {48, "LALLOC_SIZE", "LALLOC_SIZE", "la_size is not the room in the inode",
     [](Scene& scene) { local_alloc(scene).local_alloc.bitmap_bytes += 10; }},
    {49, "LALLOC_NZ_USED", "LALLOC_NZ_USED", "A local alloc without a window has bits in use",
     [](Scene& scene) { local_alloc(scene).bitmap.used = 10; }},
    {50, "LALLOC_NZ_BM", "LALLOC_NZ_BM", "A local alloc without a window says where it begins",
     [](Scene& scene) { local_alloc(scene).local_alloc.first_cluster = 100; }},
    {51, "LALLOC_BM_OVERRUN", "LALLOC_BM_OVERRUN", "The window begins behind the volume",
     [](Scene& scene) { with_window(scene, scene.geometry().clusters + 10, window_clusters); }},
    {52, "LALLOC_BM_SIZE", "LALLOC_BM_SIZE", "The window has more bits than fit the inode",
     [](Scene& scene) {
       Inode& inode = with_sound_window(scene);
       inode.bitmap.total = inode.local_alloc.bitmap_bytes * 8u + 10;
     }},
    {53, "LALLOC_BM_STRADDLE", "LALLOC_BM_STRADDLE", "The window begins in the volume and ends behind it",
     [](Scene& scene) {
       with_window(scene, scene.geometry().clusters - window_clusters / 2, window_clusters);
     }},
    {54, "LALLOC_USED_OVERRUN", "LALLOC_USED_OVERRUN", "More bits are in use than the window has",
     [](Scene& scene) { with_sound_window(scene).bitmap.used = window_clusters + 1; }},
    {55, "LALLOC_CLEAR", "LALLOC_SIZE LALLOC_CLEAR", "As LALLOC_SIZE; the code comes after a \"no\"",
     [](Scene& scene) { local_alloc(scene).local_alloc.bitmap_bytes += 10; }},
    {56, "DEALLOC_COUNT", "DEALLOC_COUNT", "tl_count is more than fits the inode",
     [](Scene& scene) { as<TruncateLog>(truncate_log(scene)).count += 10; }},
    {57, "DEALLOC_USED", "DEALLOC_USED", "tl_used is more than tl_count",
     [](Scene& scene) {
       auto& log = as<TruncateLog>(truncate_log(scene));
       log.used = static_cast<u16>(log.count + 10);
     }},
    {58, "TRUNCATE_REC_START_RANGE", "TRUNCATE_REC_START_RANGE", "A log's record begins behind the volume",
     [](Scene& scene) { add_record(scene, u64{scene.geometry().clusters} + 10, 1); }},
    {59, "TRUNCATE_REC_WRAP", "TRUNCATE_REC_WRAP", "A log's record ends beyond 32 bits",
     [](Scene& scene) { add_record(scene, scene.geometry().clusters - 1, 0xFFFFFFFF); }},
    {60, "TRUNCATE_REC_RANGE", "TRUNCATE_REC_RANGE", "A log's record ends behind the volume",
     [](Scene& scene) { add_record(scene, scene.geometry().clusters - 1, 10); }},
    {76, "LALLOC_REPAIR", "LALLOC_REPAIR", "A slot that nobody uses holds a window",
     [](Scene& scene) { with_sound_window(scene); }},
    {77, "LALLOC_USED", "LALLOC_USED", "i_used of a window is not the number of bits set",
     [](Scene& scene) { with_sound_window(scene).bitmap.used = window_clusters / 2; }},
    {106, "JOURNAL_FILE_INVALID", "JOURNAL_FILE_INVALID", "A journal's superblock has lost its signature",
     [](Scene& scene) { a_journal(scene).header.magic = 0; }},
    {107, "JOURNAL_UNKNOWN_FEATURE", "JOURNAL_UNKNOWN_FEATURE", "A journal has a feature that nobody knows",
     [](Scene& scene) {
       JournalSuperBlock& journal = a_journal(scene);
       journal.feature_incompat = journal.feature_incompat | 0x40000000;
     }},
    {108,
     "JOURNAL_MISSING_FEATURE",
     "JOURNAL_MISSING_FEATURE",
     "A journal has a feature that the others lack",
     [](Scene& scene) {
       JournalSuperBlock& journal = a_journal(scene);
       journal.feature_incompat = journal.feature_incompat ^ journal_feature::wide_blocks;
     },
     {},
     {},
     2},
    {109,
     "JOURNAL_TOO_SMALL",
     "JOURNAL_TOO_SMALL",
     "A journal is half as large as the others",
     small_journal,
     {},
     {},
     2},
    {{},
     "JOURNAL_ALL_UNKNOWN",
     "JOURNAL_UNKNOWN_FEATURE",
     "All journals have a feature that nobody knows",
     [](Scene& scene) {
       for (u32 slot = 0; slot < scene.facts().max_slots; ++slot) {
         JournalSuperBlock& journal = journal_of(scene, slot);
         journal.feature_incompat = journal.feature_incompat | 0x40000000;
       }
     }},
    {{},
     "JOURNAL_LENGTH",
     "JOURNAL_FILE_INVALID",
     "A journal counts more blocks than its file has",
     [](Scene& scene) {
       JournalSuperBlock& journal = a_journal(scene);
       journal.blocks = journal.blocks * 2;
     }},
    {{},
     "JOURNAL_BLOCK_SIZE",
     "JOURNAL_FILE_INVALID",
     "A journal has blocks of another size than the volume",
     [](Scene& scene) {
       JournalSuperBlock& journal = a_journal(scene);
       journal.block_size = journal.block_size * 2;
     }},
    {{},
     "DEALLOC_PENDING",
     "DEALLOC_PENDING",
     "The log of a slot that nobody uses holds clusters",
     [](Scene& scene) { add_record(scene, scene.claim_clusters(window_clusters).value, window_clusters); }},
    {{},
     "TRUNCATE_REC_OWNED",
     "DUP_CLUSTERS_LOG",
     "A truncate log holds a cluster that a file has",
     [](Scene& scene) {
       const auto records = ExtentList::records(scene.edit_body(scene.plain_file()));
       add_record(scene, scene.geometry().cluster_of(BlockNo(records.front().block)).value, 1);
     }},
    {{},
     "TRUNCATE_REC_FREE",
     "CLUSTER_ALLOC_BIT",
     "A truncate log holds clusters that are free",
     [](Scene& scene) {
       const ClusterNo first = scene.claim_clusters(1);
       scene.set_cluster_soundly(first, false);
       add_record(scene, first.value, 1);
     }},
};

}  // namespace

std::span<const Damage> log_damages() { return table; }

}  // namespace ocfs2
