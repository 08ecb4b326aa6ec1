// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/survey.h"

#include <algorithm>
#include <atomic>
#include <tuple>

#include "engine/error.h"

namespace ocfs2 {
namespace {

constexpr u8 mark_unknown_type = 0x01;  // in use, of no type
constexpr u8 mark_system = 0x02;
constexpr u8 mark_orphaned = 0x04;
constexpr u8 mark_dio_orphaned = 0x08;

u8 marks_of(const InodeFact& fact) {
  return static_cast<u8>((fact.type == EntryType::unknown ? mark_unknown_type : 0) |
                         (fact.system ? mark_system : 0) | (fact.orphaned ? mark_orphaned : 0) |
                         (fact.dio_orphaned ? mark_dio_orphaned : 0));
}

template <class T>
void append(std::vector<T>& all, const std::vector<T>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

}  // namespace

/// What the byte of an inode says. Bits 0 to 2: its type, 0 when it is not in use (or of no type); 3 and 4:
/// its names; 5 and 6: its links, `many` when a map has the number; 7: a map has marks of it.
struct InodeCensus::State {
  static constexpr u32 many = 3;
  static constexpr u8 names_mask = 0x18, links_mask = 0x60, marked = 0x80;

  u8 bits = 0;
  u32 ordinal = 0;

