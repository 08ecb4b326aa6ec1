// SPDX-License-Identifier: GPL-2.0-or-later
//
// Random file operations, from a seed, on a node and on the model at once: both must answer the same.
#pragma once

#include <random>

#include "tests/worlds/node_world.h"

namespace ocfs2 {

class RandomFiles {
 public:
  struct Limits {
    std::size_t names = 24;       ///< different ones in a directory
    std::size_t bytes = 300'000;  ///< of a file
    std::size_t name_length = 3;
  };

  RandomFiles(Node& node, u64 seed, const Limits& limits) : node_(&node), random_(seed), limits_(limits) {
    for (const DirectoryItem& item : node.list(node.volume().root()))
      if (item.name == "lost+found") ++model.root->links;
  }

  /// From here on this node does it.
  void use(Node& node) { node_ = &node; }

  /// One operation, whatever it is; a line that says which.
  std::string step() {
    switch (below(19)) {
      case 0:
      case 1:
        return create(ModelFile::Type::regular);
      case 2:
        return create(ModelFile::Type::directory);
      case 3:
        return create(ModelFile::Type::symlink);
      case 4:
        return link();
      case 5:
        return remove(false);
      case 6:
        return remove(below(3) != 0);
      case 7:
      case 8:
        return rename();
      case 9:
      case 10:
      case 11:
        return write();
      case 12:
        return resize();
      case 13:
        return clear();
      case 14:
        return below(2) ? hold() : let_go();
      case 15:
      case 16:
        return attribute();
      case 17:
        return share();
      default:
        return below(2) ? change_mode() : sync();
    }
  }

  void require_equal_trees() {
    // lost+found is not the model's
    ocfs2::require_equal(*node_, node_->volume().root(), *model.root, "");
    for (const Held& held : held_) ocfs2::require_equal(*held.node, held.inode, *held.file, "(held)");
  }

  void let_all_go() {
    while (!held_.empty()) let_go();
  }

  ModelTree model;

 private:
  struct Held {
    Node* node;
    InodeNo inode;
    ModelRef file;
  };
  struct Spot {
    ModelFile* model = nullptr;
    InodeNo inode;
  };

  u64 below(u64 end) { return random_() % end; }

  /// A directory, by a random walk from the root.
  Spot directory() {
    Spot at{model.root.get(), node_->volume().root()};
    while (below(3) != 0) {
      std::vector<std::string> names;
      for (const auto& [name, file] : at.model->names)
        if (file->is_directory()) names.push_back(name);
      if (names.empty()) break;
      const std::string name = names[below(names.size())];
      const auto inode = node_->lookup(at.inode, name);
      REQUIRE(inode);
      at = {at.model->names[name].get(), *inode};
    }
    return at;
  }
  std::string new_name() {
    const std::string number = std::to_string(below(limits_.names));
    return number + std::string(limits_.name_length, static_cast<char>('a' + number.back() - '0'));
  }
  /// One that is there, mostly.
  std::string name_in(const ModelFile& directory) {
    if (directory.names.empty() || below(10) == 0) return new_name();
    return std::next(directory.names.begin(), static_cast<long>(below(directory.names.size())))->first;
  }
  /// A regular file with its inode; none when the walk did not meet one.
  std::optional<std::pair<ModelRef, InodeNo>> regular() {
    if (!held_.empty() && below(4) == 0) {
      const Held& held = held_[below(held_.size())];
      node_ = held.node;
      return std::pair(held.file, held.inode);
    }
    const Spot at = directory();
    const std::string name = name_in(*at.model);
    const auto found = at.model->names.find(name);
    if (found == at.model->names.end() || found->second->type != ModelFile::Type::regular)
      return std::nullopt;
    const auto inode = node_->lookup(at.inode, name);
    REQUIRE(inode);
    return std::pair(found->second, *inode);
  }

  std::string create(ModelFile::Type type) {
    const Spot at = directory();
    const std::string name = new_name();
    const auto file = std::make_shared<ModelFile>();
    file->type = type;
    file->mode = type == ModelFile::Type::symlink ? 0777 : 0640;
    if (type == ModelFile::Type::symlink)
      file->content = std::string(1 + below(below(8) == 0 ? 4000 : 60), 't');
    NewFile wish{.mode = static_cast<u16>(file->mode), .target = file->content};
    wish.mode |= type == ModelFile::Type::regular     ? file_mode::regular
                 : type == ModelFile::Type::directory ? file_mode::directory
                                                      : file_mode::symlink;
    agree("create " + name, model.create(*at.model, name, file), [&] {
      node_->create({at.inode, name}, wish);
    });
    return "create " + name;
  }

  std::string link() {
    const Spot from = directory(), to = directory();
    const std::string name = name_in(*from.model), other = new_name();
    const auto found = from.model->names.find(name);
    if (found == from.model->names.end()) return "";
    const auto inode = node_->lookup(from.inode, name);
    agree("link", model.link(found->second, *to.model, other), [&] {
      node_->link(*inode, {to.inode, other});
    });
    return "link " + name + " " + other;
  }

  std::string remove(bool is_directory) {
    const Spot at = directory();
    const std::string name = name_in(*at.model);
    agree("remove " + name, model.remove(*at.model, name, is_directory), [&] {
      is_directory ? node_->remove_directory({at.inode, name}) : node_->unlink({at.inode, name});
    });
    return "remove " + name;
  }

