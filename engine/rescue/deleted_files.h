// SPDX-License-Identifier: GPL-2.0-or-later
//
// Files that were deleted, as far as they can be had back. The kernel empties an inode before it frees it, so
// little is left in the inode's own place: what was inside it, and files that are deleted but not yet emptied
// (orphans). But the journals are rings that nobody clears: they hold the inode, its extent blocks and the
// directories as they were, until the ring comes round. And the clusters keep their bytes until somebody gets
// them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/reporter.h"
#include "engine/volume/chain_allocator.h"
#include "engine/volume/extent_tree.h"
#include "engine/volume/volume.h"
#include "ondisk/bitmap.h"

namespace ocfs2 {

struct DeletedFile {
  enum class Found : u8 {
    orphan,   ///< in use, without a name
    inode,    ///< freed, and nothing else has come into its place
    journal,  ///< only as a journal holds it
  };
  InodeNo inode{};
  Found found = Found::journal;
  u16 mode = 0;
  u32 uid = 0, gid = 0;
  u64 size = 0;        ///< bytes
  u64 deleted_at = 0;  ///< seconds since 1970, 0: not known
  u64 clusters = 0;    ///< that it had
  u64 missing = 0;     ///< of these, nobody knows any more where they were
  u64 reused = 0;      ///< of these, belong to somebody else by now
  std::string name{};  ///< without its path; empty: not known
  BlockNo version{};   ///< the block of the device that holds the inode as it was

  u64 left() const { return clusters - missing - reused; }
};

class DeletedFiles {
 public:
  /// Looks through the journals and the inode allocators of `volume`. Regular files and symbolic links only.
  /// Goes around damage. Throws Error(interrupted).
  DeletedFiles(Volume& volume, Reporter& reporter);

  const std::vector<DeletedFile>& files() const { return files_; }  ///< the last deleted one first

  /// Writes a file into the open folder `folder`; clusters that are gone become holes. What is in the way is
  /// not overwritten. Returns what did not come along, in words. Throws Error(io) when this host does not
  /// take what comes.
  std::vector<std::string> copy(const DeletedFile& file, int folder, const std::string& name,
                                bool keep_owner);

 private:
  /// An inode or extent block as a journal has it.
  struct Version {
    BlockNo at;
    u64 changed = 0;  ///< of inodes: seconds, so that the last one before the end can be told
    u32 changed_nsec = 0;
  };
  struct FileKey {
    u64 inode;
    u32 generation;
    auto operator<=>(const FileKey&) const = default;
  };

  void look_at_journals();
  void look_at_log(u32 slot);
  void look_at_log_block(BlockNo at, ConstBytes block);
  void look_at_inode_version(BlockNo at, const Inode& inode);
  void drop_living();
  void look_at_orphans(u32 slot);
  void look_at_free_inodes(SystemFile file, u32 slot);
  void add(DeletedFile::Found found, BlockNo at, ConstBytes block, u64 deleted_at);
  void find_names();
  using ByInode = std::map<u64, std::vector<DeletedFile*>>;
  static void name_files(ConstBytes area, const ByInode& files);
  bool is_inode(ConstBytes block) const;

  std::vector<ExtentRun> runs_of(ConstBytes inode);
  void add_runs(ConstBytes list, u32 depth, std::set<u64>& seen, std::vector<ExtentRun>& runs);
  std::vector<u8> extent_block(const ChildRecord& parent, u32 depth);
  void gather_pending();
  bool taken(u64 cluster);
  BitRun next_taken(const ExtentRun& run, u64 done);
  void write_content(int file, const std::string& name, const DeletedFile& deleted, ConstBytes inode,
                     std::vector<std::string>& losses);
  template <class Work>
  void passing(const Work& work);

  Volume& volume_;
  Reporter& reporter_;
  std::map<FileKey, Version> versions_;
  std::map<u64, std::vector<BlockNo>> extent_blocks_;  ///< by the block that they are versions of
  std::vector<BlockNo> directories_;                   ///< blocks of journals that hold names
  std::optional<ChainAllocator> bitmap_;
  std::map<u64, u64> pending_;  ///< clusters that nobody has although they are marked used: first → end
  std::vector<DeletedFile> files_;
};

}  // namespace ocfs2