  u8 type() const { return bits & 7; }
  u32 names() const { return bits >> 3 & 3; }
  u32 links() const { return bits >> 5 & 3; }
  static u8 with_names(u8 bits, u32 names) {
    return static_cast<u8>((bits & ~names_mask) | std::min(names, many) << 3);
  }
  static u8 with_links(u8 bits, u32 links) {
    return static_cast<u8>((bits & ~links_mask) | std::min(links, many) << 5);
  }
};

void InodeStatistics::add(const InodeStatistics& other) {
  for (std::size_t i = 0; i < by_depth.size(); ++i) by_depth[i] += other.by_depth[i];
  for (std::size_t i = 0; i < by_type.size(); ++i) by_type[i] += other.by_type[i];
  inline_files += other.inline_files;
  inline_directories += other.inline_directories;
  fast_symlinks += other.fast_symlinks;
  reflinked += other.reflinked;
  orphans_found += other.orphans_found;
  orphans_deleted += other.orphans_deleted;
}

void InodeCensus::open() { state_.assign(blocks_.ordinals(), 0); }

std::optional<u32> InodeCensus::ordinal(InodeNo inode) const {
  const auto spot = blocks_.find(block_of(inode));
  if (!spot || spot->ordinal >= state_.size()) return std::nullopt;
  return spot->ordinal;
}

InodeCensus::State InodeCensus::state(InodeNo inode) const {
  const auto at = ordinal(inode);
  if (!at) return {};
  u8& bits = const_cast<u8&>(state_[*at]);  // atomic_ref of const values came after C++20
  return {std::atomic_ref(bits).load(std::memory_order_relaxed), *at};
}

bool InodeCensus::special(InodeNo inode, u8 mark) const {
  const State known = state(inode);
  return (known.bits & State::marked) != 0 && (special_.at(known.ordinal) & mark) != 0;
}

void InodeCensus::add(const InodeFact& fact) {
  if (const auto spot = blocks_.find(block_of(fact.inode))) add(*spot, fact);
}

void InodeCensus::add(const BlockLedger::Spot& spot, const InodeFact& fact) {
  const u32 at = spot.ordinal;
  if (at >= state_.size()) return;
  forget(at);
  const u8 marks = marks_of(fact);
  u8 bits = static_cast<u8>(fact.type) & 7;
  if (marks != 0) {
    bits |= State::marked;
    special_[at] = marks;
  }
  state_[at] = bits;
  put_links(at, fact.links);
}

void InodeCensus::forget(u32 ordinal) {
  if (state_[ordinal] == 0) return;  // then no map has anything of it
  state_[ordinal] = 0;
  links_.erase(ordinal);
  names_.erase(ordinal);
  special_.erase(ordinal);
}

void InodeCensus::remove(InodeNo inode) {
  if (const auto at = ordinal(inode)) forget(*at);
}

void InodeCensus::set_type(InodeNo inode, EntryType type) {
  const State known = state(inode);
  if (!in_use(inode) || type == EntryType::unknown) return;
  state_[known.ordinal] = static_cast<u8>((known.bits & ~7) | (static_cast<u8>(type) & 7));
}

bool InodeCensus::in_use(InodeNo inode) const {
  return state(inode).type() != 0 || special(inode, mark_unknown_type);
}
EntryType InodeCensus::type(InodeNo inode) const { return static_cast<EntryType>(state(inode).type()); }
bool InodeCensus::system(InodeNo inode) const { return special(inode, mark_system); }
bool InodeCensus::orphaned(InodeNo inode) const { return special(inode, mark_orphaned); }
bool InodeCensus::dio_orphaned(InodeNo inode) const { return special(inode, mark_dio_orphaned); }

u32 InodeCensus::links(InodeNo inode) const {
  const State known = state(inode);
  return known.links() < State::many ? known.links() : links_.at(known.ordinal);
}

void InodeCensus::set_links(InodeNo inode, u32 links) {
  if (const auto at = ordinal(inode)) put_links(*at, links);
}

void InodeCensus::put_links(u32 ordinal, u32 links) {
  u8& bits = state_[ordinal];
  if (State{bits, ordinal}.links() == State::many) links_.erase(ordinal);
  bits = State::with_links(bits, links);
  if (links >= State::many) links_[ordinal] = links;
}

std::optional<InodeCensus::Meeting> InodeCensus::meet(InodeNo inode) const {
  const State known = state(inode);
  const u8 marks = (known.bits & State::marked) != 0 ? special_.at(known.ordinal) : 0;
  if (known.type() == 0 && (marks & mark_unknown_type) == 0) return std::nullopt;
  return Meeting{known.ordinal, static_cast<EntryType>(known.type()), (marks & mark_system) != 0};
}

void InodeCensus::count_name(InodeNo inode, s32 change) {
  if (const auto at = ordinal(inode)) count_name(Meeting{*at, EntryType::unknown, false}, change);
}

void InodeCensus::count_name(const Meeting& met, s32 change) {
  const u32 at = met.ordinal;
  std::atomic_ref state(state_[at]);
  u8 bits = state.load(std::memory_order_relaxed);
  const auto wanted = [&] { return s64{State{bits, at}.names()} + change; };
  while (State{bits, at}.names() < State::many && wanted() < State::many)
    if (state.compare_exchange_weak(bits,
                                    State::with_names(bits, static_cast<u32>(std::max<s64>(wanted(), 0))),
                                    std::memory_order_relaxed))
      return;
  // Names only ever become fewer while one thread works alone, so "many" is final for the others.
  const std::lock_guard lock(names_mutex_);
  const u32 so_far = std::min(State{state.load(std::memory_order_relaxed), at}.names(), State::many - 1);
  const auto [names, is_new] = names_.try_emplace(at, so_far);
  names->second = static_cast<u32>(std::max<s64>(s64{names->second} + change, 0));
  if (is_new) state.fetch_or(State::names_mask, std::memory_order_relaxed);
}

u32 InodeCensus::names(InodeNo inode) const {
  const State known = state(inode);
  return known.names() < State::many ? known.names() : names_.at(known.ordinal);
}

template <class Wanted>
void InodeCensus::each_wanted(const Wanted& wanted, const std::function<void(InodeNo)>& use) const {
  for (u32 group = 0; group < blocks_.groups().size(); ++group) {
    for (u32 bit = 0; bit < blocks_.groups()[group].bits; ++bit) {
      const BlockLedger::Spot spot = blocks_.spot(group, bit);
      if (spot.ordinal < state_.size() && wanted(State{state_[spot.ordinal], spot.ordinal})) [[unlikely]]
        use(inode_at(blocks_.block_of(spot)));
    }
  }
}

void InodeCensus::each(const std::function<void(InodeNo)>& use) const {
  each_wanted([](const State& known) { return (known.bits & (7 | State::marked)) != 0; }, use);
}

void InodeCensus::each_uneven(const std::function<void(InodeNo)>& use) const {
  constexpr u8 directory = static_cast<u8>(EntryType::directory);
  each_wanted(
      [](const State& known) {
        return known.type() != 0 && known.type() != directory &&
               (known.names() != known.links() || known.names() == 0 || known.names() == State::many);
      },
      use);
}

std::vector<InodeNo> InodeCensus::orphans() const {
  std::vector<InodeNo> found;
  const auto is_orphan = [this](const State& known) {
    return (known.bits & State::marked) != 0 &&
           (special_.at(known.ordinal) & (mark_orphaned | mark_dio_orphaned)) != 0;
  };
  each_wanted(is_orphan, [&](InodeNo inode) { found.push_back(inode); });
  return found;
}

bool in_place(const MetadataClaim& claim, const LedgerGroup& group, u32 bit) {
  return claim.slot == group.slot && claim.bit == bit &&
         (claim.group.value == 0 || claim.group == group.descriptor);
}

void Survey::take(const Harvest& harvest) {
  for (const InodeFact& fact : harvest.inodes)
    if (const auto spot = inode_blocks.find(block_of(fact.inode))) {
      census.add(*spot, fact);
      inode_blocks.claim(*spot);
    }
  for (const BitRun& run : harvest.clusters) clusters.claim(ClusterNo(run.first), run.count);
  for (const MetadataClaim& claim : harvest.metadata) {
    const auto spot = metadata_blocks.find(claim.block);
    if (!spot || !metadata_blocks.claim(*spot))
      keep(disputed, claim);
    else if (claim.kind != nullptr && !in_place(claim, metadata_blocks.groups()[spot->group], spot->bit))
      keep(misplaced, claim);
  }
  append(directories, harvest.directories);
  append(directory_runs, harvest.directory_runs);
  append(shared, harvest.shared);
  append(tree_users, harvest.tree_users);
  append(thinned, harvest.thinned);
  for (const BitRun& run : harvest.forsaken_clusters) forsaken_clusters.set(run);
  for (const BlockNo block : harvest.forsaken_metadata) forsaken_metadata.insert(block.value);
  users.add(harvest.users);
  groups.add(harvest.groups);
  statistics.add(harvest.statistics);
}

void Survey::keep(std::vector<MetadataClaim>& claims, const MetadataClaim& claim) {
  if (claims.size() < claims_max)
    claims.push_back(claim);
  else
    ++claims_dropped;
}

void Survey::settle() {
  std::sort(directories.begin(), directories.end(),
            [](const DirectoryFact& a, const DirectoryFact& b) { return a.inode < b.inode; });
  std::sort(directory_runs.begin(), directory_runs.end(), [](const DirectoryRun& a, const DirectoryRun& b) {
    return std::pair(a.directory, a.first_block) < std::pair(b.directory, b.first_block);
  });
  std::sort(shared.begin(), shared.end(), [](const SharedRun& a, const SharedRun& b) {
    return std::tuple(a.tree, a.first, a.clusters) < std::tuple(b.tree, b.first, b.clusters);
  });
  std::sort(tree_users.begin(), tree_users.end(), [](const TreeUser& a, const TreeUser& b) {
    return std::pair(a.tree, a.inode) < std::pair(b.tree, b.inode);
  });
  for (std::vector<MetadataClaim>* claims : {&disputed, &misplaced})
    std::sort(claims->begin(), claims->end(), [](const MetadataClaim& a, const MetadataClaim& b) {
      return std::pair(a.block, a.owner) < std::pair(b.block, b.owner);
    });
}

DirectoryFact* Survey::directory(InodeNo inode) {
  const auto at =
      std::lower_bound(directories.begin(), directories.end(), inode,
                       [](const DirectoryFact& fact, InodeNo wanted) { return fact.inode < wanted; });
  return at == directories.end() || at->inode != inode ? nullptr : &*at;
}

std::span<const DirectoryRun> Survey::runs_of(InodeNo directory) const {
  const auto first =
      std::lower_bound(directory_runs.begin(), directory_runs.end(), directory,
                       [](const DirectoryRun& run, InodeNo wanted) { return run.directory < wanted; });
  const auto end =
      std::upper_bound(first, directory_runs.end(), directory,
                       [](InodeNo wanted, const DirectoryRun& run) { return wanted < run.directory; });
  return {first, end};
}

}  // namespace ocfs2
