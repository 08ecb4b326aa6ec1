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

/// A volume that is filled while it is made.
struct FilledWorld {
  explicit FilledWorld(TreeSource& source, VolumeWish wish = {}, const FillTimes& times = {1'900'000'000})
      : world(filled(source, std::move(wish), times)), volume(Volume::open(world.device)), node(*volume) {}

  VolumeWish filled(TreeSource& source, VolumeWish wish, const FillTimes& times) {
    wish.fill = [this, &source, times](Volume& fresh, WriteAhead& way) {
      SilentReporter reporter;
      done = populate(fresh, way, times, source, reporter);
    };
    return wish;
  }

  Populated done;
  VolumeWorld world;
  std::unique_ptr<Volume> volume;
  Node node;
};

TEST_CASE("a volume that was filled has what the directory has", "[files]") {
  const SampleTree sample;
  for (const u32 block_size : {1024u, 4096u}) {
    VolumeWish wish;
    wish.block_size = block_size;
    wish.features = wish.features | feature::usrquota | feature::grpquota | feature::metaecc;
    DirectorySource source(sample.top);
    FilledWorld filled(source, wish);
    CHECK(filled.done.files > 8);
    CHECK(filled.done.bytes < 4'000'000);  // not the holes
    DirectorySource again(sample.top);
    const Tree expected = tree_of(again), found = tree_of(filled.node);
    for (const auto& [path, text] : expected) {
      INFO(path);
      REQUIRE((found.at(path) == text));
    }
    REQUIRE(found.size() == expected.size());
    require_sound(filled.world.device);
  }
}

TEST_CASE("the same tree makes the same volume, and no time is later than it is asked to be", "[files]") {
  const SampleTree sample;
  const FillTimes times{.now = 1'000'000'000, .reproducible = true};
  DirectorySource source(sample.top), again(sample.top);
  FilledWorld first(source, {}, times);
  shell("cat " + sample.top + "/file > /dev/null && touch -a " + sample.top + "/file");
  FilledWorld second(again, {}, times);
  std::vector<u8> one(first.world.device.size_bytes()), other(one.size());
  first.world.device.read(0, one);
  second.world.device.read(0, other);
  REQUIRE((one == other));
  const FileStatus file = first.node.status(first.node.lookup(first.volume->root(), "holes").value());
  CHECK(file.modification.seconds == times.now);
  CHECK(file.access.seconds == times.now);
  CHECK(file.change.seconds == times.now);
}

TEST_CASE("a volume as small as this cannot hold the tree", "[files]") {
  const SampleTree sample;
  shell("head -c 60000000 /dev/zero > " + sample.top + "/zeros");
  DirectorySource source(sample.top);
  VolumeWish wish;
  SilentReporter reporter;
  wish.fill = [&](Volume& fresh, WriteAhead& way) { populate(fresh, way, {}, source, reporter); };
  try {
    VolumeWorld world(wish);
    FAIL("it was filled");
  } catch (const Error& error) {
    CHECK(error.kind() == ErrorKind::no_space);
    CHECK_THAT(error.what(), Catch::Matchers::StartsWith("\"zeros\": "));
  }
}

TEST_CASE("an archive may name things twice, leave directories out, or be damaged", "[files]") {
  ScratchDirectory scratch;
  const std::string top = scratch / "tree", archive = scratch / "archive.tar";
  // The second time a file is longer, another is a link, a directory is a file, and a file is a directory.
  shell("mkdir -p " + top + "/a/b " + top + "/empty && cd " + top +
        " && echo 1 > a/b/c && echo 2 > one && ln one two && echo 3 > becomes && echo 4 > link && tar -cf " +
        archive + " a/b/c one two becomes link empty");
  shell("cd " + top + " && echo 22 > a/b/c && rm one becomes link && rmdir empty && mkdir becomes && " +
        "ln -s one link && echo 5 > empty && echo 6 > becomes/x && tar -rf " + archive +
        " a/b/c becomes link empty");
  VolumeWish wish;
  wish.features = wish.features | feature::usrquota;
  {
    std::ifstream file(archive, std::ios::binary);
    TarSource source = open_tar(file);
    FilledWorld filled(source, wish);
    const Tree tree = tree_of(filled.node);
    CHECK(tree.at("a/b/c").ends_with("22\n"));
    CHECK(tree.at("one").ends_with("2\n"));
    CHECK(tree.at("becomes/x").ends_with("6\n"));
    CHECK(tree.at("empty").ends_with("5\n"));
    CHECK_THAT(tree.at("link"), Catch::Matchers::Contains(" one"));
    CHECK(tree.size() == 10);
    CHECK(filled.done.files == 9);  // lost+found is not among them, and the root was told by nobody
    require_sound(filled.world.device);
  }
  shell("truncate -s 700 " + archive);
  std::ifstream cut(archive, std::ios::binary);
  TarSource source = open_tar(cut);
  CHECK_THROWS_AS(FilledWorld(source, wish), Error);
  std::ofstream(archive) << std::string(2000, 'n');
  std::ifstream none(archive, std::ios::binary);
  TarSource no_archive = open_tar(none);
  CHECK_THROWS_AS(no_archive.next(), Error);
}

}  // namespace ocfs2
