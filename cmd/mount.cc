// SPDX-License-Identifier: GPL-2.0-or-later
//
// mount.ocfs2: what mount(8) calls for a volume of this type (spec: commands.md 5, cluster.md C). It finds
// out which cluster the volume belongs to, joins it, tells the kernel how its nodes notice each other, and
// explains what went wrong.
#include <fcntl.h>
#include <fmt/format.h>
#include <mntent.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "cmd/applets.h"
#include "cmd/console.h"
#include "cmd/fuse.h"
#include "cmd/mount_cluster.h"
#include "cmd/mount_explain.h"
#include "cmd/options.h"
#include "cmd/volume_guard.h"
#include "engine/cluster/clock.h"
#include "engine/error.h"
#include "engine/io/file_device.h"
#include "engine/io/in_use.h"
#include "net/host.h"
#include "net/running_cluster.h"

namespace ocfs2 {
namespace {

struct MountWords {
  std::string device, folder, options;
  bool pretend = false, sloppy = false, no_mtab = false;
  int verbosity = 0;
  std::optional<std::string> type;
};

std::string real_path(const std::string& path) {
  char* const real = realpath(path.c_str(), nullptr);
  if (real == nullptr) return {};
  std::string text(real);
  std::free(real);
  return text;
}

/// The words are those that scripts know.
void require_folder(const std::string& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    const bool link = lstat(folder.c_str(), &status) == 0 && S_ISLNK(status.st_mode);
    fail(ErrorKind::not_found, "mount directory {} {}", folder,
         link ? "is a broken symbolic link" : "does not exist");
  }
  if (!S_ISDIR(status.st_mode))
    fail(ErrorKind::invalid_argument, "mount directory {} is not a directory", folder);
}

/// The device whose volume has this label.
std::string device_labelled(const std::string& label) {
  std::vector<std::string> found;
  find_volume([&](Volume& volume) {
    if (volume.label() == label) found.push_back(volume.name());
    return false;
  });
  if (found.size() > 1)
    fail(ErrorKind::invalid_argument,
         "{} and {} both have the label '{}'; name the device, or UUID=", found[0], found[1], label);
  return found.empty() ? std::string() : found[0];
}

/// What "LABEL=x", "UUID=x" or a path stands for; empty when there is no such device here.
std::string device_path(const std::string& words) {
  if (words.starts_with("LABEL=")) return device_labelled(words.substr(6));
  if (!words.starts_with("UUID=")) return real_path(words);
  std::string digits = words.substr(5);
  std::erase(digits, '-');
  const auto device = find_volume_by_uuid(digits);
  return device ? device->name() : std::string();
}

/// Waits for a device that comes late, as those behind a network do.
std::string find_device(const std::string& words, u64 wait_seconds) {
  SystemClock clock;
  const u64 until_ms = clock.now_ms() + wait_seconds * 1000;
  while (true) {
    std::string path = device_path(words);
    if (!path.empty()) return path;
    if (clock.now_ms() >= until_ms || InterruptWatch::interrupted())
      fail(ErrorKind::not_found, "{} is not here{}", words,
           wait_seconds > 0 ? fmt::format(", though it was waited for {} seconds", wait_seconds) : "");
    clock.sleep_ms(500);
  }
}

/// Mounting a cluster's volume without the cluster destroys it when another node has it: evidence first, then
/// a question.
void confirm_alone(Volume& volume, const std::string& device, Console& console) {
  const GuardOutcome outcome = look_for_others(volume, {.writing = false}, console);
  if (!outcome.evidence.living().empty())
    fail(ErrorKind::busy, "{} is in use by other nodes: mounting it without them would destroy it", device);
  console.warn(
      fmt::format("{} belongs to a cluster. Mounted without it, any other node that has or gets it "
                  "mounted, and this one, will damage it",
                  device));
  if (!console.confirm("Proceed (y/N): ")) fail(ErrorKind::interrupted, "Aborting operation.");
}

std::vector<std::string> holders(Volume& volume) {
  NodeNames names;
  if (const auto running = running_cluster())
    for (const auto& [number, name] : running->nodes) names[number] = name;
  std::vector<std::string> holders;
  for (const auto& node : volume.slot_map())
    if (node) holders.push_back(node_text(*node, names));
  return holders;
}

/// An /etc/mtab that is a file of its own, as on old systems, gets its line.
void note_in_mtab(const MountWords& words, const std::string& device, const MountOptions& options,
                  bool clustered) {
  struct stat status {};
  if (words.no_mtab || options.remount() || lstat("/etc/mtab", &status) != 0 || !S_ISREG(status.st_mode))
    return;
  std::FILE* const file = setmntent("/etc/mtab", "a");
  if (file == nullptr) return;
  std::string text = fmt::format("{}{}", options.read_only() ? "ro" : "rw", clustered ? ",_netdev" : "");
  if (!options.kernel.empty()) text += "," + options.kernel_text();
  std::string device_text = device, folder = words.folder, type = "ocfs2";
  const mntent entry{device_text.data(), folder.data(), type.data(), text.data(), 0, 0};
  addmntent(file, &entry);
  endmntent(file);
}

bool mounted_here(const std::string& device) {
  struct stat status {};
  if (stat(device.c_str(), &status) != 0) return false;
  const auto uses = uses_of_number(status.st_rdev, device);
  return std::ranges::any_of(uses, [](const Use& use) { return use.what == Use::What::mounted; });
}

/// Ctrl-C between joining the cluster and mounting would leave half of it.
class SignalPause {
 public:
  SignalPause() {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalPause() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalPause(const SignalPause&) = delete;
  SignalPause& operator=(const SignalPause&) = delete;

 private:
  sigset_t before_{};
};

struct Target {
  const MountWords& words;
  MountOptions options;
  std::string device;
  Volume& volume;
  bool clustered;  ///< joins the volume's cluster
};

[[noreturn]] void fail_mount(const Target& target, int number) {
  const FailedMount failed{number,
                           target.device,
                           target.words.folder,
                           target.options,
                           target.clustered,
                           target.volume.cluster().stack,
                           target.volume.facts().max_slots,
                           holders(target.volume)};
  fail(ErrorKind::io, "{} while mounting {} on {}. {} (error {})", errno_text(number), target.device,
       target.words.folder, explain_mount(failed), number);
}

int mount_target(Target& target, MountCluster& cluster) {
  // A volume that is mounted here beats already, and the kernel ends that once, with the last of its mounts.
  const bool joins = target.clustered && !target.options.remount() && !mounted_here(target.device);
  if (joins) cluster.prepare();
  target.options.kernel.push_back(target.clustered ? cluster.option() : "heartbeat=none");
  if (target.words.pretend) return 0;
  SystemHost host;
  if (!host.knows_file_system("ocfs2")) host.load_module("ocfs2");  // what is missing shows in a moment
  const SignalPause pause;
  if (joins) cluster.join();
  const std::string text = target.options.kernel_text();
  if (mount(target.device.c_str(), target.words.folder.c_str(), "ocfs2", target.options.flags,
            text.c_str()) != 0)
    fail_mount(target, errno);
  if (joins) cluster.keep();
  note_in_mtab(target.words, target.device, target.options, target.clustered);
  return 0;
}

int mount_volume(const MountWords& words, const MountOptions& options, Console& console) {
  const std::string path = find_device(words.device, options.wait_seconds);
  const auto device = FileDevice::open(path, Access::read_only);
  const auto volume = Volume::open(*device, {.unknown_features = true});
  require_folder(words.folder);
  const bool local = volume->cluster().local, is_protected = write_protected(path);
  if (!local && options.without_cluster && !options.remount()) confirm_alone(*volume, path, console);
  Target target{words, options, path, *volume, !local && !options.without_cluster && !is_protected};
  if (is_protected) target.options.flags |= MS_RDONLY;
  MountCluster cluster(*volume, options.wait_seconds);
  const int status = mount_target(target, cluster);
  console.detail(1,
                 fmt::format("{} on {} type ocfs2 ({})", path, words.folder, target.options.kernel_text()));
  return status;
}

/// Words that only the kernel's ocfs2 knows do nothing here, and it is said so.
FuseRequest fuse_request(const MountWords& words, const MountOptions& options, Console& console) {
  if (options.remount())
    fail(ErrorKind::unsupported, "a mount through FUSE cannot be changed; unmount it, and mount it again");
  FuseRequest request;
  request.device = find_device(words.device, options.wait_seconds);
  request.folder = words.folder;
  request.verbose = words.verbosity > 0;
  for (const std::string& word : options.flag_words()) {
    static constexpr std::string_view alike[] = {"ro",   "nosuid",  "nodev",  "noexec",
                                                 "sync", "dirsync", "noatime"};
    if (std::ranges::find(alike, word) != std::end(alike)) take_fuse_options(request, word);
  }
  for (const std::string& word : options.kernel) {
    if (word.starts_with("commit=") && word != "commit=0")
      take_fuse_options(request, word);
    else
      console.warn(fmt::format("the option '{}' is for the kernel's ocfs2, and does nothing here", word));
  }
  require_folder(words.folder);
  return request;
}

bool kernel_has_ocfs2() {
  SystemHost host;
  if (!host.knows_file_system("ocfs2")) host.load_module("ocfs2");
  return host.knows_file_system("ocfs2");
}

}  // namespace

int run_mount(std::span<char*> arguments) {
  MountWords words;
  Options options(arguments, "Mount an OCFS2 volume, in its cluster; mount(8) calls this.");
  options.text("-o OPTIONS", words.options, "Words with commas between them; see mount.ocfs2(8)");
  options.flag("-n", words.no_mtab, "Write nothing to /etc/mtab");
  options.flag("-f", words.pretend, "Do everything but mount");
  options.flag("-s", words.sloppy, "Leave out options that the kernel does not know");
  options.count("-v", words.verbosity, "Say what is done");
  options.text("-t TYPE", words.type, "ocfs2, as mount(8) may say");
  options.positional("DEVICE", words.device, "The device, LABEL=… or UUID=…");
  options.positional("FOLDER", words.folder, "Where to mount it");
  if (const auto status = options.parse()) return *status;
  if (words.type.value_or("ocfs2") != "ocfs2")
    options.misuse(fmt::format("'{}' is not a type that this program mounts: it is ocfs2", *words.type));
  MountOptions mount_options = parse_mount_options(words.options);
  if (!mount_options.loop.empty())
    options.misuse("'loop' is what mount(8) does: mount -o loop, or losetup before this");
  if (words.sloppy)
    for (const std::string& word : mount_options.unknown) std::erase(mount_options.kernel, word);
  const bool by_fuse = mount_options.way == MountWay::fuse ||
                       (mount_options.way == MountWay::fuse_if_so && !kernel_has_ocfs2());
  std::optional<FuseRequest> request;
  {
    Console console(options.program(), {.verbosity = words.verbosity, .dialogue_aside = true});
    if (!by_fuse) return mount_volume(words, mount_options, console);
    request = fuse_request(words, mount_options, console);
  }
  return words.pretend ? 0 : run_fuse_request(*request, options.program(), false);
}

}  // namespace ocfs2
