// SPDX-License-Identifier: GPL-2.0-or-later
//
// ocfs2-fuse: mounts a volume without the kernel's ocfs2, through its FUSE; and mount.fuse.ocfs2, by which
// mount(8) calls the same.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "cmd/applets.h"
#include "cmd/fuse.h"
#include "cmd/mount_options.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/error.h"
#include "net/words.h"

namespace ocfs2 {
namespace {

constexpr std::string_view notes =
    "Words for -o, with commas between them:\n"
    "  ro, rw             only look; or refuse what cannot be written to\n"
    "  rescue             as a repair in memory would leave the volume; read-only\n"
    "  noatime            times of access are not kept\n"
    "  commit=SECONDS     what was done is durable after so long (5)\n"
    "  allow_other        other users may use the mount, too (root: always)\n"
    "  nosuid, nodev, noexec, sync, dirsync, auto_unmount as for every FUSE mount\n"
    "\n"
    "Examples:\n"
    "  ocfs2-fuse image.img folder        an image file, as an ordinary user\n"
    "  ocfs2-fuse -o ro /dev/sdb1 /mnt    beside the nodes that have it mounted\n"
    "  fusermount3 -u folder              the end; root: umount folder\n"
    "\n"
    "Exit status: 0 it is mounted, 1 it is not, 2 the command line is wrong.";

/// The part of the program that stays. The one that was called waits until it is mounted, or gone.
class Background {
 public:
  /// Returns the exit status in the process that was called, nothing in the one that goes on.
  std::optional<int> begin() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) fail_errno(errno, "no pipe to be had");
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child < 0) fail_errno(errno, "no process to be had");
    ready_ = ends[1];
    if (child == 0) return close(ends[0]), std::nullopt;
    close(ends[1]);
    char byte = 0;
    ssize_t got = 0;
    while ((got = ::read(ends[0], &byte, 1)) < 0 && errno == EINTR) {
    }
    if (got == 1) return 0;
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
  }

  void ready() {
    if (ready_ < 0) return;
    std::fflush(nullptr);
    setsid();
    if (chdir("/") != 0) return;  // as it always does
    const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (int descriptor = 0; descriptor <= 2; ++descriptor) dup2(nothing, descriptor);
    close(nothing);
    if (::write(ready_, "", 1) != 1) return;
    close(ready_);
  }

 private:
  int ready_ = -1;
};

std::string real_path(const std::string& path, std::string_view what) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) fail_errno(errno, "{} {}", what, path);
  std::string text(real);
  std::free(real);
  return text;
}

constexpr std::string_view words_passed_on[] = {"suid",
                                                "nosuid",
                                                "dev",
                                                "nodev",
                                                "exec",
                                                "noexec",
                                                "sync",
                                                "async",
                                                "dirsync",
                                                "auto_unmount",
                                                "allow_other",
                                                "allow_root",
                                                "default_permissions"};

/// False for a word that is none of ours.
bool take_word(FuseRequest& request, const std::string& word) {
  if (word == "ro") {
    request.read_only = true;
    request.must_write = false;
  } else if (word == "rw") {
    request.must_write = true;
    request.read_only = false;
  } else if (word == "rescue") {
    request.rescue = true;
  } else if (word == "noatime") {
    request.note_access = false;
    request.words.push_back(word);
  } else if (word == "atime" || word == "relatime") {
    request.note_access = true;
  } else if (word.starts_with("commit=")) {
    request.commit_seconds = number_in(std::string_view(word).substr(7), {1, 3600});
  } else if (std::ranges::find(words_passed_on, word) != std::end(words_passed_on)) {
    request.words.push_back(word);
  } else {
    return is_for_mount(word);
  }
  return true;
}

/// The file system of everybody when root mounts it; else that of the user, to whom the image belongs, and
/// who may read all of it anyway.
void settle_permissions(FuseRequest& request) {
  if (geteuid() == 0) {
    if (!request.has_word("allow_root")) request.words.emplace_back("allow_other");
    // As mount(2) has it; libfuse begins with their opposites.
    request.words.insert(request.words.begin(), {"suid", "dev"});
  }
  const bool others = request.has_word("allow_root") || request.has_word("allow_other");
  if (others && !request.has_word("default_permissions")) request.words.emplace_back("default_permissions");
}

