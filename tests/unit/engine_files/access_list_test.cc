// SPDX-License-Identifier: GPL-2.0-or-later
//
// Access control lists: what a new file inherits, what chmod does to a list and a list to the permissions.
#include "tests/worlds/node_world.h"

namespace ocfs2 {
namespace {

/// Of owner, user 1000, group, mask, others: as setfacl hands it over.
std::vector<u8> list_for(u16 owner, u16 user, u16 group, u16 mask, u16 others) {
  std::vector<u8> bytes = {2, 0, 0, 0};
  const auto add = [&](u16 tag, u16 permissions, u32 id) {
    for (const u32 part : {u32{tag} | u32{permissions} << 16, id})
      for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<u8>(part >> (8 * i)));
  };
  add(0x01, owner, ~0u);
  add(0x02, user, 1000);
  add(0x04, group, ~0u);
  add(0x10, mask, ~0u);
  add(0x20, others, ~0u);
  return bytes;
}

struct AclWorld {
  VolumeWorld world;
  Alone alone;
  NodeHost host{world.device, 0, alone};
  Node& node = host.node;
  InodeNo root = host.volume->root();

  InodeNo make(InodeNo directory, std::string_view name, u16 mode) {
    return node.create({directory, name}, {.mode = mode, .umask = 022});
  }
};

}  // namespace

TEST_CASE("a file inherits the default list of its directory, cut to the mode that was asked for",
          "[files]") {
  AclWorld world;
  const InodeNo above = world.make(world.root, "d", file_mode::directory | 0755);
  const std::vector<u8> wanted = list_for(7, 6, 5, 7, 0);
  world.node.set_attribute(above, AccessList::default_name, wanted, XattrMode::either);
  const InodeNo file = world.make(above, "f", file_mode::regular | 0664);
  CHECK((world.node.status(file).mode & 0777) == 0660);
  CHECK(world.node.attribute(file, AccessList::access_name) == list_for(6, 6, 5, 6, 0));
  const InodeNo below = world.make(above, "d", file_mode::directory | 0777);
  CHECK(world.node.attribute(below, AccessList::default_name) == wanted);
  CHECK((world.node.status(below).mode & 0777) == 0770);
  const InodeNo plain = world.make(world.root, "f", file_mode::regular | 0666);
  CHECK((world.node.status(plain).mode & 0777) == 0644);
  CHECK(!world.node.attribute(plain, AccessList::access_name));
  world.node.close();
  require_sound(world.world.device);
}

TEST_CASE("permissions and list go together", "[files]") {
  AclWorld world;
  const InodeNo file = world.make(world.root, "f", file_mode::regular | 0644);
  world.node.set_attribute(file, AccessList::access_name, list_for(6, 4, 4, 6, 0), XattrMode::either);
  CHECK((world.node.status(file).mode & 0777) == 0660);
  world.node.change_status(file, {.mode = u16{0705}});
  CHECK(world.node.attribute(file, AccessList::access_name) == list_for(7, 4, 4, 0, 5));

  std::vector<u8> minimal = list_for(6, 4, 4, 6, 4);
  minimal.erase(minimal.begin() + 28, minimal.begin() + 36);  // the mask
  minimal.erase(minimal.begin() + 12, minimal.begin() + 20);  // the user
  world.node.set_attribute(file, AccessList::access_name, minimal, XattrMode::either);
  CHECK(!world.node.attribute(file, AccessList::access_name));
  CHECK((world.node.status(file).mode & 0777) == 0644);
}

TEST_CASE("what is no list is refused", "[files]") {
  AclWorld world;
  const InodeNo file = world.make(world.root, "f", file_mode::regular | 0644);
  const auto number = [&](const std::vector<u8>& value, std::string_view name) {
    return number_of([&] { world.node.set_attribute(file, name, value, XattrMode::either); });
  };
  std::vector<u8> list = list_for(7, 7, 7, 7, 7);
  CHECK(number({}, AccessList::access_name) == EINVAL);
  CHECK(number(list, AccessList::default_name) == EACCES);
  list[0] = 1;
  CHECK(number(list, AccessList::access_name) == EINVAL);
  list = list_for(7, 7, 7, 7, 7);
  list.resize(list.size() - 8);
  CHECK(number(list, AccessList::access_name) == EINVAL);
  CHECK(number(list_for(9, 7, 7, 7, 7), AccessList::access_name) == EINVAL);
}

}  // namespace ocfs2
