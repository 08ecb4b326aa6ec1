// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/defragment.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/tune/bitmap_audit.h"
#include "engine/tune/gathering.h"
#include "engine/tune/inodes.h"
#include "engine/tune/piece_mover.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

constexpr u32 rounds_max = 64;
constexpr std::size_t pieces_at_least = 8;  ///< that are joined where there is no place for all

void count_file(const Geometry& geometry, const std::vector<FilePiece>& pieces, Scatter& scatter) {
  if (pieces.empty()) return;
  u64 broken = 0;
  each_broken_stretch(geometry, pieces, [&](std::size_t first, std::size_t end) {
    for (; first < end; ++first) broken += pieces[first].clusters;
  });
  ++scatter.files;
  scatter.pieces += pieces.size();
  scatter.broken_files += broken > 0 ? 1 : 0;
  scatter.broken_clusters += broken;
  scatter.shared_files += std::ranges::any_of(pieces, &FilePiece::shared) ? 1 : 0;
}

void count_free(Volume& volume, Scatter& scatter) {
  const Geometry& geometry = volume.geometry();
  for (u32 index = 0; index < geometry.cluster_groups(); ++index) {
    const auto group = volume.cache().read<GroupDescriptor>(geometry.cluster_group_block(index));
    const ConstBytes bitmap = GroupDescriptor::bitmap(group.bytes());
    const u64 end = geometry.clusters_in_group(index);
    for (BitRun run = next_clear_run(bitmap, 0, end); run.count > 0;
         run = next_clear_run(bitmap, run.first + run.count, end)) {
      ++scatter.free_runs;
      scatter.free_clusters += run.count;
      scatter.longest_free = std::max(scatter.longest_free, run.count);
    }
  }
}

/// Does both turns; or, in a rehearsal, finds out whether there is anything to do.
class Defragmenting {
 public:
  enum class Manner { rehearse, carry_out };

  Defragmenting(Tuning& tuning, Manner manner, u64& moved_clusters)
      : tuning_(tuning),
        rehearsing_(manner == Manner::rehearse),
        free_(tuning.volume()),
        mover_(tuning, free_, moved_clusters) {}

  void join_files();
  void gather();

  bool found_work() const { return found_work_; }

 private:
  void each_file(const std::function<void(InodeNo, const FilePieces&)>& use);
  void join(InodeNo number, const FilePieces& file, std::size_t first, std::size_t end);
  bool move(InodeNo number, const FilePieces& file, std::size_t first, std::size_t end);
  void begin(std::string_view title, u64 clusters);
  void did(u64 clusters);
  void end();

  Tuning& tuning_;
  const bool rehearsing_;
  FreePlaces free_;
  PieceMover mover_;
  u64 done_ = 0, total_ = 0;
  bool found_work_ = false;
};

void Defragmenting::begin(std::string_view title, u64 clusters) {
  done_ = 0;
  total_ = clusters;
  if (!rehearsing_) tuning_.reporter().stage(title);
}

void Defragmenting::did(u64 clusters) {
  done_ += clusters;
  if (!rehearsing_) tuning_.reporter().progress(std::min(done_, total_), total_);
}

void Defragmenting::end() {
  mover_.finish();
  if (!rehearsing_) tuning_.reporter().stage_done("done");
}

/// All files that have something to be moved; in a rehearsal until work was found.
void Defragmenting::each_file(const std::function<void(InodeNo, const FilePieces&)>& use) {
  each_inode(tuning_.volume(), [&](const BlockRef<Inode>& inode) {
    if (tuning_.reporter().interrupted()) fail(ErrorKind::interrupted, "interrupted");
    if (can_move(*inode)) use(inode_at(inode.block()), FilePieces(tuning_.volume(), inode));
    return !(rehearsing_ && found_work_);
  });
}

