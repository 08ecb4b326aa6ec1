// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the kernel asks of a file system in user space, one function a question (libfuse's low-level
// interface). Each asks the node once and answers once; errors end here, as errno values.
//
// The kernel keeps names, attributes and contents that it was told, as long as nobody else can change them.
// Node numbers are inode numbers, but for the root, which it calls 1. What was looked up is held until the
// kernel forgets it, so that a file which loses its last name lives on.
#include "cmd/fuse_operations.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cstring>

#include "engine/error.h"
#include "engine/io/aligned_buffer.h"
#include "engine/volume/volume.h"

namespace ocfs2 {
namespace {

constexpr u32 sector_bytes = 512;

/// What readdir goes through: the names as they were when it began.
struct OpenDirectory {
  std::vector<DirectoryItem> items;
  u64 changes = 0;              ///< Node::name_changes of that moment
  std::optional<Error> damage;  ///< that hides others
  bool read = false;
};

Server& server_of(fuse_req_t asked) { return *static_cast<Server*>(fuse_req_userdata(asked)); }
InodeNo number_of(const Server& server, fuse_ino_t node) {
  return node == FUSE_ROOT_ID ? server.root : InodeNo(node);
}
fuse_ino_t node_of(const Server& server, InodeNo number) {
  return number == server.root ? FUSE_ROOT_ID : number.value;
}

/// Calls `act`, which answers by itself; an error is the answer otherwise.
template <class Act>
void answer(fuse_req_t asked, const Act& act) {
  int number = 0;
  try {
    return act(server_of(asked));
  } catch (const FileError& error) {
    number = error.number();
    if (number == EIO) server_of(asked).log.tell(error.what());
  } catch (const Error& error) {
    number = errno_of(error.kind());
    if (number == EIO) server_of(asked).log.tell(error.what());
  } catch (const std::bad_alloc&) {
    number = ENOMEM;
  }
  fuse_reply_err(asked, number);
}

/// The same for what is answered by having been done.
template <class Act>
void carry_out(fuse_req_t asked, const Act& act) {
  answer(asked, [&](Server& server) {
    server.volume.with([&](Node& node) { act(server, node); });
    fuse_reply_err(asked, 0);
  });
}

timespec time_of(const Moment& moment) {
  return {static_cast<time_t>(moment.seconds), static_cast<long>(moment.nanoseconds)};
}
Moment moment_of(const timespec& time) {
  return {static_cast<u64>(time.tv_sec), static_cast<u32>(time.tv_nsec)};
}
struct stat stat_of(const Server& server, const FileStatus& status) {
  struct stat stat {};
  stat.st_ino = status.inode.value;
  stat.st_mode = status.mode;
  stat.st_nlink = status.links;
  stat.st_uid = status.uid;
  stat.st_gid = status.gid;
  stat.st_rdev = makedev(device_major(status.device), device_minor(status.device));
  stat.st_size = static_cast<off_t>(status.size);
  stat.st_blksize = static_cast<blksize_t>(1) << server.cluster_bits;
  const u64 sectors = status.in_inode ? divide_up(status.size, sector_bytes)
                                      : (status.clusters << server.cluster_bits) / sector_bytes;
  stat.st_blocks = static_cast<blkcnt_t>(sectors);
  stat.st_atim = time_of(status.access);
  stat.st_mtim = time_of(status.modification);
  stat.st_ctim = time_of(status.change);
  return stat;
}

/// What the kernel is told about an inode that it has by name from here on.
fuse_entry_param entry_of(const Server& server, Node& node, InodeNo number) {
  const FileStatus status = node.status(number);
  fuse_entry_param entry{};
  entry.ino = node_of(server, number);
  entry.generation = status.generation;
  entry.attr = stat_of(server, status);
  entry.attr_timeout = entry.entry_timeout = server.seconds;
  if (server.volume.writable()) node.hold(number);
  return entry;
}

void let_go(Server& server, fuse_ino_t node_id, u64 count) try {
  if (server.volume.writable())
    server.volume.with([&](Node& node) { node.let_go(number_of(server, node_id), count); });
} catch (const Error& error) {
  server.log.tell(error.what());
}

/// Answers with the inode that `make` returns.
template <class Make>
void answer_entry(fuse_req_t asked, const Make& make) {
  answer(asked, [&](Server& server) {
    const fuse_entry_param entry =
        server.volume.with([&](Node& node) { return entry_of(server, node, make(server, node)); });
    if (fuse_reply_entry(asked, &entry) != 0) let_go(server, entry.ino, 1);
  });
}

// Names.

void look_up(fuse_req_t asked, fuse_ino_t parent, const char* name) {
  answer(asked, [&](Server& server) {
    const fuse_entry_param entry = server.volume.with([&](Node& node) {
      if (const auto found = node.lookup(number_of(server, parent), name))
        return entry_of(server, node, *found);
      fuse_entry_param none{};
      none.entry_timeout = server.seconds;
      return none;
    });
    if (fuse_reply_entry(asked, &entry) != 0 && entry.ino != 0) let_go(server, entry.ino, 1);
  });
}

void forget(fuse_req_t asked, fuse_ino_t node, uint64_t count) {
  let_go(server_of(asked), node, count);
  fuse_reply_none(asked);
}

void forget_many(fuse_req_t asked, size_t count, fuse_forget_data* forgotten) {
  for (const fuse_forget_data& one : std::span(forgotten, count))
    let_go(server_of(asked), one.ino, one.nlookup);
  fuse_reply_none(asked);
}

NewFile new_file(fuse_req_t asked, mode_t mode) {
  const fuse_ctx* const caller = fuse_req_ctx(asked);
  return {.mode = static_cast<u16>(mode),
          .umask = static_cast<u16>(caller->umask),
          .uid = caller->uid,
          .gid = caller->gid};
}

void create_entry(fuse_req_t asked, fuse_ino_t parent, const char* name, const NewFile& file) {
  answer_entry(asked, [&](Server& server, Node& node) {
    return node.create({number_of(server, parent), name}, file);
  });
}

void make_node(fuse_req_t asked, fuse_ino_t parent, const char* name, mode_t mode, dev_t device) {
  NewFile file = new_file(asked, mode);
  if (S_ISCHR(mode) || S_ISBLK(mode)) file.device = device_number(major(device), minor(device));
  create_entry(asked, parent, name, file);
}

void make_directory(fuse_req_t asked, fuse_ino_t parent, const char* name, mode_t mode) {
  create_entry(asked, parent, name, new_file(asked, mode | S_IFDIR));
}

void make_symlink(fuse_req_t asked, const char* target, fuse_ino_t parent, const char* name) {
  NewFile file = new_file(asked, S_IFLNK | 0777);
  file.umask = 0;
  file.target = target;
  create_entry(asked, parent, name, file);
}

void link(fuse_req_t asked, fuse_ino_t inode, fuse_ino_t parent, const char* name) {
  answer_entry(asked, [&](Server& server, Node& node) {
    node.link(number_of(server, inode), {number_of(server, parent), name});
    return number_of(server, inode);
  });
}

void unlink(fuse_req_t asked, fuse_ino_t parent, const char* name) {
  carry_out(asked, [&](Server& server, Node& node) { node.unlink({number_of(server, parent), name}); });
}

void remove_directory(fuse_req_t asked, fuse_ino_t parent, const char* name) {
  carry_out(asked, [&](Server& server, Node& node) {
    node.remove_directory({number_of(server, parent), name});
  });
}

void rename(fuse_req_t asked, fuse_ino_t parent, const char* name, fuse_ino_t new_parent,
            const char* new_name, unsigned flags) {
  carry_out(asked, [&](Server& server, Node& node) {
    if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE)) != 0) refuse(EINVAL, "rename with flags {}", flags);
    const RenameMode mode = (flags & RENAME_EXCHANGE) != 0    ? RenameMode::exchange
                            : (flags & RENAME_NOREPLACE) != 0 ? RenameMode::keep
                                                              : RenameMode::replace;
    node.rename({number_of(server, parent), name}, {number_of(server, new_parent), new_name}, mode);
  });
}

