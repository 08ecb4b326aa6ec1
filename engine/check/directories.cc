// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 2: all directories. Their blocks are read in large batches and triaged on all cores; sick directories
// are looked at again, one by one. Then what several directories say about one is settled.
#include <algorithm>
#include <atomic>
#include <mutex>

#include "engine/check/directory_exam.h"
#include "engine/check/index_rebuild.h"
#include "engine/check/problems/directories.h"
#include "engine/check/relink.h"

namespace ocfs2 {
namespace {

constexpr u32 batch_blocks = 512;

/// Consecutive blocks of one directory, or its inode block.
struct Piece {
  u32 directory;  ///< index into the survey's
  BlockNo block;
  u32 blocks;
};

/// A directory has its name in more than one place.
struct SecondParent {
  InodeNo child;
  InodeNo parent;
  auto operator<=>(const SecondParent&) const = default;
};

class DirectoryPass {
 public:
  explicit DirectoryPass(Checkup& checkup) : checkup_(checkup), survey_(checkup.survey), roles_(checkup) {}

  void run();

 private:
  struct Unit {
    u32 first, end;  ///< directories
  };

  std::vector<Unit> plan() const;
  std::vector<Piece> pieces_of(const Unit& unit) const;
  void triage(const Unit& unit, Worker& worker);
  void examine(u32 directory);
  void deliver(DirectoryFact& fact, const DirectoryYield& yield);
  void settle_parents();
  void settle_parents_of(DirectoryFact& child, std::vector<InodeNo> parents);
  void remove_second_name(InodeNo parent, const DirectoryFact& child, u32 keep);

  Checkup& checkup_;
  Survey& survey_;
  DirectoryRoles roles_;
  std::mutex mutex_;
  std::vector<u32> sick_;
  std::vector<SecondParent> second_parents_;
};

/// Shows pieces to the exam as they are read; the pieces of a directory follow one another.
class TriageRound {
 public:
  TriageRound(const Checkup& checkup, const DirectoryRoles& roles, Worker& worker)
      : checkup_(checkup), worker_(worker), exam_(checkup, roles, worker.triage, worker.source) {}

  /// Calls `done` with each directory whose last block was seen, and whether it is sound.
  void run(std::span<const Piece> pieces, const std::function<void(u32, bool, const DirectoryYield&)>& done);

 private:
  void read(std::span<const Piece> batch);
  void show(const Piece& piece, ConstBytes bytes, bool read);

