// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a file system has to do, without any disk: a tree of files in memory. Operations answer with an errno
// value, 0 for done. Names of inodes are numbers of the model's own.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ocfs2 {

struct ModelFile {
  enum class Type { regular, directory, symlink } type = Type::regular;
  unsigned mode = 0;
  unsigned links = 0;
  std::string content;                                      ///< of a file; a link's target
  std::map<std::string, std::shared_ptr<ModelFile>> names;  ///< of a directory
  ModelFile* parent = nullptr;                              ///< of a directory
  std::map<std::string, std::string> attributes;

  bool is_directory() const { return type == Type::directory; }
};
using ModelRef = std::shared_ptr<ModelFile>;

class ModelTree {
 public:
  ModelTree() : root(std::make_shared<ModelFile>()) {
    root->type = ModelFile::Type::directory;
    root->mode = 0755;
    root->links = 2;
    root->parent = root.get();
  }

  int create(ModelFile& directory, const std::string& name, const ModelRef& file) {
    if (directory.names.contains(name)) return EEXIST;
    file->links = file->is_directory() ? 2 : 1;
    if (file->is_directory()) {
      file->parent = &directory;
      ++directory.links;
    }
    directory.names[name] = file;
    return 0;
  }

  int link(const ModelRef& file, ModelFile& directory, const std::string& name) {
    if (file->is_directory()) return EPERM;
    if (directory.names.contains(name)) return EEXIST;
    directory.names[name] = file;
    ++file->links;
    return 0;
  }

  int remove(ModelFile& directory, const std::string& name, bool is_directory) {
    const auto found = directory.names.find(name);
    if (found == directory.names.end()) return ENOENT;
    const ModelRef file = found->second;
    if (file->is_directory() != is_directory) return is_directory ? ENOTDIR : EISDIR;
    if (is_directory && !file->names.empty()) return ENOTEMPTY;
    directory.names.erase(found);
    drop(directory, *file);
    return 0;
  }

  enum class Mode { replace, keep, exchange };
  int rename(ModelFile& from, const std::string& name, ModelFile& to, const std::string& new_name,
             Mode mode) {
    if (!from.names.contains(name)) return ENOENT;
    const ModelRef moved = from.names[name];
    const auto at = to.names.find(new_name);
    const ModelRef replaced = at == to.names.end() ? nullptr : at->second;
    if (replaced && mode == Mode::keep) return EEXIST;
    if (!replaced && mode == Mode::exchange) return ENOENT;
    if (moved == replaced) return 0;
    if (moved->is_directory() && below(to, *moved)) return EINVAL;
    if (mode == Mode::exchange) {
      if (replaced->is_directory() && below(from, *replaced)) return EINVAL;
      std::swap(from.names[name], to.names[new_name]);
      settle(*moved, from, to);
      settle(*replaced, to, from);
      return 0;
    }
    if (replaced && moved->is_directory() != replaced->is_directory())
      return moved->is_directory() ? ENOTDIR : EISDIR;
    if (replaced && replaced->is_directory() && !replaced->names.empty()) return ENOTEMPTY;
    if (replaced) drop(to, *replaced);
    from.names.erase(name);
    to.names[new_name] = moved;
    settle(*moved, from, to);
    return 0;
  }

  static void write(ModelFile& file, std::size_t offset, const std::string& bytes) {
    if (bytes.empty()) return;
    if (file.content.size() < offset + bytes.size()) file.content.resize(offset + bytes.size());
    file.content.replace(offset, bytes.size(), bytes);
  }
  static void clear(ModelFile& file, std::size_t offset, std::size_t length, bool keep_size) {
    if (!keep_size && file.content.size() < offset + length) file.content.resize(offset + length);
    if (offset >= file.content.size()) return;
    length = std::min(length, file.content.size() - offset);
    file.content.replace(offset, length, std::string(length, '\0'));
  }

  ModelRef root;

 private:
  static bool below(const ModelFile& directory, const ModelFile& above) {
    for (const ModelFile* at = &directory;; at = at->parent) {
      if (at == &above) return true;
      if (at->parent == at) return false;
    }
  }
  static void drop(ModelFile& directory, ModelFile& file) {
    if (file.is_directory()) {
      file.links = 0;
      --directory.links;
    } else {
      --file.links;
    }
  }
  static void settle(ModelFile& moved, ModelFile& from, ModelFile& to) {
    if (!moved.is_directory() || &from == &to) return;
    moved.parent = &to;
    --from.links;
    ++to.links;
  }
};

}  // namespace ocfs2