void read_link(fuse_req_t asked, fuse_ino_t inode) {
  answer(asked, [&](Server& server) {
    const std::string target =
        server.volume.with([&](Node& node) { return node.read_link(number_of(server, inode)); });
    fuse_reply_readlink(asked, target.c_str());
  });
}

// Attributes.

void get_attributes(fuse_req_t asked, fuse_ino_t inode, fuse_file_info*) {
  answer(asked, [&](Server& server) {
    const struct stat stat = server.volume.with(
        [&](Node& node) { return stat_of(server, node.status(number_of(server, inode))); });
    fuse_reply_attr(asked, &stat, server.seconds);
  });
}

StatusChange change_of(const struct stat& wish, int which) {
  StatusChange change;
  if (which & FUSE_SET_ATTR_MODE) change.mode = static_cast<u16>(wish.st_mode);
  if (which & FUSE_SET_ATTR_UID) change.uid = wish.st_uid;
  if (which & FUSE_SET_ATTR_GID) change.gid = wish.st_gid;
  if (which & FUSE_SET_ATTR_ATIME) change.access = moment_of(wish.st_atim);
  if (which & FUSE_SET_ATTR_ATIME_NOW) change.access = present_moment();
  if (which & FUSE_SET_ATTR_MTIME) change.modification = moment_of(wish.st_mtim);
  if (which & FUSE_SET_ATTR_MTIME_NOW) change.modification = present_moment();
  constexpr int present_times = FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_MTIME |
                                FUSE_SET_ATTR_MTIME_NOW | FUSE_SET_ATTR_CTIME;
  change.present = (which & ~present_times) == 0 && (which & FUSE_SET_ATTR_ATIME_NOW) != 0 &&
                   (which & FUSE_SET_ATTR_MTIME_NOW) != 0;
  return change;
}