  std::string rename() {
    const Spot from = directory(), to = below(3) == 0 ? from : directory();
    const std::string name = name_in(*from.model);
    const std::string other = below(2) ? new_name() : name_in(*to.model);
    const u64 mode = below(4);
    const auto how = mode == 0 ? RenameMode::exchange : mode == 1 ? RenameMode::keep : RenameMode::replace;
    const auto model_how = mode == 0   ? ModelTree::Mode::exchange
                           : mode == 1 ? ModelTree::Mode::keep
                                       : ModelTree::Mode::replace;
    agree("rename " + name + " " + other, model.rename(*from.model, name, *to.model, other, model_how), [&] {
      node_->rename({from.inode, name}, {to.inode, other}, how);
    });
    return "rename " + name + " " + other;
  }

  std::string write() {
    const auto file = regular();
    if (!file) return "";
    const std::size_t offset = below(3) == 0 ? file->first->content.size() : below(limits_.bytes);
    const std::size_t length = below(4) == 0 ? below(limits_.bytes) : below(5000);
    std::string bytes(length, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_());
    ModelTree::write(*file->first, offset, bytes);
    agree("write", 0, [&] {
      node_->write(file->second, offset, {reinterpret_cast<const u8*>(bytes.data()), bytes.size()});
    });
    return "write " + std::to_string(offset) + " " + std::to_string(length);
  }

  std::string resize() {
    const auto file = regular();
    if (!file) return "";
    const std::size_t size = below(limits_.bytes);
    file->first->content.resize(size);
    agree("resize", 0, [&] { node_->resize(file->second, size); });
    return "resize " + std::to_string(size);
  }

  std::string clear() {
    const auto file = regular();
    if (!file) return "";
    const std::size_t offset = below(limits_.bytes), length = 1 + below(limits_.bytes);
    const bool keep = below(2) == 0;
    const u64 how = below(3);
    if (how == 0) {  // reserve: what is there stays
      if (!keep && file->first->content.size() < offset + length)
        file->first->content.resize(offset + length);
      agree("reserve", 0, [&] { node_->reserve(file->second, offset, length, keep); });
    } else if (how == 1) {
      ModelTree::clear(*file->first, offset, length, true);
      agree("punch", 0, [&] { node_->punch(file->second, offset, length); });
    } else {
      ModelTree::clear(*file->first, offset, length, keep);
      agree("clear", 0, [&] { node_->clear(file->second, offset, length, keep); });
    }
    return "clear " + std::to_string(how) + " " + std::to_string(offset) + " " + std::to_string(length);
  }

  std::string hold() {
    const auto file = regular();
    if (!file) return "";
    node_->hold(file->second);
    held_.push_back({node_, file->second, file->first});
    return "hold";
  }

  std::string let_go() {
    if (held_.empty()) return "";
    const std::size_t at = below(held_.size());
    held_[at].node->let_go(held_[at].inode);
    held_.erase(held_.begin() + static_cast<long>(at));
    return "let go";
  }

  std::string change_mode() {
    const auto file = regular();
    if (!file) return "";
    file->first->mode = static_cast<unsigned>(below(0777));
    const u32 owner = static_cast<u32>(below(3)) * 1000;  // what that costs whom is known to the checker
    node_->change_status(file->second,
                         {.mode = static_cast<u16>(file->first->mode), .uid = owner, .gid = owner});
    return "mode";
  }

  std::string share() {
    const auto from = regular(), to = regular();
    // One that shares already cannot join others when it has attributes.
    if (!from || !to || from->first == to->first || !to->first->attributes.empty()) return "";
    if (!node_->volume().has(feature::refcount)) return "";
    to->first->content = from->first->content;
    agree("share", 0, [&] { node_->share(from->second, to->second); });
    return "share";
  }

  std::string attribute() {
    const auto file = regular();
    if (!file) return "";
    const std::string name = "user.a" + std::to_string(below(8));
    auto& attributes = file->first->attributes;
    if (below(3) == 0) {
      agree("remove " + name, attributes.erase(name) == 0 ? ENODATA : 0,
            [&] { node_->remove_attribute(file->second, name); });
      return "remove " + name;
    }
    const std::string value(below(4) == 0 ? below(9000) : below(100), static_cast<char>('a' + below(26)));
    const u64 how = below(4);
    const auto mode = how == 0 ? XattrMode::create : how == 1 ? XattrMode::replace : XattrMode::either;
    const bool there = attributes.contains(name);
    const int expected = how == 0 && there ? EEXIST : how == 1 && !there ? ENODATA : 0;
    if (expected == 0) attributes[name] = value;
    agree("set " + name, expected, [&] {
      node_->set_attribute(file->second, name, {reinterpret_cast<const u8*>(value.data()), value.size()},
                           mode);
    });
    return "set " + name;
  }

  std::string sync() {
    node_->sync();
    return "sync";
  }

  static void agree(const std::string& what, int expected, const std::function<void()>& act) {
    INFO(what);
    REQUIRE(number_of(act) == expected);
  }

  Node* node_;
  std::mt19937_64 random_;
  Limits limits_;
  std::vector<Held> held_;
};

}  // namespace ocfs2
