// SPDX-License-Identifier: GPL-2.0-or-later
//
// A volume in the hands of one node: the file operations that a program asks of a mounted file system, each
// of which happens as a whole or not at all (DESIGN.md, "Built to join a cluster"; spec: cluster.md G4).
//
//     locks │ Transaction: look, change, charge quota │ joins what runs │ … │ commit
//
// An operation takes its locks first, changes what it changes in one transaction, and joins what becomes
// durable together: with `sync`, when there is much, or when another node wants a lock. What takes more than
// one transaction (a large file is cut, deleted, cleared) is a sequence of them, each of which leaves a
// volume that may be used.
//
// A file that has lost its last name lives on as long as somebody holds it. If that outlasts a commit, it
// stands in the orphan directory of this node's slot, and whoever opens the volume after a crash deletes it.
//
// For one thread at a time. Operations throw FileError for what a system call refuses, Error for all else;
// after Error(io) while committing, nothing more can be changed.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/files/access_list.h"
#include "engine/files/file_error.h"
#include "engine/files/held_locks.h"
#include "engine/journal/running_transaction.h"
#include "engine/volume/file_data.h"
#include "engine/volume/space.h"
#include "engine/volume/xattr_edit.h"
#include "ondisk/directory.h"

namespace ocfs2 {

struct Moment {
  u64 seconds = 0;  ///< since 1970
  u32 nanoseconds = 0;
};

inline void set_access(Inode& inode, const Moment& time) {
  inode.atime = time.seconds;
  inode.atime_nsec = time.nanoseconds;
}
inline void set_modification(Inode& inode, const Moment& time) {
  inode.mtime = time.seconds;
  inode.mtime_nsec = time.nanoseconds;
}

/// What stat(2) tells.
struct FileStatus {
  InodeNo inode;
  u32 generation = 0;
  u16 mode = 0;
  u32 links = 0, uid = 0, gid = 0;
  u64 size = 0;           ///< bytes
  u64 clusters = 0;       ///< that hold its contents
  u64 device = 0;         ///< of a device, as device_number makes it
  u32 attributes = 0;     ///< as chattr(1) sets them
  bool in_inode = false;  ///< so small that its contents take no clusters
  Moment access, modification, change;
};

/// A file to be made.
struct NewFile {
  u16 mode = 0;               ///< type and permissions
  u16 umask = 0;              ///< permissions taken off, unless the directory's default ACL decides
  u32 uid = 0, gid = 0;       ///< of whom it shall be; a set-group-ID directory decides on the group
  u64 device = 0;             ///< of a device, as device_number makes it
  std::string_view target{};  ///< of a symbolic link, 1 to 4095 bytes
};

/// What is to become of an inode: what is not there stays.
struct StatusChange {
  std::optional<u16> mode{};  ///< permissions
  std::optional<u32> uid{}, gid{};
  std::optional<u32> attributes{};  ///< as chattr(1) sets them
  std::optional<Moment> access{}, modification{};
  bool present = false;  ///< these times are the present one, which also what is only appended to can get
};

/// A name in a directory.
struct FileName {
  InodeNo directory;
  std::string_view name;
};

struct DirectoryItem {
  std::string name;
  InodeNo inode;
  EntryType type;
};

enum class RenameMode { replace, keep, exchange };

/// What statfs(2) tells.
struct SpaceStatus {
  u64 clusters = 0, free_clusters = 0;
  u64 inodes = 0, free_inodes = 0;  ///< those that free clusters could become among them
};

class Node {
 public:
  /// Works on `volume`, opened to be written, through the journal of `slot`, which is clean or replayed. All
  /// outlive this.
  Node(Volume& volume, SlotJournal& journal, u32 slot, LockSpace& locks, std::function<Moment()> now);
  /// Only looks at `volume`: changes are refused (EROFS). What is damaged is gone around where that can be.
  explicit Node(Volume& volume);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Volume& volume() { return volume_; }

  /// Makes everything that was done durable.
  void sync();
  /// The same, and leaves the volume as a node leaves it that goes: no file without a name is left, the
  /// journal is clean.
  void close();

  // Looking.
  std::optional<InodeNo> lookup(InodeNo directory, std::string_view name);
  FileStatus status(InodeNo inode);
  /// These will soon be asked for: they are read together, as far as that helps.
  void expect(std::span<const InodeNo> inodes);
  /// How often names were changed so far: what was listed at the same number is still so.
  u64 name_changes() const { return name_changes_; }
  /// All names of a directory, `.` and `..` among them.
  std::vector<DirectoryItem> list(InodeNo directory);
  /// The same, as far as it can be read; returns what hides the others.
  std::optional<Error> list(InodeNo inode, std::vector<DirectoryItem>& items);
  std::string read_link(InodeNo inode);
  /// Reads from `offset` on until `into` is full or the file ends. Returns how many bytes.
  std::size_t read(InodeNo inode, u64 offset, Bytes into);
  /// Where the bytes are that this would read, for who reads them from the device later: what `before_reuse`
  /// is called for. Nothing when they are in the inode, and `read` is the way.
  std::optional<std::vector<FileData::Piece>> pieces(InodeNo inode, u64 offset, u64 length);
  /// The first byte at `from` or behind that is data, or that is none: in a hole, reserved only, or the end
  /// of the file. Refuses (ENXIO) behind the end, and where no data follows.
  u64 seek(InodeNo inode, u64 from, bool data);
  /// `wait` is called when clusters that files gave up are about to be given to others; it returns once
  /// nobody reads from places that `pieces` told.
  void before_reuse(std::function<void()> wait);
  SpaceStatus space_status();

