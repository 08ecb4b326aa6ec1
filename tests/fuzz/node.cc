// SPDX-License-Identifier: GPL-2.0-or-later
//
// File operations on a damaged volume end in what was asked for or in an Error, never in a crash or a hang.
// The first twelve bytes choose six operations, two each; what follows is changed in a small sound volume.
#include "engine/files/node.h"
#include "engine/error.h"
#include "engine/volume/volume_journal.h"
#include "tests/fuzz/small_volume.h"

namespace ocfs2 {
namespace {

constexpr std::size_t operations = 6;

class Trial {
 public:
  explicit Trial(BlockDevice& device)
      : volume_(Volume::open(device, {.read_only = false})),
        journal_(open_slot_journal(*volume_, 0, [] { return u64{1}; })),
        node_(*volume_, *journal_, 0, locks_, [] {
          return Moment{1, 1};
        }) {}

  void run(ConstBytes choices) {
    for (std::size_t i = 0; i + 1 < choices.size(); i += 2)
      attempt([&] { change(choices[i], choices[i + 1]); });
    attempt([&] { node_.delete_orphans(); });
    attempt([&] { node_.close(); });
  }

 private:
  static void attempt(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      if (*error.what() == 0) __builtin_trap();
    }
  }

  void change(u8 kind, u8 place) {
    const InodeNo root = volume_->root();
    const InodeNo file(place < 128 ? planted : node_.lookup(root, "new").value_or(root).value);
    const FileName name{root, place % 2 == 0 ? "new" : "lost+found"}, other{root, "other"};
    const u64 offset = u64{place} * 700;
    const std::vector<u8> bytes(place * 30u, 'b');
    switch (kind % 18) {
      case 0:
        node_.create(name, {.mode = file_mode::regular | 0644});
        break;
      case 1:
        node_.create(name, {.mode = file_mode::directory | 0755});
        break;
      case 2:
        node_.create(name, {.mode = file_mode::symlink | 0777, .target = std::string(place + 1u, 't')});
        break;
      case 3:
        node_.write(file, offset, bytes);
        break;
      case 4:
        node_.resize(file, offset);
        break;
      case 5:
        node_.reserve(file, offset, 9000, place % 2 == 0);
        break;
      case 6:
        node_.punch(file, offset, 9000);
        break;
      case 7:
        node_.clear(file, offset, 9000, false);
        break;
      case 8:
        node_.share(file, node_.create(other, {.mode = file_mode::regular | 0600}));
        break;
      case 9:
        node_.link(file, name);
        break;
      case 10:
        node_.rename(name, other, place % 4 < 2 ? RenameMode::replace : RenameMode::exchange);
        break;
      case 11:
        node_.unlink(name);
        break;
      case 12:
        node_.remove_directory(name);
        break;
      case 13:
        node_.set_attribute(file, "user.b", bytes, XattrMode::either);
        break;
      case 14:
        node_.remove_attribute(file, "user.a");
        break;
      case 15:
        node_.change_status(file, {.mode = 0600, .uid = 3});
        break;
      case 16:
        node_.list(root);
        node_.seek(file, offset, place % 2 == 0);
        break;
      default:
        node_.let_go(node_.create_nameless(root, {.mode = file_mode::regular | 0644}));
        node_.sync();
    }
  }

  std::unique_ptr<Volume> volume_;
  std::unique_ptr<SlotJournal> journal_;
  Alone locks_;
  Node node_;
};

}  // namespace
}  // namespace ocfs2

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const ocfs2::SmallVolume base;
  const std::size_t choices = std::min(size, 2 * ocfs2::operations);
  ocfs2::MemoryDevice device = base.damaged(ocfs2::ConstBytes(data, size).subspan(choices));
  try {
    ocfs2::Trial(device).run({data, choices});
  } catch (const ocfs2::Error&) {  // it cannot be opened
  }
  return 0;
}
