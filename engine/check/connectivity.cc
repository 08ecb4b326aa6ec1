// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 3: there is a root directory with a lost+found, every directory leads up to the root, and its `..`
// says so.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/check/directory_area.h"
#include "engine/check/index_rebuild.h"
#include "engine/check/problems/connectivity.h"
#include "engine/check/relink.h"
#include "engine/volume/directory_edit.h"
#include "engine/volume/inode_life.h"
#include "ondisk/group.h"

namespace ocfs2 {
namespace {

constexpr std::string_view lost_found_name = "lost+found";

class ConnectivityPass {
 public:
  explicit ConnectivityPass(Checkup& checkup) : checkup_(checkup), survey_(checkup.survey) {}

  void run();

 private:
  enum class Way : u8 { unknown, on_this_walk, leads_up, leads_nowhere };

  void root();
  void make_root(Transaction& transaction, Space& space);
  void take_root_block(Transaction& transaction, const BlockLedger::Spot& spot);
  void lost_found();
  void connect(std::size_t start);
  void put_back(DirectoryFact& top, bool in_circle);
  DirectoryFact& lowest_of_circle(DirectoryFact& member);
  void forget_lost_links();
  void dotdot(DirectoryFact& directory);

  std::size_t index_of(const DirectoryFact* fact) const {
    return static_cast<std::size_t>(fact - survey_.directories.data());
  }
  /// Earlier passes may have deleted it.
  bool lives(const DirectoryFact& fact) const {
    return survey_.census.type(fact.inode) == EntryType::directory;
  }
  bool is_orphan_directory(InodeNo inode) const;

