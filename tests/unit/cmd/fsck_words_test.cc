// SPDX-License-Identifier: GPL-2.0-or-later
#include <catch2/catch.hpp>

#include <sstream>

#include "cmd/fsck.h"

namespace ocfs2 {
namespace {

/// The words of a command line, which is split at blanks.
FsckWords words_of(const std::string& line) {
  std::istringstream stream("fsck.ocfs2 " + line);
  std::vector<std::string> parts;
  for (std::string part; stream >> part;) parts.push_back(part);
  std::vector<char*> arguments;
  for (std::string& part : parts) arguments.push_back(part.data());
  FsckWords words;
  const std::optional<int> over = parse_fsck(arguments, words);
  REQUIRE(over == std::nullopt);
  return words;
}

std::string complaint_about(const std::string& line) {
  try {
    words_of(line);
  } catch (const Misuse& misuse) {
    return misuse.what();
  }
  return {};
}

}  // namespace

TEST_CASE("the generic fsck's options are understood", "[fsck_words]") {
  const FsckWords words = words_of("-a -T -M -A -R -C2 /dev/sdb1");

  REQUIRE(words.answering() == Answering::unasked);
  REQUIRE(words.no_title);
  REQUIRE(words.skip_mounted);
  REQUIRE(words.progress_file == 2);
  REQUIRE(words.device == "/dev/sdb1");
}

TEST_CASE("-C takes its number attached or as the next word, or has none", "[fsck_words]") {
  CHECK(words_of("-C2 image").progress_file == 2);
  CHECK(words_of("-C 2 image").progress_file == 2);
  CHECK(words_of("-fC 2 image").progress_file == 2);
  CHECK(words_of("-C -2 image").progress_file == -2);
  CHECK(words_of("-C image").progress_file == 0);
  CHECK(words_of("-C 5").progress_file == 0);
  CHECK(words_of("-C 5").device == "5");
  CHECK(words_of("image").progress_file == std::nullopt);
  CHECK(complaint_about("-Cx image").find("file descriptor") != std::string::npos);
  CHECK(complaint_about("-C 999 image").find("999 is not open for writing") != std::string::npos);
}

TEST_CASE("who answers can be said only once", "[fsck_words]") {
  CHECK(words_of("-pa image").answering() == Answering::unasked);
  CHECK(words_of("-N image").answering() == Answering::no);
  CHECK(words_of("-y image").answering() == Answering::yes);
  CHECK(words_of("image").answering() == Answering::ask);
  const std::string line = GENERATE("-ny image", "-n -p image", "-y -a image", "-npy image");
  CHECK(complaint_about(line) == "only one of -n, -y and -p may be given");
}

TEST_CASE("what cannot be is refused by name", "[fsck_words]") {
  CHECK(complaint_about("") == "Missing filename");
  CHECK(complaint_about("-n -D image") == "Compress directories (-D) incompatible with read-only mode");
  CHECK(complaint_about("-b 1 image").find("Invalid blkno: 1") != std::string::npos);
  CHECK(complaint_about("-B 256 image").find("Invalid blksize: 256") != std::string::npos);
  CHECK(complaint_about("-B 8192 image").find("Invalid blksize: 8192") != std::string::npos);
  CHECK(complaint_about("-B 1536 image").find("Invalid blocksize: 1536") != std::string::npos);
  CHECK_FALSE(complaint_about("-r 0 image").empty());
  CHECK_FALSE(complaint_about("-r 7 image").empty());
  CHECK_FALSE(complaint_about("-r 1 -b 2 image").empty());
  CHECK_FALSE(complaint_about("--memory 1M image").empty());
  CHECK_FALSE(complaint_about("-n --undo=x image").empty());
  CHECK_FALSE(complaint_about("image image").empty());
}

TEST_CASE("a code is explained", "[fsck_words]") {
  CHECK(explain_problem("BAD_CRC32").find("carries a checksum") != std::string::npos);
  CHECK(explain_problem("").find("[BAD_CRC32]") != std::string::npos);
  CHECK(complaint_about("--explain=BAD_CRC33").find("did you mean 'BAD_CRC32'?") != std::string::npos);
}

TEST_CASE("numbers and names arrive", "[fsck_words]") {
  const FsckWords words =
      words_of("-b 0x40 -B 1024 -tt --memory 128M --undo=back --assume-offline=3,0x5 -D image");

  CHECK(words.super_block == 64);
  CHECK(words.block_size == 1024);
  CHECK(words.statistics == 2);
  CHECK(words.memory_bytes == 128 << 20);
  CHECK(words.undo == "back");
  CHECK(words.offline->nodes == std::set<u32>{3, 5});
  CHECK_FALSE(words.offline->all);
  CHECK(words.compact);
  CHECK(words_of("--assume-offline image").offline->all);
  CHECK_FALSE(complaint_about("--assume-offline=255 image").empty());
  CHECK_FALSE(complaint_about("--assume-offline=3,no-such-host image").empty());
}

}  // namespace ocfs2
