// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of ocfs2-fuse: the words of the command line, the open volume that many threads ask for files,
// and the session that answers the kernel.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <vector>

#include "cmd/exclusive_volume.h"
#include "engine/rescue/views.h"

namespace ocfs2 {

/// What the command line asks for.
struct FuseRequest {
  std::string device, folder;
  bool read_only = false;
  bool must_write = false;         ///< "rw" was said: no falling back to looking
  bool rescue = false;             ///< as a repair would leave it; only to look
  bool verbose = false;            ///< say that it is mounted
  bool note_access = true;         ///< times of access are kept, as relatime does
  u64 commit_seconds = 5;          ///< what was done is durable after so long
  std::vector<std::string> words;  ///< for the kernel, as libfuse passes them on
  std::optional<OfflineClaim> offline{};

  bool has_word(std::string_view word) const;
};

/// Where words go when nobody looks at a terminal any more; the same ones only once.
class FuseLog {
 public:
  explicit FuseLog(std::string program) : program_(std::move(program)) {}
  /// From here on to the system's log.
  void leave_terminal();
  void tell(const std::string& words);

 private:
  static constexpr std::size_t told_max = 1000;
  std::string program_;
  std::mutex mutex_;
  bool on_terminal_ = true;
  std::set<std::string> told_;
};

/// A volume that is served. It is opened as a whole: who may have it beside us was asked, and what nodes that
/// died left behind was brought to its end. Any thread may use it.
class FuseVolume {
 public:
  /// Throws Error saying what stands in the way, and what to do.
  FuseVolume(const FuseRequest& request, Console& console);
  ~FuseVolume();

  bool writable() const { return view_->own != nullptr; }
  /// Somebody else may change the volume meanwhile: what is seen is some seconds old.
  bool shared() const { return shared_; }
  const std::string& name() const { return file_->name(); }
  u32 block_size() const { return view_->node->volume().geometry().block_size(); }
  /// A block device, which the kernel keeps for the mount from here on rather than we.
  bool is_block_device() const { return file_->is_block_device(); }
  void hand_to_kernel() { file_->stop_excluding(); }

  /// Calls `act` with the node, alone.
  template <class Act>
  auto with(const Act& act) {
    const std::lock_guard hold(mutex_);
    renew_when_old();
    return act(*view_->node);
  }
  /// Reads what Node::read does, beside others who read; `noting` the time of access.
  std::size_t read(InodeNo inode, u64 offset, Bytes into, bool noting);
  /// Leaves the volume clean; it can only be looked at then. Once.
  void close();

 private:
  struct View {
    std::unique_ptr<ExclusiveVolume> own{};  ///< none: only to look
    std::unique_ptr<Volume> volume{};
    std::unique_ptr<RescueViews> views{};
    std::unique_ptr<Node> looking{};
    Node* node = nullptr;
  };

  void open_to_write(const FuseRequest& request, Console& console);
  void open_to_look(const FuseRequest& request, Console& console);
  std::shared_ptr<View> look(bool rescue, Reporter& reporter);
  void renew_when_old();

  std::unique_ptr<BlockDevice> device_;  ///< to look at
  FileDevice* file_ = nullptr;           ///< what the volume is in
  std::shared_ptr<View> view_;
  std::mutex mutex_;           ///< whoever uses the node has it
  std::shared_mutex reading_;  ///< shared by those who read from places that the node told
  bool reads_aside_ = false;   ///< the device may be read by several at once
  bool in_use_ = false, shared_ = false;
  u64 seen_ms_ = 0;  ///< when the view was made
};

/// Mounts the volume and answers the kernel until it is unmounted or a signal asks for the end; `ready` is
/// called once it is mounted. Returns the exit status.
int serve_fuse(FuseVolume& volume, const FuseRequest& request, FuseLog& log,
               const std::function<void()>& ready);

/// All of it, for what says `program`: opens, mounts, goes to the background. Returns the exit status.
int run_fuse_request(const FuseRequest& request, const std::string& program, bool foreground);
/// Adds the words of an -o option. Throws Misuse for a word that is none, unless `sloppy`, and for a value
/// that cannot be.
void take_fuse_options(FuseRequest& request, std::string_view text, bool sloppy = false);

}  // namespace ocfs2
