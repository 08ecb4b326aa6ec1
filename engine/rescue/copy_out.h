// SPDX-License-Identifier: GPL-2.0-or-later
//
// Getting files off a volume, sound or damaged, into a folder of this host: content with its holes, owners,
// modes, times, attributes and hard links. What cannot be read is gone around and remembered; nothing on the
// volume is trusted further than that (a directory may contain itself, a name may be "../../etc/passwd").
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// Something that did not come along as it is.
struct CopyLoss {
  std::string path;  ///< below the folder that was copied, or the file's own name
  std::string words;
  u64 from = 0, to = 0;  ///< bytes of the file, where some could not be read
};

struct CopyCount {
  u64 files = 0, bytes = 0;  ///< of this run
  u64 kept = 0;              ///< files that an earlier run had copied
  u64 passed_bytes = 0;      ///< of data on the volume, copied or kept
};

class CopyOut {
 public:
  /// `folder`: an open folder of this host; it must outlive this. With `keep_owner` files get the owners that
  /// they have on the volume, which only root can give.
  CopyOut(Volume& volume, int folder, bool keep_owner, Reporter& reporter)
      : volume_(volume), folder_(folder), keep_owner_(keep_owner), reporter_(reporter) {}

  /// Copies an inode and, if it is a directory, all below it. `name` is what it is called in the folder; ""
  /// is the folder itself. A file that is there with the same size and time is left alone: what was cut off
  /// goes on. Throws Error(io) when this host does not take what comes, Error(interrupted).
  void copy(InodeNo inode, const std::string& name);

  /// How much data an inode and all below it have, in bytes, links counted once: for `show_progress`.
  u64 measure(InodeNo inode);
  /// From here on the reporter hears how much of `total_bytes` is done.
  void show_progress(u64 total_bytes) { total_bytes_ = total_bytes; }
  /// Calls `use` with the path of each file and directory when its turn comes.
  void on_file(std::function<void(const std::string& path)> use) { on_file_ = std::move(use); }

  const std::vector<CopyLoss>& losses() const { return losses_; }
  const CopyCount& count() const { return count_; }

 private:
  struct Child {
    InodeNo inode;
    std::string name;
  };
  using InodeBytes = std::vector<u8>;

  void pass(u64 bytes);
  void copy_into(int folder, InodeNo number, const std::string& name, const std::string& path, u32 depth);
  void copy_directory(int folder, ConstBytes block, const std::string& name, const std::string& path,
                      u32 depth);
  void copy_regular(int folder, ConstBytes block, const std::string& name, const std::string& path);
  void copy_symlink(int folder, ConstBytes block, const std::string& name, const std::string& path);
  void make_node(int folder, ConstBytes block, const std::string& name, const std::string& path);
  bool link_to_copy(int folder, InodeNo number, const Inode& inode, const std::string& name,
                    const std::string& path);
  void write_content(int file, ConstBytes block, const std::string& path);
  std::vector<Child> children_of(ConstBytes block, const std::string& path);
  void add_children(ConstBytes area, const std::string& path, std::vector<Child>& children);
  using SetAttribute = std::function<int(const std::string& name, ConstBytes value)>;
  void copy_attributes(InodeNo number, const std::string& path, const SetAttribute& set);
  void finish_unopened(int folder, const std::string& name, const Inode& inode, const std::string& path);
  void finish(int file, const Inode& inode, const std::string& path);
  /// The block of an inode in use; nothing, and a loss, when it is none.
  std::optional<InodeBytes> inode_block(InodeNo number, const std::string& path);
  void lose(const std::string& path, std::string words) { losses_.push_back({path, std::move(words)}); }
  void lose_bytes(const std::string& path, u64 from, u64 to, const std::string& why);
  [[noreturn]] void refuse(const std::string& path) const;

  Volume& volume_;
  int folder_;
  bool keep_owner_;
  Reporter& reporter_;
  std::function<void(const std::string&)> on_file_{};
  std::set<u64> directories_;          ///< that were entered
  std::map<u64, std::string> copied_;  ///< files with several links: where the first one is
  u64 total_bytes_ = 0;                ///< 0: nobody wants to know
  std::vector<CopyLoss> losses_;
  CopyCount count_;
};

}  // namespace ocfs2
