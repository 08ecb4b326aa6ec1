// SPDX-License-Identifier: GPL-2.0-or-later
//
// Local allocs and truncate logs: what a slot has set aside, and what it is about to give back. Both lie
// inside their inodes (spec: ondisk.md 5.6, 5.7).
#include <algorithm>

#include "engine/check/check.h"
#include "engine/check/inode_check.h"
#include "engine/check/problems/inodes.h"

namespace ocfs2 {
namespace {

struct LogAt {
  BlockNo block;
  const Geometry& geometry;
  Facts facts() const { return {.inode = inode_at(block), .block = block}; }
};

u32 bits_possible(const LogAt& at) { return 8 * at.geometry.local_alloc_bitmap_bytes(); }
bool no_window(const Inode& inode) { return inode.bitmap.total == 0; }
bool starts_outside(const Inode& inode, const LogAt& at) {
  return !no_window(inode) && inode.local_alloc.first_cluster >= at.geometry.clusters;
}
bool ends_outside(const Inode& inode, const LogAt& at) {
  return !no_window(inode) &&
         u64{inode.local_alloc.first_cluster} + inode.bitmap.total > at.geometry.clusters;
}

/// What the window's bits say does not matter without a window.
void drop_window(Inode& inode) {
  inode.bitmap.used = inode.bitmap.total = 0;
  inode.local_alloc.first_cluster = 0;
}

constexpr Check<Inode, LogAt> local_alloc_checks[] = {
    {.problem = problem::LALLOC_SIZE,
     .found = [](const Inode& inode, const LogAt&) -> u64 { return inode.local_alloc.bitmap_bytes; },
     .expected = [](const Inode&, const LogAt& at) -> u64 { return at.geometry.local_alloc_bitmap_bytes(); },
     .mend = [](Inode& inode, u64 bytes,
                const LogAt&) { inode.local_alloc.bitmap_bytes = static_cast<u16>(bytes); }},
    {.problem = problem::LALLOC_NZ_USED,
     .found = [](const Inode& inode, const LogAt&) -> u64 {
       return no_window(inode) ? u32{inode.bitmap.used} : 0;
     },
     .expected = [](const Inode&, const LogAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const LogAt&) { inode.bitmap.used = 0; }},
    {.problem = problem::LALLOC_NZ_BM,
     .found = [](const Inode& inode, const LogAt&) -> u64 {
       return no_window(inode) ? u32{inode.local_alloc.first_cluster} : 0;
     },
     .expected = [](const Inode&, const LogAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const LogAt&) { inode.local_alloc.first_cluster = 0; }},
    {.problem = problem::LALLOC_BM_OVERRUN,
     .found = [](const Inode& inode, const LogAt& at) -> u64 {
       return starts_outside(inode, at) ? u32{inode.local_alloc.first_cluster} : 0;
     },
     .expected = [](const Inode&, const LogAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const LogAt&) { drop_window(inode); }},
    {.problem = problem::LALLOC_BM_SIZE,
     .found = [](const Inode& inode, const LogAt&) -> u64 { return inode.bitmap.total; },
     .expected = [](const Inode& inode, const LogAt& at) -> u64 {
       return std::min<u32>(inode.bitmap.total, bits_possible(at));
     },
     .mend = [](Inode& inode, u64, const LogAt&) { drop_window(inode); }},
    {.problem = problem::LALLOC_BM_STRADDLE,
     .found = [](const Inode& inode, const LogAt& at) -> u64 {
       return !starts_outside(inode, at) && ends_outside(inode, at) ? u32{inode.local_alloc.first_cluster}
                                                                    : 0;
     },
     .expected = [](const Inode&, const LogAt&) -> u64 { return 0; },
     .mend = [](Inode& inode, u64, const LogAt&) { drop_window(inode); }},
    {.problem = problem::LALLOC_USED_OVERRUN,
     .found = [](const Inode& inode, const LogAt&) -> u64 {
       return no_window(inode) ? 0 : u32{inode.bitmap.used};
     },
     .expected = [](const Inode& inode, const LogAt&) -> u64 {
       return no_window(inode) ? 0 : std::min(u32{inode.bitmap.used}, u32{inode.bitmap.total});
     },
     .mend = [](Inode& inode, u64 used, const LogAt&) { inode.bitmap.used = static_cast<u32>(used); }},
};

u32 records_possible(const LogAt& at) { return at.geometry.truncate_records_per_inode(); }

constexpr Check<Inode, LogAt> truncate_log_checks[] = {
    {.problem = problem::DEALLOC_COUNT,
     .found = [](const Inode& inode, const LogAt&) -> u64 { return inode.truncate_log.count; },
     .expected = [](const Inode&, const LogAt& at) -> u64 { return records_possible(at); },
     .mend = [](Inode& inode, u64 count,
                const LogAt&) { inode.truncate_log.count = static_cast<u16>(count); }},
    {.problem = problem::DEALLOC_USED,
     .found = [](const Inode& inode, const LogAt&) -> u64 { return inode.truncate_log.used; },
     .expected = [](const Inode& inode, const LogAt& at) -> u64 {
       return std::min<u32>(inode.truncate_log.used, records_possible(at));
     },
     .mend = [](Inode& inode, u64 used, const LogAt&) { inode.truncate_log.used = static_cast<u16>(used); }},
};

constexpr u32 window_offset = Inode::body_offset + sizeof(LocalAlloc);

/// Each fault may also be answered by giving the window up.
CheckTally examine_window(Patient<Inode>& inode, const LogAt& at, Examiner& examiner) {
  CheckTally tally;
  for (const auto& row : local_alloc_checks) {
    Facts facts = at.facts();
    facts.found = row.found(*inode, at);
    facts.expected = row.expected(*inode, at);
    if (facts.found == facts.expected) continue;
    ++tally.wrong;
    const Problem* const remedies[] = {&row.problem, &problem::LALLOC_CLEAR};
    const auto remedy = examiner.choose(remedies, facts);
    if (!remedy) continue;
    ++tally.mended;
    if (*remedy == 0) {
      row.mend(inode.mend(), facts.expected, at);
    } else {
      drop_window(inode.mend());
      inode.mend().local_alloc.bitmap_bytes = static_cast<u16>(at.geometry.local_alloc_bitmap_bytes());
    }
  }
  return tally;
}

/// Without a window no bit may be set: the kernel counts them. After another repair that is part of it.
void clear_bits_of_no_window(Patient<Inode>& inode, ConstBytes bitmap, const CheckTally& tally,
                             Examiner& examiner) {
  const u64 bits = count_set_bits(bitmap, 0, bitmap.size() * 8);
  if (bits == 0 || (tally.wrong > 0 && tally.mended == 0)) return;
  if (tally.mended > 0 ||
      examiner.resolve(problem::LALLOC_NZ_USED,
                       {.inode = inode_at(inode.block()), .block = inode.block(), .found = bits}))
    std::ranges::fill(inode.mend_bytes().subspan(window_offset, bitmap.size()), u8{0});
}

/// The records of a truncate log, whatever its header says.
class LogRecords {
 public:
  LogRecords(Patient<Inode>& inode, u32 room) : inode_(inode), room_(room) {}
  u32 used() const { return std::min<u32>(inode_->truncate_log.used, room_); }
  const TruncateRecord& at(u32 index) const {
    return as<TruncateRecord>(inode_.bytes().subspan(offset(index)));
  }
  void remove(u32 index) {
    const Bytes bytes = inode_.mend_bytes();
    for (u32 i = index; i + 1 < used(); ++i)
      as<TruncateRecord>(bytes.subspan(offset(i))) =
          as<TruncateRecord>(ConstBytes(bytes).subspan(offset(i + 1)));
    as<TruncateRecord>(bytes.subspan(offset(used() - 1))) = TruncateRecord{0, 0};
    inode_.mend().truncate_log.used -= 1;
  }

