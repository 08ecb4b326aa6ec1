// SPDX-License-Identifier: GPL-2.0-or-later
//
// The way that repairs and changes of a whole volume take to the device. A journal of the volume is the best:
// whoever comes after a crash replays it. But it may be part of what is being checked or changed. So each
// journal is used only once it is proven sound, and never for a change of itself; while there is none, and
// for what none can take, the old bytes are kept in an undo file first.
//
//     no journal trusted   old bytes → undo file │ flush │ in place │ flush        each commit
//     a journal trusted    as SlotJournal does
//
// The undo file is made when the first block is to be written without a journal, and removed once a journal
// takes over or the run ends: every commit until then is durable, and there is no middle to go back from. A
// single commit that is larger than the log is kept in one, too, for as long as it takes. It stays behind
// only when the run dies; `ocfs2box undo` takes it, and so does doing nothing but running fsck again.
#pragma once

#include <memory>

#include "engine/io/file_device.h"
#include "engine/journal/slot_journal.h"
#include "engine/journal/undo_file.h"

namespace ocfs2 {

class WayToWrite final : public WriteAhead {
 public:
  /// `device` is what the cache reads. With `undo` (the same device, whose old bytes are all kept already)
  /// there is no undo file of our own; else it goes to `undo_path`, with a number behind it if something is
  /// there.
  WayToWrite(BlockDevice& device, u32 block_size, ReversibleDevice* undo, std::string undo_path);
  ~WayToWrite() override;

  /// From here on this journal may be used; the first one that was added and is still trusted is.
  /// `was_dirty`: before this run, so that its flag tells something even when we did not use it.
  void trust(std::unique_ptr<SlotJournal> journal, bool was_dirty);
  /// The same for one that is not to be used, but to be marked clean at the end.
  void keep(std::unique_ptr<SlotJournal> journal, bool was_dirty);
  /// The journal of this inode is made anew: what is known of it is not true any more.
  void forget(InodeNo journal);
  /// The same for a sound one, whose changes are brought to their end first.
  void release(InodeNo journal);
  /// All that was committed is in place and durable, and no log speaks of it any more.
  void checkpoint();
  bool trusts_a_journal() const { return in_use() != nullptr; }
  /// These blocks turned out to be claimed by somebody else, too: journals that lie there are not used any
  /// more.
  void distrust(std::span<const BlockRun> blocks);

  /// Throws what SlotJournal::commit does; Error(invalid_argument) when there is neither a journal nor a
  /// place for an undo file; Error(io).
  void commit(std::span<const BlockImage> blocks) override;
  void write_data(u64 offset, ConstBytes bytes) override;
  void zero_data(u64 offset, u64 length) override;

  /// All that was committed is in place and durable, all logs are empty. Journals are marked clean when
  /// `sound`, or when nobody but us had made them dirty. Returns the journals' inodes whose mark of
  /// before is gone. The undo file is removed.
  std::vector<InodeNo> finish(bool sound);
  /// The journals that were trusted, whether or not they still are.
  std::vector<SlotJournal*> journals() const;

 private:
  struct Trusted {
    std::unique_ptr<SlotJournal> journal;
    bool was_dirty;
    bool usable;
  };
  const Trusted* in_use() const;
  /// The journal to use for what touches `blocks`, or null.
  SlotJournal* journal_for(std::span<const BlockImage> blocks);
  SlotJournal* journal_for(u64 offset, u64 length);
  void commit_aside(SlotJournal& journal, std::span<const BlockImage> blocks);
  void retire(Trusted& trusted);
  UndoFile& undo_file();
  void begin_undo();
  void remove_undo_file();
  void remove_store();

  BlockDevice& device_;
  u32 block_size_;
  ReversibleDevice* given_undo_;
  std::string undo_path_;
  std::vector<Trusted> journals_;
  std::unique_ptr<FileDevice> store_;
  std::unique_ptr<UndoDevice> own_undo_;
  std::unique_ptr<UndoFile> undo_file_;
};

}  // namespace ocfs2
