// SPDX-License-Identifier: GPL-2.0-or-later
//
// How often nodes tell the global quota file what their users did (spec: ondisk.md 11.2).
#include "engine/error.h"
#include "engine/tune/operations.h"
#include "engine/volume/extent_tree.h"

namespace ocfs2 {
namespace {

constexpr u32 sync_ms_min = 100;

BlockNo head_block(Tuning& tuning, SystemFile file) {
  const auto inode = tuning.volume().system_file(file);
  if (const auto run = ExtentTree::of(tuning.volume().cache(), inode).find(0)) return run->block;
  fail(ErrorKind::corrupt, "{}: {} is empty; run: fsck.ocfs2 -f {}", tuning.name(), row_of(file).name,
       tuning.name());
}

}  // namespace

Operation change_quota_sync(QuotaType type, u64 sync_ms) {
  if (sync_ms < sync_ms_min || sync_ms > 0xFFFFFFFF)
    fail(ErrorKind::invalid_argument,
         "Quota sync interval is out of range (minimum is {}, maximum is {}): {}", sync_ms_min, 0xFFFFFFFF,
         sync_ms);
  const bool user = type == QuotaType::user;
  const std::string what = fmt::format("{} quota sync interval", user ? "user" : "group");
  const auto plan = [=](Tuning& tuning) -> Plan {
    if (!tuning.has(user ? feature::usrquota : feature::grpquota))
      fail(ErrorKind::invalid_argument, "The {} quota is not enabled on device \"{}\"",
           user ? "user" : "group", tuning.name());
    const BlockNo head = head_block(tuning, user ? SystemFile::user_quota : SystemFile::group_quota);
    const u32 current = tuning.volume().cache().read<GlobalQuotaHead>(head)->info.sync_ms;
    if (current == sync_ms)
      return {
          {},
          fmt::format("The {} of device \"{}\" is {} already; nothing to do", what, tuning.name(), sync_ms)};
    return {Change{.what = what,
                   .from = fmt::format("{} ms", current),
                   .to = fmt::format("{} ms", sync_ms),
                   .question = fmt::format("Change quota syncing interval on device \"{}\" from {} to {}? ",
                                           tuning.name(), current, sync_ms),
                   .after = tuning.prospect,
                   .carry_out = [&tuning, head, sync_ms] {
                     tuning.change([&](Transaction& transaction) {
                       transaction.edit<GlobalQuotaHead>(head).info.sync_ms = static_cast<u32>(sync_ms);
                     });
                   }}};
  };
  return {.name = what, .plan = plan};
}

}  // namespace ocfs2
