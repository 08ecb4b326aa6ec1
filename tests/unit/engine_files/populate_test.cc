// SPDX-License-Identifier: GPL-2.0-or-later
//
// A tree of this host, the same tree in every form of archive that tar makes, and a volume that was filled
// with it: all of them tell the same.
#include "engine/files/populate.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "engine/files/directory_source.h"
#include "engine/files/tar_source.h"
#include "tests/worlds/node_world.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

using Tree = std::map<std::string, std::string>;  ///< by path: everything that is told

/// What older forms of archive do not have counts only in `detail`.
std::string words_of(const SourceFile& file, const std::string& content, bool detail) {
  std::string text = fmt::format("{:o} {}:{} {} {} {:x} {}", file.mode, file.uid, file.gid, file.size,
                                 file.modification.seconds, file.device, file.target);
  if (detail) text += fmt::format(" {}", file.modification.nanoseconds);
  for (const auto& [name, value] : file.attributes)
    if (detail) text += fmt::format(" {}={}", name, std::string(value.begin(), value.end()));
  return text + " " + content;
}

/// Names that share a file tell what the first one does.
Tree tree_of(TreeSource& source, bool detail = true) {
  Tree tree;
  while (const auto file = source.next()) {
    if (file->same_as) {
      tree[file->path] = tree.at(*file->same_as);
      continue;
    }
    std::string content(file->size, '\0');
    while (const auto piece = source.next_piece()) {
      REQUIRE(piece->offset + piece->bytes.size() <= content.size());
      std::ranges::copy(piece->bytes, content.begin() + static_cast<std::ptrdiff_t>(piece->offset));
    }
    tree[file->path] = words_of(*file, content, detail);
  }
  return tree;
}

Tree tree_of(Node& node) {
  Tree tree;
  std::vector<std::pair<std::string, InodeNo>> ahead = {{"", node.volume().root()}};
  while (!ahead.empty()) {
    const auto [path, inode] = ahead.back();
    ahead.pop_back();
    const FileStatus status = node.status(inode);
    SourceFile file{.path = path,
                    .mode = status.mode,
                    .uid = status.uid,
                    .gid = status.gid,
                    .modification = status.modification,
                    .device = status.device};
    std::string content;
    for (const XattrItem& item : node.attributes(inode))
      file.attributes[item.name] = node.attribute(inode, item.name).value();
    switch (status.mode & file_mode::type_mask) {
      case file_mode::regular:
        file.size = status.size;
        content.resize(status.size);
        node.read(inode, 0, {reinterpret_cast<u8*>(content.data()), content.size()});
        break;
      case file_mode::symlink:
        file.target = node.read_link(inode);
        break;
      case file_mode::directory:
        for (const DirectoryItem& item : node.list(inode))
          if (item.name != "." && item.name != ".." && item.name != "lost+found")
            ahead.emplace_back((path.empty() ? "" : path + "/") + item.name, item.inode);
        break;
      default:
        break;
    }
    tree[path] = words_of(file, content, true);
  }
  return tree;
}

void shell(const std::string& command) {
  INFO(command);
  REQUIRE(std::system(command.c_str()) == 0);
}

/// A directory with everything in it.
struct SampleTree {
  ScratchDirectory scratch;
  std::string top = scratch / "tree";

  SampleTree() {
    const std::string deep = top + "/" + std::string(120, 'd') + "/" + std::string(130, 'e');
    shell("mkdir -p " + deep + " " + top + "/empty");
    std::ofstream(top + "/file") << "content";
    std::ofstream(deep + "/" + std::string(200, 'f')) << std::string(3'000'000, 'x');
    std::ofstream(top + "/nothing");
    std::ofstream holes(top + "/holes");
    for (const long offset : {0L, 1'000'000L, 2'500'000L, 7'000'000L, 7'700'000L, 9'000'000L}) {
      holes.seekp(offset);
      holes << std::string(5000, 'h');
    }
    holes.close();
    shell("truncate -s 12000000 " + top + "/holes");
    shell("cd " + top + " && ln file second && ln -s ../elsewhere link && ln -s " + std::string(300, 'l') +
          " longlink && mkfifo pipe && chmod 4751 file && touch -d '2001-02-03 04:05:06.789' file empty");
    if (geteuid() == 0)
      shell("cd " + top + " && { mknod device c 260 70000 || true; } && chown 70001:70002 file");
    setxattr((top + "/file").c_str(), "user.comment", "an attribute", 12, 0);
    shell("cd " + top +
          " && { setfacl -m u:1234:rw,g:4321:r file && setfacl -d -m u:1234:rw empty; } || true");
  }
};

