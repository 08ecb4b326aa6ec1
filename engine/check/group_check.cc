// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/group_check.h"

#include "engine/check/block_source.h"
#include "engine/check/check.h"
#include "engine/check/problems/allocators.h"

namespace ocfs2 {
namespace {

u64 bitmap_bytes_of(const GroupDescriptor& group, const GroupPlace& at) {
  const u32 room = at.volume.geometry.group_bitmap_bytes();
  const u32 limit = GroupDescriptor::discontiguous_bitmap_bytes;
  if (at.global_bitmap || at.bits() > 8 * limit) return room;
  if (!at.volume.features.has(feature::discontig_bg))  // the kernel is content with less room, too
    return group.bitmap_bytes == limit ? limit : room;
  return at.system_inodes && group.bitmap_bytes == room ? room : limit;
}

constexpr Check<GroupDescriptor, GroupPlace> group_checks[] = {
    {.problem = problem::GROUP_BLKNO,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.block; },
     .expected = [](const GroupDescriptor&, const GroupPlace& at) { return at.block.value; },
     .mend = [](GroupDescriptor& group, u64 value, const GroupPlace&) { group.block = value; }},
    {.problem = problem::GROUP_CHAIN,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.chain; },
     .expected = [](const GroupDescriptor&, const GroupPlace& at) -> u64 { return at.chain; },
     .mend = [](GroupDescriptor& group, u64 value,
                const GroupPlace&) { group.chain = static_cast<u16>(value); }},
    {.problem = problem::GROUP_SIZE,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.bitmap_bytes; },
     .expected = bitmap_bytes_of,
     .mend = [](GroupDescriptor& group, u64 value,
                const GroupPlace&) { group.bitmap_bytes = static_cast<u16>(value); }},
    {.problem = problem::GROUP_BITS,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.bits; },
     .expected = [](const GroupDescriptor&, const GroupPlace& at) -> u64 { return at.bits(); },
     .mend = [](GroupDescriptor& group, u64 value,
                const GroupPlace&) { group.bits = static_cast<u16>(value); }},
    {.problem = problem::GROUP_FREE_BITS,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.free_bits; },
     .expected = [](const GroupDescriptor&, const GroupPlace& at) -> u64 { return at.free_bits; },
     .mend = [](GroupDescriptor& group, u64 value,
                const GroupPlace&) { group.free_bits = static_cast<u16>(value); }},
    {.problem = problem::GROUP_CONTIG_FREE,
     .found = [](const GroupDescriptor& group, const GroupPlace&) -> u64 { return group.contig_free_bits; },
     .expected = [](const GroupDescriptor& group, const GroupPlace& at) -> u64 {
       return group.contig_free_bits == at.longest_free ? at.longest_free : 0;
     },
     .mend = [](GroupDescriptor& group, u64 value,
                const GroupPlace&) { group.contig_free_bits = static_cast<u16>(value); }},
};

}  // namespace

bool examine_group(Patient<GroupDescriptor>& group, GroupPlace at, Examiner& examiner) {
  const ConstBytes bitmap = group_bitmap(group.bytes(), at.bits());
  at.free_bits = static_cast<u32>(count_clear_bits(bitmap, 0, at.bits()));
  if (group->contig_free_bits != 0)
    at.longest_free = static_cast<u32>(longest_clear_run(bitmap, 0, at.bits()).count);
  examine_checksum(group, at.allocator, examiner);
  run_checks(group_checks, group, at, examiner);
  if (scattered(group.bytes(), at)) return examine_pieces(group, at, examiner);
  examine_stray_count(group, at, examiner);
  return true;
}

}  // namespace ocfs2
