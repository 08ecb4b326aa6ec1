// SPDX-License-Identifier: GPL-2.0-or-later
//
// The journals of all slots, before anything else of the volume is looked at: what they hold decides what
// the volume is (spec: fsck-checks.md B0, ondisk.md 12). Each log is read before any is replayed, since a log
// must not be believed when it lies where another one does. And the sound ones are replayed before anything
// is asked about the others: a log may hold the inode of another journal, which was being mended when a run
// of fsck died.
//
// A journal that cannot be used is not made anew here: whether its clusters are its own is known after
// pass 1.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/check/examiner.h"
#include "engine/check/mender.h"
#include "engine/journal/way_to_write.h"
#include "engine/journal/replayed_view.h"
#include "engine/reporter.h"
#include "engine/volume/volume.h"

namespace ocfs2 {

/// The journal of one slot, as far as it could be read.
struct SlotLog {
  u32 slot = 0;
  InodeNo inode{};               ///< 0: the system directory does not name it
  bool inode_sound = false;      ///< its judge has nothing against the inode
  bool dirty = false;            ///< marked as holding changes, before this run
  u64 size_clusters = 0;         ///< what the inode says: the lesser of i_clusters and i_size
  u64 extent_clusters = 0;       ///< what its extents hold
  std::vector<BlockRun> runs{};  ///< where it lies
  std::string inode_trouble{};   ///< why its inode cannot be used; empty: it can
  std::string trouble{};         ///< why the log cannot be used; empty: it can
  bool unknown_feature = false;  ///< that is the trouble
  std::unique_ptr<JournalReader> reader{};
  LogScan scan{};             ///< of a dirty one
  s32 error_number = 0;       ///< what the kernel left in the log
  bool fresh = true;          ///< nothing was asked about it yet
  bool resized = false;       ///< the inode's sizes were mended
  bool add_features = false;  ///< the answer was yes
  bool replayed = false;
  bool offered = false;  ///< to whoever writes
  std::unique_ptr<SlotJournal> journal{};

  bool usable() const { return inode.value != 0 && trouble.empty() && reader != nullptr; }
};

class JournalsCheck {
 public:
  /// `now_seconds`: since 1970. All outlive this.
  JournalsCheck(Volume& volume, Examiner& examiner, Reporter& reporter, std::function<u64()> now_seconds);

  /// Reads all journals. Called again it looks again at those of which nothing was asked yet.
  void read_all();
  /// A log may have held a superblock with fewer slots: the others have no journals any more.
  void keep_slots(u32 slots) {
    std::erase_if(logs_, [slots](const SlotLog& log) { return log.slot >= slots; });
  }
  /// Tells what is wrong with those that were not replayed, and asks. Without a `mender` nothing is mended.
  void examine(Mender* mender);
  /// True when there is something to be replayed or shown.
  bool any_to_replay() const;
  /// False when the system directory does not name them all.
  bool all_named() const;
  /// Replays the dirty ones for good, as far as their logs are sound or were accepted. Returns how many. The
  /// cache knows nothing any more afterwards.
  u64 replay(WayToWrite& way);
  /// Shows what a replay would make of the volume, as far as there can be one.
  u64 show(ReplayedView& view);
  /// Says which dirty journals were not replayed.
  void tell_unreplayed();
  /// Lets repairs go through the journals that are proven sound.
  void offer(WayToWrite& way);
  /// After the passes: makes new logs where that was wanted.
  void rebuild(Mender& mender, WayToWrite& way);
  /// At the end, when nothing is left: the flags of journals that could not be recovered by themselves.
  void clear_flags(Mender& mender);

  const std::vector<SlotLog>& logs() const { return logs_; }
  bool found_trouble() const { return trouble_; }  ///< a journal was not as it should be

 private:
  SlotLog* next_to_replay();
  SlotLog read(u32 slot);
  void read_inode(SlotLog& log);
  void read_extents(SlotLog& log, ConstBytes inode);
  void find_overlaps();
  void read_log(SlotLog& log);
  std::vector<BlockRun> others(u32 slot) const;
  bool lies_on_reserved(const SlotLog& log) const;
  bool has_own_place(const SlotLog& log) const;
  bool is_proven(const SlotLog& log) const;

  void resolve(SlotLog& log);
  void resolve_one(SlotLog& log, Mender* mender);
  void resolve_size(SlotLog& log, Mender* mender);
  void resolve_features(SlotLog& log);
  u64 replay_beside(SlotLog& log, WayToWrite& way);
  std::unique_ptr<SlotJournal> slot_journal(const SlotLog& log);
  void write_log_super(const SlotLog& log, const JournalSuperBlock& super, WayToWrite& way);
  void find_shortened();
  void cut_behind_hole(const SlotLog& log, Mender& mender);
  void lengthen(SlotLog& log, u64 clusters, Mender& mender);
  u64 clusters_of_new_logs();
  bool make_log(SlotLog& log, u64 clusters, Mender& mender, WayToWrite& way);

  Volume& volume_;
  Examiner& examiner_;
  Reporter& reporter_;
  std::function<u64()> now_seconds_;
  std::vector<SlotLog> logs_;
  std::map<u32, const Problem*> to_rebuild_;  ///< by slot: under which name that was asked
  u32 features_ = 0;                          ///< that every log is to have
  u64 largest_ = 0;                           ///< clusters of the largest usable journal
  bool trouble_ = false;
};

/// An error's text without the journal's name in front and the advice to run fsck behind.
std::string bare_words(const SlotLog& log, std::string text);
/// "journal:0003"
std::string journal_name(u32 slot);

}  // namespace ocfs2
