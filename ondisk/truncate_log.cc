// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/truncate_log.h"

namespace ocfs2 {
namespace {

constexpr u32 header_bytes = sizeof(TruncateLog);

}  // namespace

std::span<const TruncateRecord> TruncateLog::records(ConstBytes area) {
  if (area.size() < header_bytes) return {};
  const auto& log = as<TruncateLog>(area);
  return records_in<TruncateRecord>(area, header_bytes, std::min<u32>(log.used, log.count));
}
std::span<TruncateRecord> TruncateLog::slots(Bytes area) {
  if (area.size() < header_bytes) return {};
  return records_in<TruncateRecord>(area, header_bytes, as<TruncateLog>(area).count);
}

void judge_truncate_log(ConstBytes area, const Place& place, Judgement& judgement) {
  if (area.size() < header_bytes) return judgement.at_least("tl_count", 0, 1);
  const auto& log = as<TruncateLog>(area);
  judgement.equal("tl_count", log.count, place.geometry().truncate_records_per_inode());
  judgement.at_most("tl_used", log.used, log.count);
  for (const TruncateRecord& record : TruncateLog::records(area))
    judgement.holds(record.start == 0 || u64{record.start} + record.clusters <= place.geometry().clusters,
                    "t_start", "must lie inside the volume", record.start);
}

}  // namespace ocfs2