 private:
  static u32 offset(u32 index) {
    return Inode::body_offset + static_cast<u32>(sizeof(TruncateLog) + index * sizeof(TruncateRecord));
  }
  Patient<Inode>& inode_;
  u32 room_;
};

/// What is wrong with a record, if anything.
const Problem* fault_of(const TruncateRecord& record, const Geometry& geometry) {
  const u64 end = u64{record.start} + record.clusters;
  if (record.start >= geometry.clusters) return &problem::TRUNCATE_REC_START_RANGE;
  if (end > 0xFFFFFFFF) return &problem::TRUNCATE_REC_WRAP;
  return end > geometry.clusters ? &problem::TRUNCATE_REC_RANGE : nullptr;
}

}  // namespace

void examine_local_alloc(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest) {
  const LogAt at{inode.block(), source.geometry()};
  const CheckTally tally = examine_window(inode, at, examiner);
  const ConstBytes bitmap = inode.bytes().subspan(window_offset, at.geometry.local_alloc_bitmap_bytes());
  if (no_window(*inode)) return clear_bits_of_no_window(inode, bitmap, tally, examiner);
  const u32 bits = std::min<u32>(inode->bitmap.total, bits_possible(at));
  for (BitRun run = next_clear_run(bitmap, 0, bits); run.count > 0;
       run = next_clear_run(bitmap, run.first + run.count, bits))
    harvest.clusters.push_back({inode->local_alloc.first_cluster + run.first, run.count});
}

void examine_truncate_log(Patient<Inode>& inode, Examiner& examiner, BlockSource& source, Harvest& harvest) {
  const LogAt at{inode.block(), source.geometry()};
  run_checks(truncate_log_checks, inode, at, examiner);
  LogRecords records(inode, records_possible(at));
  for (u32 i = 0; i < records.used();) {
    const TruncateRecord record = records.at(i);
    const Problem* fault = record.start == 0 ? nullptr : fault_of(record, at.geometry);
    Facts facts = at.facts();
    facts.found = record.start;
    facts.index = i;
    facts.clusters = {record.start, record.clusters};
    if (fault != nullptr && examiner.resolve(*fault, facts)) {
      records.remove(i);
      continue;
    }
    if (fault == nullptr && record.start != 0) harvest.clusters.push_back({record.start, record.clusters});
    ++i;
  }
}

}  // namespace ocfs2