int run_fuse_words(std::span<char*> arguments, bool helper) {
  FuseRequest request;
  bool foreground = false, pretend = false, sloppy = false;
  bool no_mtab = false;  // nobody writes one for FUSE
  std::string type = "fuse.ocfs2";
  std::vector<std::string> texts;
  Options options(arguments, "Mount an OCFS2 volume without the kernel's ocfs2, through FUSE.");
  options.list("-o OPTIONS", texts, "Words with commas between them; may be given more than once");
  options.custom(
      "-r, --read-only", [&](std::string_view) { texts.emplace_back("ro"); }, "The same as -o ro");
  options.custom(
      "--assume-offline[=NODES]",
      [&](std::string_view nodes) { request.offline = offline_claim(std::string(nodes)); },
      "You assert that all nodes are off, or these (numbers or names); signs of life win");
  if (helper) {
    options.flag("-f", pretend, "Do nothing: mount(8) only wants to know");
    options.flag("-s", sloppy, "Leave out words that this mount does not know");
    options.flag("-n", no_mtab, "");
    options.flag("-v", request.verbose, "Say what was mounted");
    options.text("-t TYPE", type, "");
  } else {
    options.flag("-f, --foreground", foreground, "Stay in the foreground, and say there what goes wrong");
  }
  options.positional("DEVICE", request.device, "Block device, image file, or metadata image of o2image");
  options.positional("FOLDER", request.folder, "Where to mount it");
  options.notes(notes);
  if (const auto status = options.parse()) return *status;
  if (type != "fuse.ocfs2" && type != "ocfs2")
    options.misuse(fmt::format("a file system of the type {} is not for this helper", type));
  for (const std::string& text : texts) take_fuse_options(request, text, sloppy);
  if (pretend) return 0;
  return run_fuse_request(request, options.program(), foreground);
}

}  // namespace

void FuseLog::leave_terminal() {
  const std::lock_guard hold(mutex_);
  on_terminal_ = false;
  openlog(program_.c_str(), LOG_PID, LOG_DAEMON);
}

void FuseLog::tell(const std::string& words) {
  const std::lock_guard hold(mutex_);
  if (told_.size() >= told_max || !told_.insert(words).second) return;
  if (on_terminal_)
    fmt::print(stderr, "{}: {}\n", program_, words);
  else
    syslog(LOG_ERR, "%s", words.c_str());
}

void take_fuse_options(FuseRequest& request, std::string_view text, bool sloppy) {
  for (const std::string& word : pieces(text, ","))
    if (!take_word(request, word) && !sloppy)
      throw Misuse(fmt::format(
          "'{}' is no option of this mount; those are: ro, rw, rescue, noatime, commit=SECONDS, {}", word,
          fmt::join(words_passed_on, ", ")));
}

int run_fuse_request(const FuseRequest& asked, const std::string& program, bool foreground) {
  FuseRequest request = asked;
  request.device = real_path(request.device, "the device");
  request.folder = real_path(request.folder, "the folder");
  struct stat status {};
  if (stat(request.folder.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    fail(ErrorKind::invalid_argument, "{} is no folder to mount on", request.folder);
  if (access("/dev/fuse", R_OK | W_OK) != 0)
    fail(ErrorKind::unsupported, "/dev/fuse cannot be used: {}{}", errno_text(errno),
         errno == ENOENT ? "; run: modprobe fuse" : "");
  settle_permissions(request);
  Background background;
  if (!foreground)
    if (const auto exit_status = background.begin()) return *exit_status;

  FuseLog log(program);
  std::optional<FuseVolume> volume;
  {
    Console console(program, {.dialogue_aside = true});
    volume.emplace(request, console);
  }
  std::signal(SIGPIPE, SIG_IGN);
  return serve_fuse(*volume, request, log, [&] {
    if (request.verbose) fmt::print("{} is mounted on {}\n", request.device, request.folder);
    std::fflush(stdout);
    if (foreground) return;
    log.leave_terminal();
    background.ready();
  });
}

int run_fuse(std::span<char*> arguments) { return run_fuse_words(arguments, false); }
int run_fuse_helper(std::span<char*> arguments) { return run_fuse_words(arguments, true); }

}  // namespace ocfs2
