// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/tune/batches.h"

namespace ocfs2 {
namespace {

constexpr std::size_t full = 128;  ///< blocks; the smallest journal has room for that and a step more

}  // namespace

void in_batches(Tuning& tuning, const std::function<bool(Transaction&, Space&)>& step) {
  for (bool more = true; more;)
    tuning.change([&](Transaction& transaction) {
      Space space(tuning.volume(), 0);
      while (more && transaction.blocks() < full) more = step(transaction, space);
    });
}

void change_each(Tuning& tuning, std::string_view title, const std::vector<InodeNo>& inodes,
                 const std::function<void(Transaction&, Space&, InodeNo)>& work) {
  tuning.reporter().stage(title);
  std::size_t done = 0;
  in_batches(tuning, [&](Transaction& transaction, Space& space) {
    if (done == inodes.size()) return false;
    work(transaction, space, inodes[done]);
    tuning.reporter().progress(++done, inodes.size());
    return true;
  });
  tuning.reporter().stage_done("done");
}

}  // namespace ocfs2