void set_attributes(fuse_req_t asked, fuse_ino_t inode, struct stat* wish, int which, fuse_file_info*) {
  answer(asked, [&](Server& server) {
    const InodeNo number = number_of(server, inode);
    const struct stat stat = server.volume.with([&](Node& node) {
      if (which & FUSE_SET_ATTR_SIZE) node.resize(number, static_cast<u64>(wish->st_size));
      if (which & ~FUSE_SET_ATTR_SIZE) node.change_status(number, change_of(*wish, which));
      return stat_of(server, node.status(number));
    });
    fuse_reply_attr(asked, &stat, server.seconds);
  });
}

void set_xattr(fuse_req_t asked, fuse_ino_t inode, const char* name, const char* value, size_t size,
               int flags) {
  carry_out(asked, [&](Server& server, Node& node) {
    const XattrMode mode = flags & XATTR_CREATE    ? XattrMode::create
                           : flags & XATTR_REPLACE ? XattrMode::replace
                                                   : XattrMode::either;
    node.set_attribute(number_of(server, inode), name, {reinterpret_cast<const u8*>(value), size}, mode);
  });
}

/// Answers with `bytes`, or with their number when that was the question.
void answer_sized(fuse_req_t asked, const char* bytes, std::size_t count, std::size_t room) {
  if (room == 0)
    fuse_reply_xattr(asked, count);
  else if (count > room)
    fuse_reply_err(asked, ERANGE);
  else
    fuse_reply_buf(asked, bytes, count);
}

void get_xattr(fuse_req_t asked, fuse_ino_t inode, const char* name, size_t size) {
  answer(asked, [&](Server& server) {
    const auto value =
        server.volume.with([&](Node& node) { return node.attribute(number_of(server, inode), name); });
    if (!value) return void(fuse_reply_err(asked, ENODATA));
    answer_sized(asked, reinterpret_cast<const char*>(value->data()), value->size(), size);
  });
}

void list_xattrs(fuse_req_t asked, fuse_ino_t inode, size_t size) {
  answer(asked, [&](Server& server) {
    std::string names;
    server.volume.with([&](Node& node) {
      for (const XattrItem& item : node.attributes(number_of(server, inode)))
        if (fuse_req_ctx(asked)->uid == 0 || !item.name.starts_with("trusted."))
          names.append(item.name).push_back('\0');
    });
    answer_sized(asked, names.data(), names.size(), size);
  });
}

void remove_xattr(fuse_req_t asked, fuse_ino_t inode, const char* name) {
  carry_out(asked,
            [&](Server& server, Node& node) { node.remove_attribute(number_of(server, inode), name); });
}