  const Checkup& checkup_;
  Worker& worker_;
  DirectoryExam exam_;
  std::vector<ReadRequest> requests_;
  bool all_read_ = true;
};

void TriageRound::run(std::span<const Piece> pieces,
                      const std::function<void(u32, bool, const DirectoryYield&)>& done) {
  const auto is_last = [&](std::size_t i) {
    return i + 1 == pieces.size() || pieces[i + 1].directory != pieces[i].directory;
  };
  bool begins = true;
  for (std::size_t first = 0; first < pieces.size();) {
    std::size_t end = first;
    for (u32 blocks = 0; end < pieces.size() && (end == first || blocks + pieces[end].blocks <= batch_blocks);
         ++end)
      blocks += pieces[end].blocks;
    read(pieces.subspan(first, end - first));
    for (; first < end; ++first) {
      const ReadRequest& request = requests_[requests_.size() - (end - first)];
      if (begins) {
        exam_.begin(checkup_.survey.directories[pieces[first].directory]);
        worker_.triage.forget();
        all_read_ = true;
      }
      show(pieces[first], request.into, request.error == 0);
      begins = is_last(first);
      if (!begins) continue;
      exam_.finish();
      done(pieces[first].directory, all_read_ && !worker_.triage.sick(), exam_.yield());
    }
  }
}

void TriageRound::read(std::span<const Piece> batch) {
  const Geometry& geometry = checkup_.geometry();
  u64 blocks = 0;
  for (const Piece& piece : batch) blocks += piece.blocks;
  std::vector<u8>& buffer = worker_.scratch;
  if (buffer.size() < blocks << geometry.block_bits) buffer.resize(blocks << geometry.block_bits);
  requests_.clear();
  u64 at = 0;
  for (const Piece& piece : batch) {
    const u64 bytes = u64{piece.blocks} << geometry.block_bits;
    requests_.push_back({geometry.byte_of(piece.block), Bytes(buffer).subspan(at, bytes)});
    at += bytes;
  }
  checkup_.volume.device().read_many(requests_);
}

void TriageRound::show(const Piece& piece, ConstBytes bytes, bool read) {
  const DirectoryFact& fact = checkup_.survey.directories[piece.directory];
  if (!read) {
    all_read_ = false;
    return;
  }
  if (fact.in_inode) {
    AnyPatient inode = worker_.source.patient(piece.block, Inode::kind, bytes);
    return exam_.inside_inode(inode);
  }
  const u32 size = checkup_.geometry().block_size();
  for (u32 i = 0; i < piece.blocks; ++i) {
    AnyPatient block = worker_.source.patient(piece.block + i, directory_block_kind(fact.trailers),
                                              bytes.subspan(u64{i} * size, size));
    exam_.block(block);
  }
}

/// Calls `use` with the pieces of directories [first, end), none larger than a batch.
template <class Use>
void each_piece(const Survey& survey, u32 first, u32 end, const Use& use) {
  auto run =
      first < survey.directories.size()
          ? std::lower_bound(survey.directory_runs.begin(), survey.directory_runs.end(),
                             survey.directories[first].inode,
                             [](const DirectoryRun& r, InodeNo wanted) { return r.directory < wanted; })
          : survey.directory_runs.end();
  for (u32 i = first; i < end; ++i) {
    const DirectoryFact& fact = survey.directories[i];
    if (fact.in_inode) use(Piece{i, block_of(fact.inode), 1});
    for (; run != survey.directory_runs.end() && run->directory <= fact.inode; ++run) {
      if (run->directory != fact.inode || fact.in_inode) continue;
      for (u32 done = 0; done < run->blocks; done += batch_blocks)
        use(Piece{i, run->block + done, std::min(batch_blocks, run->blocks - done)});
    }
  }
}

/// Directories whose blocks make a few batches.
std::vector<DirectoryPass::Unit> DirectoryPass::plan() const {
  std::vector<Unit> units;
  u32 blocks = batch_blocks;
  u32 last = ~u32{0};
  each_piece(survey_, 0, static_cast<u32>(survey_.directories.size()), [&](const Piece& piece) {
    if (piece.directory != last && blocks >= batch_blocks) {
      units.push_back({piece.directory, piece.directory});
      blocks = 0;
    }
    last = piece.directory;
    units.back().end = piece.directory + 1;
    blocks += piece.blocks;
  });
  return units;
}

std::vector<Piece> DirectoryPass::pieces_of(const Unit& unit) const {
  std::vector<Piece> pieces;
  each_piece(survey_, unit.first, unit.end, [&](const Piece& piece) { pieces.push_back(piece); });
  return pieces;
}

void DirectoryPass::triage(const Unit& unit, Worker& worker) {
  TriageRound round(checkup_, roles_, worker);
  round.run(pieces_of(unit), [&](u32 directory, bool sound, const DirectoryYield& yield) {
    if (sound) return deliver(survey_.directories[directory], yield);
    const std::lock_guard lock(mutex_);
    sick_.push_back(directory);
  });
}

void DirectoryPass::examine(u32 directory) {
  DirectoryFact& fact = survey_.directories[directory];
  DirectoryExam exam(checkup_, roles_, checkup_.examiner, checkup_.source);
  exam.begin(fact);
  each_piece(survey_, directory, directory + 1, [&](const Piece& piece) {
    for (u32 i = 0; i < piece.blocks; ++i) {
      const BlockKind& kind = fact.in_inode ? Inode::kind : directory_block_kind(fact.trailers);
      auto block = checkup_.source.look(piece.block + i, kind, fact.inode);
      if (!block)
        exam.unreadable();
      else if (fact.in_inode)
        exam.inside_inode(*block);
      else
        exam.block(*block);
    }
  });
  exam.finish();
  deliver(fact, exam.yield());
}

void DirectoryPass::deliver(DirectoryFact& fact, const DirectoryYield& yield) {
  fact.dotdot = yield.dotdot;
  fact.rebuild_index = yield.rebuild_index;
  fact.index_wrong = yield.index_wrong;
  for (const InodeCensus::Meeting& met : yield.named) survey_.census.count_name(met);
  for (const InodeNo child : yield.children) {
    DirectoryFact* const known = survey_.directory(child);
    if (known == nullptr) continue;
    u64 nobody = 0;
    if (std::atomic_ref(known->parent.value).compare_exchange_strong(nobody, fact.inode.value)) continue;
    const std::lock_guard lock(mutex_);
    second_parents_.push_back({child, fact.inode});
  }
}

void DirectoryPass::settle_parents() {
  std::sort(second_parents_.begin(), second_parents_.end());
  for (std::size_t i = 0; i < second_parents_.size();) {
    DirectoryFact& child = *survey_.directory(second_parents_[i].child);
    std::vector<InodeNo> parents{child.parent};
    for (; i < second_parents_.size() && second_parents_[i].child == child.inode; ++i)
      parents.push_back(second_parents_[i].parent);
    settle_parents_of(child, std::move(parents));
    checkup_.settle();
  }
}

/// Keeps the name in the directory that `..` leads to, or the first one.
void DirectoryPass::settle_parents_of(DirectoryFact& child, std::vector<InodeNo> parents) {
  std::sort(parents.begin(), parents.end());
  const bool agree = std::binary_search(parents.begin(), parents.end(), child.dotdot);
  child.parent = agree ? child.dotdot : parents.front();
  parents.erase(std::unique(parents.begin(), parents.end()), parents.end());
  for (const InodeNo parent : parents) remove_second_name(parent, child, parent == child.parent ? 1 : 0);
}

/// Asks about the names of `child` in `parent`, but for the first `keep` ones.
void DirectoryPass::remove_second_name(InodeNo parent, const DirectoryFact& child, u32 keep) {
  DirectoryFact& holder = *survey_.directory(parent);
  u32 names = 0;
  each_entry(survey_, holder, checkup_.source, [&](EntryArea& area, u32 at) {
    if (area.entry(at).inode != child.inode.value || names++ < keep) return true;
    if (!checkup_.examiner.resolve(
            problem::DIR_PARENT_DUP,
            {.inode = parent, .other = child.inode, .found = child.parent.value, .name = area.name(at)}))
      return true;
    area.mend_entry(at).inode = 0;
    survey_.census.count_name(child.inode, -1);
    holder.rebuild_index = holder.index.value != 0;
    return true;
  });
}

void DirectoryPass::run() {
  if (checkup_.mender != nullptr) checkup_.mender->commit();  // triage reads what stands on the device
  for (const InodeNo own : {roles_.root, roles_.system})
    if (DirectoryFact* const fact = survey_.directory(own)) fact->parent = own;
  const std::vector<Unit> units = plan();
  in_parallel(checkup_, units.size(), [&](u64 unit, Worker& worker) { triage(units[unit], worker); });
  checkup_.examiner.set_path_of(path_finder(checkup_));
  std::sort(sick_.begin(), sick_.end());
  for (const u32 directory : sick_) {
    examine(directory);
    checkup_.settle();
  }
  settle_parents();
  for (const InodeNo own : {roles_.system, roles_.root})  // nothing can be changed through damaged ones
    if (DirectoryFact* const fact = survey_.directory(own)) mend_dotdot(checkup_, *fact);
  for (DirectoryFact& fact : survey_.directories)
    if (fact.rebuild_index && checkup_.mender != nullptr) renew_index(checkup_, fact);
  if (checkup_.options.compact_directories && checkup_.mender != nullptr) compact_directories(checkup_);
}

}  // namespace

void check_directories(Checkup& checkup) {
  checkup.reporter.stage("Pass 2: Checking directory entries");
  DirectoryPass(checkup).run();
  checkup.reporter.stage_done("");
}

}  // namespace ocfs2
