// SPDX-License-Identifier: GPL-2.0-or-later
//
// The life of a mount: libfuse's session, from mounting to the last answer.
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <thread>

#include "cmd/fuse_operations.h"
#include "cmd/fuse_workers.h"
#include "engine/error.h"
#include "engine/io/open_file.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr int kept_bytes = 64 << 20;  ///< of memory that is free for now
constexpr double long_seconds = 24 * 60 * 60, short_seconds = 1;

/// Makes durable what was done, every few seconds.
class Committer {
 public:
  Committer(FuseVolume& volume, FuseLog& log, u64 seconds)
      : thread_([&volume, &log, seconds, this](const std::stop_token& stop) {
          std::unique_lock hold(mutex_);
          while (!wake_.wait_for(hold, stop, std::chrono::seconds(seconds), [] { return false; }) &&
                 !stop.stop_requested())
            commit(volume, log);
        }) {}

 private:
  static void commit(FuseVolume& volume, FuseLog& log) try {
    volume.with([](Node& node) { node.sync(); });
  } catch (const Error& error) {
    log.tell(error.what());
  }

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  ///< the last one: it uses the others
};

/// As fuseblk, which only root may.
bool mounts_as_block_device(const FuseVolume& volume) { return volume.is_block_device() && geteuid() == 0; }

/// What libfuse is told, word by word.
class SessionWords {
 public:
  SessionWords(const FuseVolume& volume, const FuseRequest& request) {
    words_ = {"ocfs2-fuse", "-o", fmt::format("fsname={},subtype=ocfs2", volume.name())};
    if (mounts_as_block_device(volume)) words_[2] += fmt::format(",blkdev,blksize={}", volume.block_size());
    if (!volume.writable()) words_[2] += ",ro";
    for (const std::string& word : request.words) words_[2] += "," + word;
    for (std::string& word : words_) pointers_.push_back(word.data());
  }
  fuse_args arguments() { return FUSE_ARGS_INIT(static_cast<int>(pointers_.size()), pointers_.data()); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

/// The kernel has 128 KiB for every FUSE mount, which is not enough to keep a disk busy. Only root may have
/// more; without it all else is the same.
void read_further_ahead(const FuseVolume& volume, const std::string& folder) {
  struct statx mount {};
  // It must not ask us, who are not answering yet.
  if (statx(AT_FDCWD, folder.c_str(), AT_STATX_DONT_SYNC, 0, &mount) != 0) return;
  const std::string path = fmt::format("/sys/class/bdi/{}:{}{}/read_ahead_kb", mount.stx_dev_major,
                                       mount.stx_dev_minor, mounts_as_block_device(volume) ? "-fuseblk" : "");
  const OpenFile file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
  const std::string kibibytes = std::to_string(read_ahead_bytes >> 10);
  if (file.get() >= 0 && write(file.get(), kibibytes.data(), kibibytes.size()) < 0) return;
}

FuseLog* library_log = nullptr;

void take_library_words(fuse_log_level, const char* format, va_list values) {
  char text[512];
  std::vsnprintf(text, sizeof text, format, values);
  std::string words(text);
  while (words.ends_with('\n')) words.pop_back();
  if (library_log != nullptr && !words.empty()) library_log->tell(words);
}

struct SessionEnd {
  void operator()(fuse_session* session) const {
    fuse_remove_signal_handlers(session);
    fuse_session_unmount(session);
    fuse_session_destroy(session);
  }
};

}  // namespace

int serve_fuse(FuseVolume& volume, const FuseRequest& request, FuseLog& log,
               const std::function<void()>& ready) {
  mallopt(M_ARENA_MAX, 1);  // one thread works mostly; what a commit gives back serves the next one
  mallopt(M_TRIM_THRESHOLD, kept_bytes);
  mallopt(M_MMAP_THRESHOLD, kept_bytes / 2);  // a limit set ends malloc's own adjusting of this
  const auto [cluster_bits, root] = volume.with(
      [](Node& node) { return std::pair(node.volume().geometry().cluster_bits, node.volume().root()); });
  Server server{volume, log, request, cluster_bits, root, volume.shared() ? short_seconds : long_seconds};
  library_log = &log;
  fuse_set_log_func(take_library_words);
  SessionWords words(volume, request);
  fuse_args arguments = words.arguments();
  const std::unique_ptr<fuse_session, SessionEnd> session(
      fuse_session_new(&arguments, &fuse_operations(), sizeof(fuse_lowlevel_ops), &server));
  fuse_opt_free_args(&arguments);
  if (!session) fail(ErrorKind::invalid_argument, "the mount was not prepared; see the words above");
  if (volume.is_block_device() && volume.writable()) volume.hand_to_kernel();
  if (fuse_session_mount(session.get(), request.folder.c_str()) != 0)
    fail(ErrorKind::io, "{} was not mounted on {}; see the words above", volume.name(), request.folder);
  read_further_ahead(volume, request.folder);
  fuse_set_signal_handlers(session.get());
  ready();
  const Committer committer(volume, log, request.commit_seconds);
  FuseWorkers(*session).work();
  return 0;
}

}  // namespace ocfs2
