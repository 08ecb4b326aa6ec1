// SPDX-License-Identifier: GPL-2.0-or-later
//
// mkfs.ocfs2 -d: what the new volume is filled with, and how large it then has to be (--shrink-to-fit).
//
//     MkfsFilling filling(words, request, console);      // the source is there
//     filling.make_room();                               // an image of the size that will do
//     write_volume(… filling.fill …)
//     filling.shrink(device, layout);                    // to what is used
//
// A volume that could not be filled is none: its superblock is written last.
#pragma once

#include <algorithm>

#include "cmd/mkfs.h"
#include "engine/files/directory_source.h"
#include "engine/files/measured_source.h"
#include "engine/files/populate.h"

namespace ocfs2 {

class MkfsFilling {
 public:
  /// Throws Error(invalid_argument) when -d does not go together with the other words, and what opening the
  /// source throws.
  MkfsFilling(const MkfsWords& words, const MkfsRequest& request, Console& console);
  /// A file that was made for a volume that came to nothing goes again.
  ~MkfsFilling();
  MkfsFilling(const MkfsFilling&) = delete;
  MkfsFilling& operator=(const MkfsFilling&) = delete;

  /// --shrink-to-fit: measures the source, and makes the image file if there is none.
  void make_room();
  /// How much of so many bytes the volume is to have at first.
  u64 bytes_of(u64 device_bytes) const { return std::min(device_bytes, wanted_bytes_); }

  /// Fills the volume. Throws what populate throws; Error(no_space) says how large the volume has to be.
  void fill(const Layout& layout, Volume& volume, WriteAhead& way);
  /// Reads everything and says what would be filled.
  void look(const Layout& layout);
  /// --shrink-to-fit: makes the finished volume as small as it can be, and the file with it.
  void shrink(BlockDevice& device, const Layout& layout);
  /// The volume is as it was asked for.
  void keep() { made_file_ = false; }

  /// For the JSON document.
  MkfsFilled filled() const;

 private:
  std::unique_ptr<TreeSource> open_source();
  MeasuredSource listen_to(TreeSource& source, const VolumeFacts& facts) const;
  Error with_demand(const Error& error, const Layout& layout, MeasuredSource& source) const;
  u64 bytes_for(const Demand& demand) const;
  void make_file();

  const MkfsWords& words_;
  const MkfsRequest& request_;
  Console& console_;
  const std::string& name_;               ///< of the source
  DirectorySource* directory_ = nullptr;  ///< what the source is, if it is one
  std::unique_ptr<TreeSource> source_;
  u64 wanted_bytes_ = ~u64{0};
  bool made_file_ = false;
  Demand demand_{};
  Populated populated_{};
  u64 volume_bytes_ = 0;  ///< after shrinking
};

}  // namespace ocfs2