/// Moves some pieces of a file to one place; false when there is none that is long enough.
bool Defragmenting::move(InodeNo number, const FilePieces& file, std::size_t first, std::size_t end) {
  u64 clusters = 0;
  for (std::size_t i = first; i < end; ++i) clusters += file.pieces()[i].clusters;
  const auto to = free_.take(clusters);
  if (!to) return false;
  found_work_ = true;
  const std::size_t first_run = file.pieces()[first].first_run, end_run = file.pieces()[end - 1].end_run;
  if (!rehearsing_) mover_.move(number, std::span(file.runs()).subspan(first_run, end_run - first_run), *to);
  return true;
}

void Defragmenting::join_files() {
  const Geometry& geometry = tuning_.geometry();
  begin("Bringing files together", rehearsing_ ? 0 : scatter_of(tuning_).broken_clusters);
  each_file([&](InodeNo number, const FilePieces& file) {
    each_broken_stretch(geometry, file.pieces(),
                        [&](std::size_t first, std::size_t end) { join(number, file, first, end); });
  });
  this->end();
}

/// Where no place takes all pieces, as many go together as fit in one; but not for the sake of a few, since
/// each time all of them are copied.
void Defragmenting::join(InodeNo number, const FilePieces& file, std::size_t first, std::size_t end) {
  const std::size_t all = end - first;
  while (first < end) {
    std::size_t last = first;
    u64 clusters = 0;
    while (last < end && clusters + file.pieces()[last].clusters <= free_.longest())
      clusters += file.pieces()[last++].clusters;
    const std::size_t enough = last - first == all ? 2 : pieces_at_least;
    if (last - first < enough || !move(number, file, first, last)) last = first + 1;
    for (; first < last; ++first) did(file.pieces()[first].clusters);
  }
}

void Defragmenting::gather() {
  const GatheringPlan plan(tuning_);
  for (const BitRun& window : plan.kept_free()) free_.avoid(window);
  begin("Gathering free space", plan.clusters());
  each_file([&](InodeNo number, const FilePieces& file) {
    for (std::size_t i = 0; i < file.pieces().size(); ++i)
      if (plan.moves(file.pieces()[i])) {
        move(number, file, i, i + 1);
        did(file.pieces()[i].clusters);
      }
  });
  end();
}

bool is_anything_to_do(Tuning& tuning) {
  u64 nothing_moved = 0;
  Defragmenting rehearsal(tuning, Defragmenting::Manner::rehearse, nothing_moved);
  rehearsal.join_files();
  if (!rehearsal.found_work()) rehearsal.gather();
  return rehearsal.found_work();
}

void carry_out(Tuning& tuning, DefragmentReport& report) {
  require_sound_bitmap(tuning.volume());
  for (u32 i = 0; i < rounds_max; ++i) {
    Defragmenting work(tuning, Defragmenting::Manner::carry_out, report.moved_clusters);
    work.join_files();
    work.gather();
    if (!work.found_work()) break;
  }
  require_sound_bitmap(tuning.volume());
  report.after = scatter_of(tuning);
}

std::string text_of(const Scatter& scatter) {
  return fmt::format("{} files in {} pieces, {} free runs", scatter.files, scatter.pieces, scatter.free_runs);
}

}  // namespace

Scatter scatter_of(const Tuning& tuning) {
  Scatter scatter;
  count_free(tuning.volume(), scatter);
  each_inode(tuning, [&](const BlockRef<Inode>& inode) {
    if (can_move(*inode)) count_file(tuning.geometry(), FilePieces(tuning.volume(), inode).pieces(), scatter);
  });
  return scatter;
}

Operation defragment(std::shared_ptr<DefragmentReport> report) {
  const auto plan = [report](Tuning& tuning) -> Plan {
    require_sound_bitmap(tuning.volume());
    report->before = report->after = scatter_of(tuning);
    if (!is_anything_to_do(tuning))
      return {{}, fmt::format("Device \"{}\" has nothing that could be brought together", tuning.name())};
    return {Change{.what = "fragmentation",
                   .from = text_of(report->before),
                   .to = "fewer",
                   .question = fmt::format("Defragment device \"{}\"? ", tuning.name()),
                   .after = tuning.prospect,
                   .carry_out = [&tuning, report] { carry_out(tuning, *report); }}};
  };
  return {.name = "defragment", .plan = plan};
}

}  // namespace ocfs2