  Checkup& checkup_;
  Survey& survey_;
  std::vector<Way> ways_;  ///< by index of directory
  /// Directories that lost the names of directories, going by the `..` of these, and how many.
  std::map<InodeNo, u32> losers_;
};

void ConnectivityPass::root() {
  const InodeNo root = checkup_.volume.root();
  if (survey_.census.type(root) == EntryType::directory && survey_.directory(root) != nullptr) return;
  if (!checkup_.examiner.resolve(problem::ROOT_DIR_MISSING, {.inode = root})) return;
  if (mend_with_engine(checkup_, problem::ROOT_DIR_MISSING,
                       [this](Transaction& transaction, Space& space) { make_root(transaction, space); }))
    survey_new_directory(checkup_, root, root, true);
}

/// The superblock names the block of the root, so that is where the new one is made.
void ConnectivityPass::make_root(Transaction& transaction, Space& space) {
  const InodeNo root = checkup_.volume.root();
  const auto spot = survey_.inode_blocks.find(block_of(root));
  if (!spot)
    fail(ErrorKind::corrupt, "the root directory (block {}) is in no group of an inode allocator",
         root.value);
  const LedgerGroup& group = survey_.inode_blocks.groups()[spot->group];
  if (!survey_.inode_blocks.allocated(*spot)) take_root_block(transaction, *spot);
  const NewBlock place{block_of(root), {group.slot, static_cast<u16>(spot->bit), group.descriptor}};
  transaction.forget(place.block);
  const Bytes block = transaction.create_bytes(place.block, Inode::kind);
  format_inode(checkup_.facts(), place,
               {.mode = file_mode::directory | 0755,
                .flags = inode_flag::valid | inode_flag::system,
                .links = 2,
                .seconds = checkup_.now_seconds},
               block);
  format_first_area(format_inline_directory(checkup_.geometry(), block), root, root);
  if (!checkup_.has(feature::inline_data)) DirectoryEditor(transaction, space, root).leave_inode();
}

void ConnectivityPass::take_root_block(Transaction& transaction, const BlockLedger::Spot& spot) {
  const LedgerGroup& ledger = survey_.inode_blocks.groups()[spot.group];
  const Bytes block = transaction.edit_as(ledger.descriptor, GroupDescriptor::kind);
  const Bytes allocator = transaction.edit_as(block_of(ledger.allocator), Inode::kind);
  auto& group = as<GroupDescriptor>(block);
  const auto chains = ChainList::chains(Inode::body(allocator));
  if (test_bit(GroupDescriptor::bitmap(block), spot.bit)) return;
  if (group.chain >= chains.size())
    fail(ErrorKind::corrupt, "group {} is in no chain of allocator {}", ledger.descriptor.value,
         ledger.allocator.value);
  set_bit(GroupDescriptor::bitmap(block), spot.bit);
  group.free_bits -= 1;
  chains[group.chain].free -= 1;
  as<Inode>(allocator).bitmap.used += 1;
  survey_.inode_blocks.set_allocated(spot, true);
}

void ConnectivityPass::lost_found() {
  const DirectoryFact* const root = survey_.directory(checkup_.volume.root());
  if (root == nullptr || find_lost_found(checkup_)) return;
  if (!checkup_.examiner.resolve(problem::LOSTFOUND_MISSING, {.inode = root->inode})) return;
  InodeNo made;
  const bool done =
      mend_with_engine(checkup_, problem::LOSTFOUND_MISSING, [&](Transaction& transaction, Space& space) {
        DirectoryEditor editor(transaction, space, root->inode);
        std::string other(lost_found_name);
        while (editor.find(other)) other += '_';
        if (other != lost_found_name) editor.rename(lost_found_name, other);
        made = make_directory(transaction, space, root->inode, lost_found_name,
                              {.mode = 0755, .seconds = checkup_.now_seconds});
      });
  if (!done) return;
  survey_new_directory(checkup_, made, checkup_.volume.root(), false);
  survey_links(checkup_, checkup_.volume.root());
}

/// Follows the parents of a directory until it is clear where they lead.
void ConnectivityPass::connect(std::size_t start) {
  std::vector<std::size_t> walk;
  std::size_t at = start;
  bool leads_up = false;
  for (;;) {
    if (ways_[at] == Way::leads_up) leads_up = true;
    if (ways_[at] == Way::leads_up || ways_[at] == Way::leads_nowhere) break;
    DirectoryFact& fact = survey_.directories[at];
    const bool in_circle = ways_[at] == Way::on_this_walk;
    const DirectoryFact* parent = survey_.directory(fact.parent);
    if (parent == nullptr && survey_.census.orphaned(fact.inode))
      leads_up = true;  // pass 4a knows what to do
    if (leads_up) break;
    if (in_circle || parent == nullptr) {
      DirectoryFact& top = in_circle ? lowest_of_circle(fact) : fact;
      const InodeNo before = top.parent;
      put_back(top, in_circle);
      leads_up = top.parent != before;
      if (!in_circle) walk.push_back(at);
      break;
    }
    ways_[at] = Way::on_this_walk;
    walk.push_back(at);
    at = index_of(parent);
  }
  for (const std::size_t i : walk) ways_[i] = leads_up ? Way::leads_up : Way::leads_nowhere;
}

DirectoryFact& ConnectivityPass::lowest_of_circle(DirectoryFact& member) {
  DirectoryFact* lowest = &member;
  for (DirectoryFact* at = survey_.directory(member.parent); at != &member;
       at = survey_.directory(at->parent))
    if (at->inode < lowest->inode) lowest = at;
  return *lowest;
}

void ConnectivityPass::put_back(DirectoryFact& top, bool in_circle) {
  const std::string detail =
      in_circle ? fmt::format("it is inside itself, by its name in directory {}", top.parent.value)
                : std::string("no directory has an entry for it");
  if (!checkup_.examiner.resolve(problem::DIR_NOT_CONNECTED, {.inode = top.inode, .detail = detail})) return;
  const InodeNo inode = top.inode, former = top.parent, loser = top.dotdot;
  if (!put_into_lost_found(checkup_, problem::DIR_NOT_CONNECTED, inode)) return;
  if (!in_circle) {
    ++losers_[loser];
    return;
  }
  if (mend_with_engine(checkup_, problem::DIR_NOT_CONNECTED, [&](Transaction& transaction, Space& space) {
        remove_names_of(transaction, space, former, inode);
        Inode& holder = transaction.edit<Inode>(block_of(former));
        holder.set_links(std::max(holder.links(), 1u) - 1);
      })) {
    survey_.census.count_name(inode, -1);
    survey_links(checkup_, former);
  }
}

/// A directory that lost the name of another one still counts its `..`. That is no fault of its own.
void ConnectivityPass::forget_lost_links() {
  for (const auto& [loser, lost] : losers_) {
    if (survey_.census.type(loser) != EntryType::directory) continue;
    const auto children = static_cast<u32>(std::ranges::count_if(
        survey_.directories, [&, at = loser](const DirectoryFact& fact) { return fact.parent == at; }));
    const DirectoryFact* const fact = survey_.directory(loser);
    const u32 own = fact != nullptr && fact->parent == loser ? 1 : 2;  // the root is its own parent
    const u32 links = survey_.census.links(loser), expected = children + own;
    auto inode = checkup_.source.look<Inode>(block_of(loser), loser);
    if (!inode || links <= expected || links > expected + lost) continue;
    inode->mend().set_links(expected);
    survey_.census.set_links(loser, expected);
  }
}

bool ConnectivityPass::is_orphan_directory(InodeNo inode) const {
  for (u32 slot = 0; slot < checkup_.facts().max_slots; ++slot)
    if (survey_.system.find(SystemFile::orphan_dir, slot) == inode) return true;
  return false;
}

void ConnectivityPass::dotdot(DirectoryFact& directory) {
  const bool top = directory.parent == directory.inode;      // pass 2 had to see to it
  if (top || is_orphan_directory(directory.parent)) return;  // the latter still says where it was
  mend_dotdot(checkup_, directory);
}

void ConnectivityPass::run() {
  root();
  if (survey_.directory(checkup_.volume.root()) == nullptr) return;  // then nothing leads up
  lost_found();
  ways_.assign(survey_.directories.size(), Way::unknown);
  for (const InodeNo top : {checkup_.volume.root(), checkup_.volume.system_directory()})
    if (const DirectoryFact* const fact = survey_.directory(top)) ways_[index_of(fact)] = Way::leads_up;
  for (std::size_t i = 0; i < ways_.size(); ++i)
    if (ways_[i] == Way::unknown && lives(survey_.directories[i])) connect(i);
  forget_lost_links();
  for (DirectoryFact& directory : survey_.directories)
    if (lives(directory)) dotdot(directory);
  renew_remaining_indexes(checkup_);
}

}  // namespace

void check_connectivity(Checkup& checkup) {
  checkup.reporter.stage("Pass 3: Checking directory connectivity");
  ConnectivityPass(checkup).run();
  checkup.reporter.stage_done("");
}

}  // namespace ocfs2