/// Attributes as XFS has them: the kernel asks for those, too, before it has any changed.
constexpr struct {
  u32 ours, theirs;
} flag_pairs[] = {{FS_SYNC_FL, FS_XFLAG_SYNC},
                  {FS_IMMUTABLE_FL, FS_XFLAG_IMMUTABLE},
                  {FS_APPEND_FL, FS_XFLAG_APPEND},
                  {FS_NODUMP_FL, FS_XFLAG_NODUMP},
                  {FS_NOATIME_FL, FS_XFLAG_NOATIME}};

/// What lsattr(1) and chattr(1) ask.
void control(fuse_req_t asked, fuse_ino_t inode, unsigned command, void*, fuse_file_info*, unsigned,
             const void* in, size_t in_size, size_t out_size) {
  answer(asked, [&](Server& server) {
    const InodeNo number = number_of(server, inode);
    const auto flags = [&] {
      return server.volume.with([&](Node& node) { return node.status(number).attributes; });
    };
    const auto set_flags = [&](u32 wish) {
      server.volume.with([&](Node& node) { node.change_status(number, {.attributes = wish}); });
      fuse_reply_ioctl(asked, 0, nullptr, 0);
    };
    fsxattr extended{};
    if (command == FS_IOC_GETFLAGS && out_size >= sizeof(u32)) {
      const u32 found = flags();
      fuse_reply_ioctl(asked, 0, &found, sizeof found);
    } else if (command == FS_IOC_FSGETXATTR && out_size >= sizeof extended) {
      for (const u32 found = flags(); const auto& pair : flag_pairs)
        if ((found & pair.ours) != 0) extended.fsx_xflags |= pair.theirs;
      fuse_reply_ioctl(asked, 0, &extended, sizeof extended);
    } else if (command == FS_IOC_SETFLAGS && in_size >= sizeof(u32)) {
      u32 wish = 0;
      std::memcpy(&wish, in, sizeof wish);
      set_flags(wish);
    } else if (command == FS_IOC_FSSETXATTR && in_size >= sizeof extended) {
      std::memcpy(&extended, in, sizeof extended);
      u32 wish = flags();
      for (const auto& pair : flag_pairs)
        wish = (extended.fsx_xflags & pair.theirs) != 0 ? wish | pair.ours : wish & ~pair.ours;
      set_flags(wish);
    } else {
      fuse_reply_err(asked, ENOTTY);
    }
  });
}

// Contents.

/// As long as nobody else changes files there is nothing to do, and the kernel need not ask again. Nor does
/// it ask to create and open at once: then it would have to tell of the end, too.
void open_file(fuse_req_t asked, fuse_ino_t, fuse_file_info* file) {
  if (server_of(asked).volume.shared())
    fuse_reply_open(asked, file);
  else
    fuse_reply_err(asked, ENOSYS);
}

void read(fuse_req_t asked, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info*) {
  thread_local AlignedBuffer buffer(1 << 20, 4096);
  if (buffer.bytes().size() < size) buffer = AlignedBuffer(size, 4096);
  answer(asked, [&](Server& server) {
    const InodeNo number = number_of(server, inode);
    const std::size_t count = server.volume.read(number, static_cast<u64>(offset), buffer.bytes().first(size),
                                                 server.request.note_access);
    fuse_reply_buf(asked, reinterpret_cast<const char*>(buffer.bytes().data()), count);
  });
}

void write(fuse_req_t asked, fuse_ino_t inode, const char* bytes, size_t size, off_t offset,
           fuse_file_info*) {
  answer(asked, [&](Server& server) {
    server.volume.with([&](Node& node) {
      node.write(number_of(server, inode), static_cast<u64>(offset),
                 {reinterpret_cast<const u8*>(bytes), size});
    });
    fuse_reply_write(asked, size);
  });
}

void allocate(fuse_req_t asked, fuse_ino_t inode, int mode, off_t offset, off_t length, fuse_file_info*) {
  carry_out(asked, [&](Server& server, Node& node) {
    const InodeNo number = number_of(server, inode);
    const u64 from = static_cast<u64>(offset), count = static_cast<u64>(length);
    const bool keep_size = (mode & FALLOC_FL_KEEP_SIZE) != 0;
    switch (mode & ~FALLOC_FL_KEEP_SIZE) {
      case 0:
        return node.reserve(number, from, count, keep_size);
      case FALLOC_FL_PUNCH_HOLE:
        return node.punch(number, from, count);
      case FALLOC_FL_ZERO_RANGE:
        return node.clear(number, from, count, keep_size);
      default:
        refuse(EOPNOTSUPP, "fallocate with mode {}", mode);
    }
  });
}

