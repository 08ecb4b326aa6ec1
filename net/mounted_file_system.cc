// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/mounted_file_system.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>

namespace ocfs2 {
namespace {

struct NewGroupArgument {
  std::uint64_t block;
  std::uint32_t clusters;
  std::uint32_t free;
  std::uint16_t chain;
  std::uint16_t reserved1;
  std::uint32_t reserved2;
};
static_assert(sizeof(NewGroupArgument) == 24);

constexpr unsigned long group_extend = _IOW('o', 1, int);
constexpr unsigned long group_add_64 = _IOW('o', 3, NewGroupArgument);
static_assert(group_extend == 0x40046f01 && group_add_64 == 0x40186f03);

class KernelMount final : public MountedFileSystem {
 public:
  KernelMount(std::string mount_point, int folder) : mount_point_(std::move(mount_point)), folder_(folder) {}
  ~KernelMount() override { close(folder_); }
  KernelMount(const KernelMount&) = delete;
  KernelMount& operator=(const KernelMount&) = delete;

  std::optional<Refusal> blocks(std::uint64_t& count) override {
    struct statvfs facts {};
    if (fstatvfs(folder_, &facts) != 0) return Refusal{errno, "ask for the size of " + mount_point_};
    count = facts.f_blocks;
    return std::nullopt;
  }

  std::optional<Refusal> extend_last_group(std::uint32_t clusters) override {
    int argument = static_cast<int>(clusters);
    return tell(group_extend, &argument, "make the last group of " + mount_point_ + " larger");
  }

  std::optional<Refusal> add_group(const NewGroup& group) override {
    NewGroupArgument argument{group.block, group.clusters, group.free, group.chain, 0, 0};
    return tell(group_add_64, &argument, "add a group to " + mount_point_);
  }

 private:
  std::optional<Refusal> tell(unsigned long request, void* argument, std::string what) {
    if (ioctl(folder_, request, argument) == 0) return std::nullopt;
    return Refusal{errno, std::move(what)};
  }

  std::string mount_point_;
  int folder_;
};

}  // namespace

std::unique_ptr<MountedFileSystem> open_mounted(const std::string& mount_point,
                                                std::optional<Refusal>& refused) {
  const int folder = open(mount_point.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) return std::make_unique<KernelMount>(mount_point, folder);
  refused = Refusal{errno, "open " + mount_point};
  return nullptr;
}

}  // namespace ocfs2
