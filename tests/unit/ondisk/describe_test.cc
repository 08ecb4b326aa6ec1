// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/describe.h"

#include <catch2/catch.hpp>
#include <map>

#include "ondisk/group.h"
#include "ondisk/index.h"
#include "ondisk/jbd2.h"
#include "ondisk/refcount.h"
#include "ondisk/super_inode.h"
#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {

namespace {

std::map<std::string, u64> numbers_of(ConstBytes block, const BlockKind& kind) {
  std::map<std::string, u64> numbers;
  describe(block, kind, [&](const std::string& path, const Field& field, ConstBytes value) {
    if (field.is_number()) numbers[path] = field.number_of(value);
  });
  return numbers;
}

std::map<std::string, std::string> texts_of(ConstBytes block, const BlockKind& kind) {
  std::map<std::string, std::string> texts;
  describe(block, kind, [&](const std::string& path, const Field& field, ConstBytes value) {
    if (field.shape == Shape::text) texts[path] = std::string(value.begin(), value.end());
  });
  return texts;
}

}  // namespace

TEST_CASE("a field is found by its established name", "[ondisk][describe]") {
  const Field* row = find_field(fields_of<Inode>, "i_size");
  REQUIRE(row != nullptr);
  CHECK(row->offset == 0x20);
  CHECK(find_field(fields_of<Inode>, "i_nothing") == nullptr);

  std::vector<u8> block = fixtures::root_directory();
  CHECK(row->number_in(block) == 3896);
  row->set_number(block, 100);
  CHECK(as<Inode>(ConstBytes(block)).size == 100);
}

TEST_CASE("fields of the log are read the other way round", "[ondisk][describe]") {
  JournalSuperBlock super{};
  const Field* row = find_field(fields_of<JournalSuperBlock>, "s_maxlen");
  REQUIRE(row != nullptr);
  row->set_number(Bytes(reinterpret_cast<u8*>(&super), sizeof(super)), 0x1000);
  CHECK(super.blocks == 0x1000);
  CHECK(row->number_in(bytes_of(super)) == 0x1000);
}

TEST_CASE("the superblock is shown with its parts", "[ondisk][describe]") {
  const auto numbers = numbers_of(fixtures::super_block(), SuperInode::kind);
  CHECK(numbers.at("i_clusters") == 76800);
  CHECK(numbers.at("i_check.bc_crc32e") == 0xAA04535D);
  CHECK(numbers.at("id2.s_max_slots") == 2);
  CHECK(numbers.at("id2.s_dx_seed[2]") == 0x6D1C8E8B);
  CHECK(numbers.count("id2.l_count") == 0);
  CHECK(texts_of(fixtures::super_block(), SuperInode::kind).at("id2.s_label").substr(0, 7) ==
        std::string("eccvol\0", 7));
}

TEST_CASE("an inline directory is shown with its entries", "[ondisk][describe]") {
  const auto block = fixtures::root_directory();
  CHECK(numbers_of(block, Inode::kind).at("id2.entries[2].inode") == 10791);
  CHECK(texts_of(block, Inode::kind).at("id2.entries[2].name") == "lost+found");
}

TEST_CASE("lists are shown with the records in use", "[ondisk][describe]") {
  const auto index = numbers_of(fixtures::index_root(), IndexRoot::kind);
  CHECK(index.at("dr_list.l_recs[3].e_blkno") == 11822);
  CHECK(index.count("dr_list.l_recs[4].e_blkno") == 0);
  const auto refcounts = numbers_of(fixtures::refcount_root(), RefcountBlock::kind);
  CHECK(refcounts.at("rf_records.rl_recs[1].r_clusters") == 3);
}

TEST_CASE("every byte of a group belongs to one field", "[ondisk][describe]") {
  const auto block = fixtures::first_group();
  std::size_t bytes = 0;
  describe(block, GroupDescriptor::kind,
           [&](const std::string&, const Field&, ConstBytes value) { bytes += value.size(); });
  CHECK(bytes == block.size());
}

TEST_CASE("what is too short for its structure is shown as far as whole fields go", "[ondisk][describe]") {
  std::size_t fields = 0;
  const auto count = [&](const std::string&, const Field&, ConstBytes) { ++fields; };
  const auto block = fixtures::root_directory();
  describe_structure<Inode>(ConstBytes(block).first(0x30), "", count);
  CHECK(fields == 13);
  fields = 0;
  describe(ConstBytes(block).first(100), Inode::kind, count);
  CHECK(fields == 0);
}

}  // namespace ocfs2