/// What was written by mmap(2) may not have come here yet, and Linux does not send it before it asks: it
/// would seem to be a hole, and who copies the file would leave it out. So this is told where nobody writes;
/// else programs look for zeros themselves.
void seek(fuse_req_t asked, fuse_ino_t inode, off_t offset, int whence, fuse_file_info*) {
  answer(asked, [&](Server& server) {
    const bool known = whence == SEEK_DATA || whence == SEEK_HOLE;
    if (!known || server.volume.writable()) refuse(EINVAL, "lseek with {}", whence);
    const u64 found = server.volume.with([&](Node& node) {
      return node.seek(number_of(server, inode), static_cast<u64>(offset), whence == SEEK_DATA);
    });
    fuse_reply_lseek(asked, static_cast<off_t>(found));
  });
}

void sync_file(fuse_req_t asked, fuse_ino_t, int, fuse_file_info*) {
  carry_out(asked, [](Server&, Node& node) { node.sync(); });
}

// Directories.

OpenDirectory& directory_of(const fuse_file_info* file) {
  return *reinterpret_cast<OpenDirectory*>(static_cast<std::uintptr_t>(file->fh));
}

void open_directory(fuse_req_t asked, fuse_ino_t, fuse_file_info* file) {
  auto* const directory = new OpenDirectory;
  file->fh = reinterpret_cast<std::uintptr_t>(directory);
  file->keep_cache = file->cache_readdir = !server_of(asked).volume.shared();
  if (fuse_reply_open(asked, file) != 0) delete directory;
}

void release_directory(fuse_req_t asked, fuse_ino_t, fuse_file_info* file) {
  delete &directory_of(file);
  fuse_reply_err(asked, 0);
}

mode_t type_bits(EntryType type) {
  constexpr mode_t bits[] = {0, S_IFREG, S_IFDIR, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK, S_IFLNK};
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(bits) ? bits[index] : 0;
}

/// Those whose names, from the one numbered `next` on, fit `size` bytes with all that is told of them.
std::vector<InodeNo> inodes_of(const OpenDirectory& directory, std::size_t next, std::size_t size) {
  std::vector<InodeNo> inodes;
  for (; next < directory.items.size() && inodes.size() < size / sizeof(fuse_entry_param); ++next)
    inodes.push_back(directory.items[next].inode);
  return inodes;
}

/// Names from `offset` on, as many as fit `size` bytes; with `attributes`, all that a look-up would tell.
template <bool attributes>
void read_directory(fuse_req_t asked, fuse_ino_t inode, size_t size, off_t offset, fuse_file_info* file) {
  answer(asked, [&](Server& server) {
    OpenDirectory& directory = directory_of(file);
    std::vector<char> text(size);
    std::vector<fuse_ino_t> told;
    std::size_t used = 0;
    server.volume.with([&](Node& node) {
      const InodeNo number = number_of(server, inode);
      if (offset == 0 || !directory.read) {
        directory.damage = node.list(number, directory.items);
        directory.changes = node.name_changes();
      }
      directory.read = true;
      const bool same_names = !server.volume.shared() && directory.changes == node.name_changes();
      if (directory.damage && static_cast<std::size_t>(offset) >= directory.items.size())
        throw *directory.damage;
      if (attributes) node.expect(inodes_of(directory, static_cast<std::size_t>(offset), size));
      for (auto next = static_cast<std::size_t>(offset); next < directory.items.size(); ++next) {
        const DirectoryItem& item = directory.items[next];
        const bool dots = item.name == "." || item.name == "..";
        fuse_entry_param entry{};
        entry.attr.st_ino = item.inode.value;
        entry.attr.st_mode = type_bits(item.type);
        const auto end = static_cast<off_t>(next + 1);
        // What cannot be told about a damaged inode is left to whoever asks for it. The kernel takes an inode
        // for what the name leads to now, and that may be another one since.
        if (attributes && !dots) try {
            const auto found = same_names ? std::optional(item.inode) : node.lookup(number, item.name);
            if (!found) continue;
            entry = entry_of(server, node, *found);
          } catch (const Error& error) {
            server.log.tell(error.what());
          }
        const std::size_t room = size - used;
        const std::size_t taken =
            attributes
                ? fuse_add_direntry_plus(asked, text.data() + used, room, item.name.c_str(), &entry, end)
                : fuse_add_direntry(asked, text.data() + used, room, item.name.c_str(), &entry.attr, end);
        if (taken > room) {
          if (entry.ino != 0 && server.volume.writable()) node.let_go(number_of(server, entry.ino));
          break;
        }
        if (entry.ino != 0) told.push_back(entry.ino);
        used += taken;
      }
      if (server.request.note_access) node.note_access(number);
    });
    if (fuse_reply_buf(asked, text.data(), used) != 0)
      for (const fuse_ino_t entry : told) let_go(server, entry, 1);
  });
}

