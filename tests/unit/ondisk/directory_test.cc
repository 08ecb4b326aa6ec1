// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/directory.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

constexpr InodeNo self{10792};
constexpr InodeNo parent{5};

std::vector<std::string> names_in(ConstBytes area) {
  std::vector<std::string> names;
  EntryWalk walk(area);
  while (walk.next())
    if (!walk.entry().free()) names.emplace_back(walk.name());
  return names;
}

std::vector<u8> empty_directory(std::size_t bytes) {
  std::vector<u8> area(bytes);
  format_first_area(area, self, parent);
  return area;
}

u16 length_at(ConstBytes area, u32 offset) { return as<DirectoryEntry>(area.subspan(offset)).record_length; }

/// A directory block of the sample volume at block 11814.
std::vector<u8> block_with_trailer() {
  std::vector<u8> block(4096);
  format_first_area(DirectoryBlock::area(Bytes(block)), self, parent);
  insert_entry(DirectoryBlock::area(Bytes(block)), "hello", InodeNo(10793), EntryType::regular);
  format_trailer(block, BlockNo(11814), self);
  return block;
}

Fields judge(ConstBytes block, u64 at = 11814) {
  return fixtures::faults(DirectoryBlock::kind, block, fixtures::sample_volume(), at);
}

}  // namespace

TEST_CASE("how long entries are", "[ondisk][directory]") {
  CHECK(DirectoryEntry::needed(1) == 16);
  CHECK(DirectoryEntry::needed(4) == 16);
  CHECK(DirectoryEntry::needed(5) == 20);
  CHECK(DirectoryEntry::needed(40) == 52);
  CHECK(DirectoryEntry::needed(255) == 268);
}

TEST_CASE("an empty directory holds itself and its parent", "[ondisk][directory]") {
  const std::vector<u8> area = empty_directory(4032);
  CHECK(names_in(area) == std::vector<std::string>{".", ".."});
  CHECK(length_at(area, 0) == 16);
  CHECK(length_at(area, 16) == 4016);
  CHECK(as<DirectoryEntry>(ConstBytes(area)).inode == self.value);
  CHECK(as<DirectoryEntry>(ConstBytes(area).subspan(16)).inode == parent.value);
  CHECK(largest_hole(area) == 4000);
}

TEST_CASE("a new entry goes into the first hole that is large enough", "[ondisk][directory]") {
  std::vector<u8> area = empty_directory(128);
  CHECK(insert_entry(area, "first", InodeNo(20), EntryType::regular) == 32u);
  CHECK(length_at(area, 16) == 16);
  CHECK(length_at(area, 32) == 96);
  CHECK(insert_entry(area, "second", InodeNo(21), EntryType::directory) == 52u);
  CHECK(names_in(area) == std::vector<std::string>{".", "..", "first", "second"});
  CHECK(find_entry(area, "second") == 52u);
  CHECK(as<DirectoryEntry>(ConstBytes(area).subspan(52)).file_type == 2);
  CHECK_FALSE(find_entry(area, "third"));

  CHECK_FALSE(insert_entry(area, std::string(60, 'x'), InodeNo(22), EntryType::regular));
  CHECK(names_in(area).size() == 4);
}

TEST_CASE("a removed entry's room goes to the one before it", "[ondisk][directory]") {
  std::vector<u8> area = empty_directory(128);
  insert_entry(area, "first", InodeNo(20), EntryType::regular);
  insert_entry(area, "second", InodeNo(21), EntryType::regular);
  CHECK(remove_entry(area, *find_entry(area, "first")));
  CHECK(names_in(area) == std::vector<std::string>{".", "..", "second"});
  CHECK(length_at(area, 16) == 36);
  CHECK(insert_entry(area, "three", InodeNo(22), EntryType::regular) == 32u);
  CHECK(names_in(area) == std::vector<std::string>{".", "..", "three", "second"});
}

TEST_CASE("the first entry of an area becomes free space when removed", "[ondisk][directory]") {
  std::vector<u8> area(64);
  format_empty_area(area);
  CHECK(largest_hole(area) == 64);
  CHECK(insert_entry(area, "one", InodeNo(20), EntryType::regular) == 0u);
  CHECK(length_at(area, 0) == 64);
  CHECK(remove_entry(area, 0));
  CHECK(names_in(area).empty());
  CHECK(length_at(area, 0) == 64);
}

TEST_CASE("a damaged entry without a name keeps the smallest length", "[ondisk][directory]") {
  std::vector<u8> area(64);
  format_empty_area(area);
  as<DirectoryEntry>(Bytes(area)).inode = 20;
  CHECK(insert_entry(area, "new", InodeNo(21), EntryType::regular) == 16u);
  CHECK(find_entry(area, "new") == 16u);
}

TEST_CASE("nothing is removed where no entry begins", "[ondisk][directory]") {
  std::vector<u8> area = empty_directory(128);
  const std::vector<u8> before = area;
  for (const u32 offset : {4u, 20u, 128u, 4000u}) CHECK_FALSE(remove_entry(area, offset));
  CHECK(area == before);
}

