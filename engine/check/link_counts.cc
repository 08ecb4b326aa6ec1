// SPDX-License-Identifier: GPL-2.0-or-later
//
// Pass 4b: every inode has a name, and counts its names (spec: ondisk.md 3.6).
#include <algorithm>
#include <map>

#include "engine/check/problems/connectivity.h"
#include "engine/check/relink.h"

namespace ocfs2 {
namespace {

class LinkPass {
 public:
  explicit LinkPass(Checkup& checkup) : checkup_(checkup), survey_(checkup.survey) {}

  void run();

 private:
  void directories();
  void file(InodeNo inode);
  void count(InodeNo inode, u32 expected);
  void set(InodeNo inode, u32 links);

  Checkup& checkup_;
  Survey& survey_;
};

/// A directory counts its name, its `.`, and the `..` of each directory in it.
void LinkPass::directories() {
  std::vector<u32> links(survey_.directories.size(), 2);
  std::map<InodeNo, u32> lost;  // children that pass 3 has told of: their `..` may be counted yet
  for (const DirectoryFact& fact : survey_.directories) {
    if (survey_.census.type(fact.inode) != EntryType::directory || fact.parent == fact.inode) continue;
    if (fact.parent.value == 0) ++lost[fact.dotdot];
    if (const DirectoryFact* const parent = survey_.directory(fact.parent))
      ++links[static_cast<std::size_t>(parent - survey_.directories.data())];
  }
  for (std::size_t i = 0; i < links.size(); ++i) {
    const DirectoryFact& fact = survey_.directories[i];
    const bool known = fact.parent.value != 0 && !survey_.census.orphaned(fact.inode);
    if (!known || survey_.census.type(fact.inode) != EntryType::directory) continue;
    const auto loser = lost.find(fact.inode);
    const u32 most = links[i] + (loser == lost.end() ? 0 : loser->second);
    const u32 says = survey_.census.links(fact.inode);
    if (says < links[i] || says > most) count(fact.inode, links[i]);
  }
}

void LinkPass::file(InodeNo inode) {
  const InodeCensus& census = survey_.census;
  const u32 names = census.names(inode);
  if (names > 0) return count(inode, names);
  if (census.system(inode) || census.orphaned(inode)) return;  // these have names of their own kind
  if (survey_.waiting.contains(inode)) return;
  if (!checkup_.examiner.resolve(problem::INODE_NOT_CONNECTED, {.inode = inode})) return;
  if (put_into_lost_found(checkup_, problem::INODE_NOT_CONNECTED, inode) && census.links(inode) != 1)
    set(inode, 1);
}

void LinkPass::count(InodeNo inode, u32 expected) {
  const u32 links = survey_.census.links(inode);
  if (links == expected) [[likely]]
    return;
  if (checkup_.examiner.resolve(problem::INODE_COUNT, {.inode = inode, .found = links, .expected = expected}))
    set(inode, expected);
  checkup_.settle();
}

void LinkPass::set(InodeNo inode, u32 links) {
  auto seen = checkup_.source.look<Inode>(block_of(inode), inode);
  const bool fits = links <= 0xFFFF || (seen && (*seen)->has_dynamic(dynamic_feature::indexed_dir));
  if (!seen || !fits) return checkup_.examiner.could_not_mend(problem::INODE_COUNT);
  seen->mend().set_links(links);
  survey_.census.set_links(inode, links);
}

void LinkPass::run() {
  if (survey_.directory(checkup_.volume.root()) == nullptr) return;  // nothing would have a name
  directories();
  std::vector<InodeNo> uneven;
  survey_.census.each_uneven([&](InodeNo inode) { uneven.push_back(inode); });
  for (const InodeNo inode : uneven) file(inode);
}

}  // namespace

void check_link_counts(Checkup& checkup) {
  checkup.reporter.stage("Pass 4b: Checking inodes link counts");
  LinkPass(checkup).run();
  checkup.reporter.stage_done("");
}

}  // namespace ocfs2