void space(fuse_req_t asked, fuse_ino_t) {
  answer(asked, [&](Server& server) {
    const SpaceStatus status = server.volume.with([](Node& node) { return node.space_status(); });
    struct statvfs answer {};
    answer.f_bsize = answer.f_frsize = 1ul << server.cluster_bits;
    answer.f_blocks = status.clusters;
    answer.f_bfree = answer.f_bavail = status.free_clusters;
    answer.f_files = status.inodes;
    answer.f_ffree = answer.f_favail = status.free_inodes;
    answer.f_namemax = 255;
    fuse_reply_statfs(asked, &answer);
  });
}

// Life.

void begin(void* userdata, fuse_conn_info* connection) {
  const Server& server = *static_cast<const Server*>(userdata);
  const auto want = [&](unsigned capability, bool wanted) {
    connection->want &= ~capability;
    if (wanted) connection->want |= connection->capable & capability;
  };
  want(FUSE_CAP_ATOMIC_O_TRUNC, false);  // the kernel asks for the new size as for any other
  want(FUSE_CAP_DONT_MASK, true);        // a directory's default list decides before the umask does
  want(FUSE_CAP_POSIX_ACL, server.request.has_word("default_permissions"));
  want(FUSE_CAP_PARALLEL_DIROPS, true);
  want(FUSE_CAP_AUTO_INVAL_DATA, server.volume.shared());
  want(FUSE_CAP_CACHE_SYMLINKS, !server.volume.shared());
  want(FUSE_CAP_IOCTL_DIR, true);
  connection->max_readahead = read_ahead_bytes;
}

/// Whoever unmounts a block device waits for this.
void end(void* userdata) {
  Server& server = *static_cast<Server*>(userdata);
  try {
    server.volume.close();
  } catch (const Error& error) {
    server.log.tell(
        fmt::format("{}: what was done last may be lost; it is replayed at the next mount, or by "
                    "fsck.ocfs2",
                    error.what()));
  }
}

constexpr fuse_lowlevel_ops operations() {
  fuse_lowlevel_ops table{};
  table.init = begin;
  table.destroy = end;
  table.lookup = look_up;
  table.forget = forget;
  table.forget_multi = forget_many;
  table.getattr = get_attributes;
  table.setattr = set_attributes;
  table.readlink = read_link;
  table.mknod = make_node;
  table.mkdir = make_directory;
  table.unlink = unlink;
  table.rmdir = remove_directory;
  table.symlink = make_symlink;
  table.rename = rename;
  table.link = link;
  table.open = open_file;
  table.read = read;
  table.write = write;
  table.fsync = sync_file;
  table.opendir = open_directory;
  table.readdir = read_directory<false>;
  table.readdirplus = read_directory<true>;
  table.releasedir = release_directory;
  table.fsyncdir = sync_file;
  table.statfs = space;
  table.setxattr = set_xattr;
  table.getxattr = get_xattr;
  table.listxattr = list_xattrs;
  table.removexattr = remove_xattr;
  table.fallocate = allocate;
  table.lseek = seek;
  table.ioctl = control;
  return table;
}

}  // namespace

const fuse_lowlevel_ops& fuse_operations() {
  static constexpr fuse_lowlevel_ops table = operations();
  return table;
}

}  // namespace ocfs2