TEST_CASE("the smallest hole is one entry", "[ondisk][directory]") {
  std::vector<u8> area = empty_directory(60);
  insert_entry(area, "a", InodeNo(20), EntryType::regular);
  CHECK(largest_hole(area) == 0);
  std::vector<u8> larger = empty_directory(64);
  insert_entry(larger, "a", InodeNo(20), EntryType::regular);
  CHECK(largest_hole(larger) == 16);
}

TEST_CASE("a walk stops at what is no entry", "[ondisk][directory]") {
  std::vector<u8> area = empty_directory(128);
  auto& second = as<DirectoryEntry>(Bytes(area).subspan(16));
  SECTION("too short") { second.record_length = 12; }
  SECTION("shorter than its name needs") { second.name_length = 101; }
  SECTION("not a multiple of four") { second.record_length = 110; }
  SECTION("beyond the area") { second.record_length = 116; }
  SECTION("leaves a rest that is none") { second.record_length = 108; }
  EntryWalk walk(area);
  while (walk.next()) continue;
  CHECK(walk.broken());
  CHECK(walk.offset() >= 16);
  Judgement judgement;
  const VolumeFacts volume = fixtures::sample_volume();
  judge_directory_area(area, {volume, BlockNo(11814)}, judgement);
  CHECK_FALSE(judgement.clean());
}

TEST_CASE("the trailer of a real directory block", "[ondisk][directory]") {
  const std::vector<u8> trailer = fixtures::hex(
      "00 00 00 00 00 00 00 00 40 00 00 00 00 00 9c 00 44 49 52 54 52 4c 31 00 00 00 00 00 00 00 00 00"
      "00 00 00 00 00 00 00 00 26 2e 00 00 00 00 00 00 28 2a 00 00 00 00 00 00 55 08 87 28 86 31 00 00");
  const auto& fields = as<DirectoryTrailer>(ConstBytes(trailer));
  CHECK(matches(fields.signature, DirectoryTrailer::signature_text));
  CHECK(fields.free_record_length == 156);
  CHECK(fields.block == 11814);
  CHECK(fields.parent_inode == 10792);
  CHECK(fields.check.crc == 0x28870855);
  CHECK(fields.check.ecc == 0x3186);
}

TEST_CASE("a directory block with its trailer", "[ondisk][directory]") {
  std::vector<u8> block = block_with_trailer();
  DirectoryTrailer& trailer = DirectoryBlock::trailer(Bytes(block));
  CHECK(judge(block).empty());
  CHECK(trailer.free_record_length == 4032 - 16 - 16 - 20);
  SECTION("whose it is and where") {
    trailer.signature[0] = 'X';
    trailer.block = 5000;
    trailer.parent_inode = 0;
    CHECK(judge(block) == Fields{"db_signature", "db_blkno", "db_parent_dinode"});
  }
  SECTION("what old readers take for a free entry") {
    trailer.compat_inode = 5;
    trailer.compat_record_length = 60;
    CHECK(judge(block) == Fields{"db_compat_inode", "db_compat_rec_len"});
  }
  SECTION("free list") {
    trailer.free_record_length = 4036;
    trailer.free_next = 90000;
    CHECK(judge(block) == Fields{"db_free_next", "db_free_rec_len"});
  }
  SECTION("an inode outside the volume") {
    as<DirectoryEntry>(Bytes(block)).inode = 76800;
    CHECK(judge(block) == Fields{"inode"});
  }
  SECTION("a name with a slash") {
    block[32 + 12 + 2] = '/';
    CHECK(judge(block) == Fields{"name"});
  }
  SECTION("entries that reach into the trailer") {
    as<DirectoryEntry>(Bytes(block).subspan(32)).record_length += 64;
    CHECK(judge(block) == Fields{"rec_len"});
  }
}

TEST_CASE("without a trailer the entries fill the whole block", "[ondisk][directory]") {
  std::vector<u8> block = empty_directory(4096);
  const auto& kind = directory_block_kind(false);
  CHECK(fixtures::faults(kind, block, fixtures::sample_volume(), 11814).empty());
  as<DirectoryEntry>(Bytes(block).subspan(16)).record_length = 4016;
  CHECK(fixtures::faults(kind, block, fixtures::sample_volume(), 11814) == Fields{"rec_len"});
}

TEST_CASE("names and types", "[ondisk][directory]") {
  CHECK(is_legal_name("x"));
  CHECK(is_legal_name(std::string(255, 'x')));
  CHECK_FALSE(is_legal_name(""));
  CHECK_FALSE(is_legal_name(std::string(256, 'x')));
  CHECK_FALSE(is_legal_name("a/b"));
  CHECK_FALSE(is_legal_name(std::string_view("a\0b", 3)));
  CHECK(entry_type_of(0100644) == EntryType::regular);
  CHECK(entry_type_of(0040755) == EntryType::directory);
  CHECK(entry_type_of(0120777) == EntryType::symlink);
  CHECK(entry_type_of(0) == EntryType::unknown);
}

}  // namespace ocfs2