  // Names.
  InodeNo create(const FileName& at, const NewFile& file);
  /// A file (no directory) that has no name until `link` gives it one, and is in nobody's way before it is as
  /// it shall be. It inherits from `directory` and is held once; let go without a name it is gone, as it is
  /// after a crash.
  InodeNo create_nameless(InodeNo directory, const NewFile& file);
  void link(InodeNo inode, const FileName& at);
  void unlink(const FileName& at);
  void remove_directory(const FileName& at);
  void rename(const FileName& from, const FileName& to, RenameMode mode = RenameMode::replace);

  // Contents. Set-ID bits of a file stay; whoever writes for somebody without a right to them takes them off.
  void write(InodeNo inode, u64 offset, ConstBytes bytes);
  void resize(InodeNo inode, u64 size);
  /// Reserves clusters for [offset, offset + length), which read as zeros; `keep_size` lets them lie behind
  /// the end of the file.
  void reserve(InodeNo inode, u64 offset, u64 length, bool keep_size);
  /// Makes [offset, offset + length) a hole, as far as the file goes.
  void punch(InodeNo inode, u64 offset, u64 length);
  /// Makes [offset, offset + length) zeros that have clusters.
  void clear(InodeNo inode, u64 offset, u64 length, bool keep_size);

  /// The target becomes a copy of the source that shares its clusters, until one of them is written to.
  void share(InodeNo source, InodeNo target);

  // Attributes.
  /// The value of an attribute, as getxattr(2) has it; nothing when there is none.
  std::optional<std::vector<u8>> attribute(InodeNo inode, std::string_view full_name);
  std::vector<XattrItem> attributes(InodeNo inode);
  void set_attribute(InodeNo inode, std::string_view full_name, ConstBytes value, XattrMode mode);
  void remove_attribute(InodeNo inode, std::string_view full_name);
  void change_status(InodeNo inode, const StatusChange& change);
  /// The time of access, if the mount option relatime would have it noted.
  void note_access(InodeNo inode);

  // Life.
  /// Somebody holds the inode `count` times more: it stays when it loses its last name.
  void hold(InodeNo inode, u64 count = 1);
  /// … and less. The last one deletes an inode without names.
  void let_go(InodeNo inode, u64 count = 1);
  /// Deletes what nodes that died had not deleted yet: inodes without names, in all orphan directories.
  void delete_orphans();

 private:
  using Act = std::function<void(Transaction&)>;
  using Part = std::function<bool(Transaction&)>;

  void require_writable() const;
  std::optional<InodeNo> find_name(InodeNo directory, std::string_view name);
  void read_neighbours(InodeNo inode);
  void carry_out(const Act& act);
  void carry_out_on(InodeNo inode, const Act& act);
  void carry_out_parts(InodeNo inode, const Part& part);
  void commit();
  void commit_when_full();

  void refresh(BlockNo block);
  LockName meta_lock(InodeNo inode) const;
  void lock(HeldLocks::Use& use, InodeNo inode, LockLevel level);
  void lock_contents(HeldLocks::Use& use, InodeNo inode, LockLevel level);
  void lock_two(HeldLocks::Use& use, InodeNo one, InodeNo other);
  void lock_space(HeldLocks::Use& use);

  BlockRef<Inode> inode_to_change(HeldLocks::Use& use, InodeNo number);
  BlockRef<Inode> file_to_change(HeldLocks::Use& use, InodeNo number);
  BlockRef<Inode> inode(InodeNo number);
  BlockRef<Inode> regular_file(InodeNo number);
  BlockRef<Inode> directory(InodeNo number);
  void require_changeable(const BlockRef<Inode>& inode) const;
  void require_unfixed(const BlockRef<Inode>& inode) const;
  void require_inside(u64 offset, u64 length) const;
  InodeNo make(InodeNo parent, std::optional<std::string_view> name, const NewFile& file);
  bool is_below(InodeNo inode, InodeNo directory);
  bool is_empty(InodeNo directory);
  bool is_large(const BlockRef<Inode>& inode) const;

  void touch(Transaction& transaction, InodeNo inode, bool contents = true);
  void grow(InodeNo inode, u64 size);
  void cut(InodeNo inode, u64 size);
  void leave_refcount_tree(InodeNo inode);
  void remove_name(const FileName& at, bool directory);
  void drop_name(Transaction& transaction, InodeNo inode, InodeNo parent);
  void exchange(Transaction& transaction, const FileName& from, const FileName& to);
  void move(Transaction& transaction, const FileName& from, const FileName& to, InodeNo moved,
            std::optional<InodeNo> replaced);
  void settle_parent(Transaction& transaction, InodeNo moved, InodeNo from, InodeNo to);
  void lost_name(InodeNo inode);
  void orphan_nameless();
  void set_access_list(InodeNo inode, ConstBytes value);
  std::optional<AccessList> inherited_list(const BlockRef<Inode>& directory);
  void inherit(Transaction& transaction, InodeNo inode, const AccessList& list);
  void follow_mode(Transaction& transaction, InodeNo inode);
  void clear_tails();
  void remove(InodeNo inode);

  Volume& volume_;
  SlotJournal* journal_ = nullptr;  ///< none: only looks
  std::unique_ptr<RunningTransaction> running_;
  Space space_;
  Alone alone_;
  HeldLocks locks_;
  std::function<Moment()> now_;
  std::unordered_map<u64, u64> held_;  ///< inodes that somebody holds, how often
  std::set<u64> nameless_;             ///< held, without a name, and in no orphan directory yet
  std::set<u64> newborn_;              ///< made without a name, which they may get
  std::set<u64> tails_;  ///< files that were cut: what lay behind their new end is not cleared yet
  u32 next_generation_ = 0;
  u64 name_changes_ = 0;
};

}  // namespace ocfs2
