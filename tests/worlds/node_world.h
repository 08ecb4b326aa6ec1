// SPDX-License-Identifier: GPL-2.0-or-later
//
// A node at work on a volume in memory, beside a model of what it has to do.
#pragma once

#include <catch2/catch.hpp>
#include <random>

#include "engine/files/node.h"
#include "engine/volume/volume_journal.h"
#include "tests/worlds/check_world.h"
#include "tests/worlds/model_tree.h"
#include "tests/worlds/volume_world.h"

namespace ocfs2 {

/// One node with the volume open.
class NodeHost {
 public:
  NodeHost(BlockDevice& device, u32 slot, LockSpace& locks)
      : volume(Volume::open(device, {.read_only = false})),
        journal(open_slot_journal(*volume, slot, [this] { return seconds_; })),
        node(*volume, *journal, slot, locks, [this] {
          return Moment{++seconds_, 5};
        }) {}

 private:
  u64 seconds_ = 1'800'000'000;

 public:
  std::unique_ptr<Volume> volume;
  std::unique_ptr<SlotJournal> journal;
  Node node;
};

/// The errno value with which `act` ends, 0 if it does not.
inline int number_of(const std::function<void()>& act) {
  try {
    act();
  } catch (const FileError& error) {
    return error.number();
  } catch (const Error& error) {
    INFO(error.what());
    REQUIRE(error.kind() == ErrorKind::no_space);
    return errno_of(error.kind());
  }
  return 0;
}

/// Fails the test when the tree below `inode` is not what the model says.
inline void require_equal(Node& node, InodeNo inode, const ModelFile& model, const std::string& path) {
  INFO(path);
  const FileStatus status = node.status(inode);
  REQUIRE(status.links == model.links);
  REQUIRE((status.mode & 07777) == model.mode);
  std::map<std::string, std::string> attributes;
  for (const XattrItem& item : node.attributes(inode)) {
    const std::vector<u8> value = node.attribute(inode, item.name).value();
    attributes[item.name] = std::string(value.begin(), value.end());
  }
  REQUIRE((attributes == model.attributes));
  if (model.type == ModelFile::Type::symlink) {
    REQUIRE(node.read_link(inode) == model.content);
  } else if (model.type == ModelFile::Type::regular) {
    REQUIRE(status.size == model.content.size());
    std::string content(status.size, 'x');
    REQUIRE(node.read(inode, 0, {reinterpret_cast<u8*>(content.data()), content.size()}) == content.size());
    REQUIRE((content == model.content));
  } else {
    std::map<std::string, InodeNo> names;
    for (const DirectoryItem& item : node.list(inode)) names[item.name] = item.inode;
    REQUIRE(names.size() == model.names.size() + 2 + names.contains("lost+found"));
    for (const auto& [name, file] : model.names) {
      REQUIRE(names.contains(name));
      require_equal(node, names[name], *file, path + "/" + name);
    }
  }
}

/// The volume is sound: our checker, which only looks, finds nothing on it.
inline void require_sound(BlockDevice& device) {
  const CheckRun run = check_volume(device, {.read_only = true, .force = true});
  INFO((run.texts.empty() ? "" : run.texts.front()));
  REQUIRE(run.codes == std::vector<std::string>());
}

}  // namespace ocfs2
