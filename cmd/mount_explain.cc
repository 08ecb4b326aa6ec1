// SPDX-License-Identifier: GPL-2.0-or-later
#include "cmd/mount_explain.h"

#include <fmt/format.h>

#include <cerrno>

#include "engine/error.h"

namespace ocfs2 {
namespace {

/// EINVAL has many meanings; the likeliest first.
std::string explain_invalid(const FailedMount& failed) {
  if (!failed.options.unknown.empty()) {
    const std::string& word = failed.options.unknown.front();
    const std::string_view meant = known_mount_option(word);
    return fmt::format("the kernel does not know the option '{}'{}", word,
                       meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant));
  }
  if (failed.slots > 0 && failed.holders.size() >= failed.slots)
    return fmt::format(
        "all {} node slots are taken, by {}; unmount one of them, or with all unmounted run: "
        "tunefs.ocfs2 -N {} {}",
        failed.slots, fmt::join(failed.holders, ", "), failed.slots + 1, failed.device);
  const bool joins = failed.clustered && failed.stack == "o2cb" && !failed.holders.empty();
  return fmt::format(
      "the kernel refuses the volume or an option, such as a feature that it does not have{}; its own words "
      "are in the log: dmesg | tail",
      joins ? fmt::format("; or cluster.conf has other nodes or regions here than on {}: o2cb check-config "
                          "compares copies",
                          fmt::join(failed.holders, ", "))
            : "");
}

std::string explain_busy(const FailedMount& failed) {
  if (failed.clustered && failed.stack != "o2cb")
    return fmt::format("it is mounted there already, or volumes of another cluster stack than {} are mounted",
                       failed.stack);
  return "the device or the folder is mounted already; findmnt shows where";
}

}  // namespace

std::string explain_mount(const FailedMount& failed) {
  switch (failed.number) {
    case EINVAL:
      return explain_invalid(failed);
    case EBUSY:
      return explain_busy(failed);
    case EROFS:
      return "the device is write-protected and a journal on it was not emptied; it can be mounted once it "
             "is "
             "writable, or looked into with debugfs.ocfs2";
    case ENOTCONN:
      if (failed.stack != "o2cb")
        return "this host is no member of the cluster's dlm; what it waits for shows: dlm_tool status";
      return "this host has no network connection to every node that is alive; check that port 7777 is open "
             "on "
             "all of them, and that cluster.conf is the same everywhere: o2cb check-config";
    case ENODEV:
      return "the kernel has no ocfs2; run: modprobe ocfs2 (on some systems it is in a package of its own, "
             "such as linux-modules-extra), or mount it for this host alone: -o fuse";
    case ENOENT:
      return fmt::format(
          "the kernel's plug-in for the cluster stack {} is missing; run: modprobe ocfs2_stack_{}",
          failed.stack, failed.stack == "o2cb" ? "o2cb" : "user");
    case EPERM:
    case EACCES:
      return "only root may mount";
    case EPROTO:
    case EEXIST:
      if (failed.stack != "o2cb")
        return "a program such as fsck.ocfs2 or tunefs.ocfs2 works on the volume; wait until it has ended";
      return "the nodes that have it mounted speak another version of the locking protocol: their kernels "
             "are too "
             "different from this one";
    case EIO:
      return fmt::format(
          "the kernel met a damaged structure or an I/O error, its own words are in the log: dmesg "
          "| tail; with all nodes unmounted run: fsck.ocfs2 -f {}",
          failed.device);
    case ENOMEM:
      return "the kernel is out of memory";
    case EINTR:
    case ERESTART:
      return "it was interrupted";
    default:
      return "the kernel's own words are in the log: dmesg | tail";
  }
}

}  // namespace ocfs2
