// SPDX-License-Identifier: GPL-2.0-or-later
//
// Three ways to see a volume whose files are wanted, none of which writes to it: as it stands, as a replay of
// its journals would leave it, and as a repair would. The latter two happen in memory. Each is made when it
// is first asked for; the repair is that of fsck.ocfs2 -y, with all that it knows: a lost superblock, system
// directory or root does not stand in the way of the files, and those that lost their names are in
// lost+found.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/check/volume_check.h"
#include "engine/io/overlay_device.h"
#include "engine/journal/replayed_view.h"
#include "engine/reporter.h"

namespace ocfs2 {

/// What the repair in memory found.
struct MendedDamage {
  u64 found = 0, left = 0;
  std::vector<std::string> lines{};  ///< "[CODE] sentence", but for mere miscounts; at most lines_max
  static constexpr std::size_t lines_max = 1000;
  void tell(std::string line);
};

class RescueViews {
 public:
  /// `as_is` may be null: then the volume cannot be opened without a repair. `in_use`: this host has the
  /// volume mounted, and its journals are not to be replayed by anybody else. All of these outlive this.
  RescueViews(BlockDevice& device, Volume* as_is, bool in_use)
      : device_(device), as_is_(as_is), in_use_(in_use) {}
  ~RescueViews();

  bool in_use() const { return in_use_; }
  /// As after a replay of its journals; as it stands when they hold nothing or are in use. Throws what
  /// opening a volume does.
  Volume& replayed(Reporter& reporter);
  /// As after a repair. `now_seconds`: since 1970, for what repairs write. Throws what VolumeCheck does,
  /// Error(no_space) when the repair would take more memory than `memory_max` bytes, Error(interrupted).
  Volume& mended(Reporter& reporter, u64 now_seconds);
  bool is_mended(const Volume& view) const { return mended_.get() == &view; }
  /// Of the repair; nothing found before it was made.
  const MendedDamage& damage() const { return damage_; }

  static constexpr u64 memory_max = u64{1} << 30;

 private:
  BlockDevice& device_;
  Volume* as_is_;
  bool in_use_;
  std::unique_ptr<ReplayedView> replayed_view_{};
  std::unique_ptr<Volume> replayed_{};
  std::unique_ptr<OverlayDevice> overlay_{};
  std::unique_ptr<Volume> mended_{};
  MendedDamage damage_{};
};

}  // namespace ocfs2