TarSource open_tar(std::ifstream& file) {
  return {"archive",
          [&](Bytes into) {
            file.read(reinterpret_cast<char*>(into.data()), static_cast<std::streamsize>(into.size()));
            return static_cast<std::size_t>(file.gcount());
          },
          [](std::string_view, std::string_view) { return std::nullopt; }};
}

}  // namespace

TEST_CASE("every form of archive tells what the directory does", "[files]") {
  const SampleTree sample;
  const auto compare = [&](const std::string& options, bool detail) {
    INFO(options);
    const std::string archive = sample.scratch / "archive.tar";
    shell("tar --numeric-owner " + options + " -C " + sample.top + " -cf " + archive + " .");
    std::ifstream file(archive, std::ios::binary);
    TarSource source = open_tar(file);
    DirectorySource directory(sample.top);
    const Tree found = tree_of(source, detail), expected = tree_of(directory, detail);
    REQUIRE(found.size() == expected.size());
    for (const auto& [path, text] : expected) {
      INFO(path);
      REQUIRE((found.at(path) == text));
    }
  };
  compare("--format=posix --xattrs --xattrs-include='*' --acls", true);
  for (const char* version : {"0.0", "0.1", "1.0"})
    compare(std::string("--format=posix --xattrs --xattrs-include='*' --acls -S --sparse-version=") + version,
            true);
  compare("--format=gnu", false);
  compare("--format=gnu -S", false);
}

TEST_CASE("a volume that was filled has what the directory has", "[files]") {
  const SampleTree sample;
  for (const u32 block_size : {1024u, 4096u}) {
    VolumeWish wish;
    wish.block_size = block_size;
    wish.features = wish.features | feature::usrquota | feature::grpquota;
    VolumeWorld world(wish);
    Alone alone;
    NodeHost host(world.device, 0, alone);
    SilentReporter reporter;
    DirectorySource source(sample.top);
    const Populated done = populate(host.node, source, reporter);
    CHECK(done.files > 8);
    CHECK(done.bytes < 4'000'000);  // not the holes
    DirectorySource again(sample.top);
    const Tree expected = tree_of(again), found = tree_of(host.node);
    for (const auto& [path, text] : expected) {
      INFO(path);
      REQUIRE((found.at(path) == text));
    }
    REQUIRE(found.size() == expected.size());
    host.node.close();
    require_sound(world.device);
  }
}

TEST_CASE("an archive may name things twice, leave directories out, or be damaged", "[files]") {
  ScratchDirectory scratch;
  const std::string top = scratch / "tree", archive = scratch / "archive.tar";
  shell("mkdir -p " + top + "/a/b && echo 1 > " + top + "/a/b/c && tar -C " + top + " -cf " + archive +
        " a/b/c");
  shell("echo 22 > " + top + "/a/b/c && tar -C " + top + " -rf " + archive + " a/b/c");
  VolumeWorld world;
  Alone alone;
  NodeHost host(world.device, 0, alone);
  SilentReporter reporter;
  {
    std::ifstream file(archive, std::ios::binary);
    TarSource source = open_tar(file);
    populate(host.node, source, reporter);
    const Tree tree = tree_of(host.node);
    CHECK(tree.at("a/b/c").ends_with("22\n"));
  }
  shell("truncate -s 700 " + archive);
  std::ifstream cut(archive, std::ios::binary);
  TarSource source = open_tar(cut);
  CHECK_THROWS_AS(populate(host.node, source, reporter), Error);
  std::ofstream(archive) << std::string(2000, 'n');
  std::ifstream none(archive, std::ios::binary);
  TarSource no_archive = open_tar(none);
  CHECK_THROWS_AS(no_archive.next(), Error);
}

}  // namespace ocfs2
