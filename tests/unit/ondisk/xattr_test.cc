// SPDX-License-Identifier: GPL-2.0-or-later
#include "ondisk/xattr.h"

#include <catch2/catch.hpp>

#include "tests/unit/ondisk/fixtures.h"

namespace ocfs2 {
using fixtures::Fields;

namespace {

std::vector<u8> bytes_with(std::size_t size, u32 at, const std::string& pair) {
  std::vector<u8> bytes(size);
  std::copy(pair.begin(), pair.end(), bytes.begin() + at);
  return bytes;
}

/// The inline area of the specification: user.comment = hello, security.selinux = a context.
std::vector<u8> inline_area() {
  std::vector<u8> area =
      bytes_with(256, 0xC8, std::string("selinux\0unconfined_u:object_r:file_t:s0\0comment\0hello", 53));
  const auto entries = fixtures::hex(
      "02 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
      "b7 c9 fc c8 f0 00 07 81 05 00 00 00 00 00 00 00"
      "df e6 ee dc c8 00 07 85 20 00 00 00 00 00 00 00");
  std::copy(entries.begin(), entries.end(), area.begin());
  return area;
}

Fields judge(ConstBytes container, XattrContainer form) {
  const VolumeFacts volume = fixtures::sample_volume();
  Judgement judgement;
  judge_xattr_container(container, form, Place{volume, BlockNo(9000)}, judgement);
  Fields fields;
  for (const Fault& fault : judgement.faults()) fields.emplace_back(fault.field);
  return fields;
}
Fields judge_area(ConstBytes area) { return judge(area, XattrContainer::inline_area); }

/// A bucket with user.one and user.two, sorted, at its end.
std::vector<u8> bucket() {
  std::vector<u8> bytes = bytes_with(4096, 4080, std::string("two\0vv\0\0one\0v\0\0\0", 16));
  auto& header = as<XattrHeader>(Bytes(bytes));
  header.count = 2;
  header.free_start = 4080;
  header.name_value_bytes = 16;
  header.buckets = 1;
  const u32 seed = fixtures::sample_volume().uuid_hash;
  const auto entries = XattrHeader::entries(Bytes(bytes));
  entries[0] = {xattr_hash("one", seed), 4088, 3, 0x81, 1};
  entries[1] = {xattr_hash("two", seed), 4080, 3, 0x81, 2};
  if (entries[1].name_hash < entries[0].name_hash) std::swap(entries[0], entries[1]);
  return bytes;
}

std::vector<u8> xattr_block() {
  std::vector<u8> block(4096);
  auto& xattrs = as<XattrBlock>(Bytes(block));
  stamp(xattrs.signature, XattrBlock::signature_text);
  xattrs.fs_generation = fixtures::sample_volume().generation;
  xattrs.block = 9000;
  const std::vector<u8> area = inline_area();
  std::copy(area.begin(), area.end(), XattrBlock::container(Bytes(block)).begin());
  return block;
}

}  // namespace

TEST_CASE("the hash of attribute names", "[ondisk][xattr]") {
  CHECK(xattr_hash("comment", 0x7A037A03) == 0xC8FCC9B7);
  CHECK(xattr_hash("selinux", 0x7A037A03) == 0xDCEEE6DF);
  CHECK(xattr_hash("", 0x7A037A03) == 0x7A037A03);
  CHECK(xattr_hash("comment", 0x0C8DDE5F) == 0x7C89EB54);
  CHECK(xattr_hash("selinux", 0x0C8DDE5F) == 0x689BC43C);
  CHECK(xattr_hash("a", 0x0C8DDE5F) == 0x91BBCB80);
  CHECK(xattr_hash("\x80", 0, CharSign::plain_signed) == 0xFFFFFF80);
  CHECK(xattr_hash("\x80", 0, CharSign::plain_unsigned) == 0x80);
}

TEST_CASE("names are a type and a suffix", "[ondisk][xattr]") {
  const auto user = split_xattr_name("user.comment");
  REQUIRE(user);
  CHECK(user->type == XattrType::user);
  CHECK(user->suffix == "comment");
  const auto acl = split_xattr_name("system.posix_acl_access");
  REQUIRE(acl);
  CHECK(acl->type == XattrType::posix_acl_access);
  CHECK(acl->suffix.empty());
  for (const std::string& name : {std::string("user."), std::string("comment"), std::string("system.other"),
                                  std::string("system.posix_acl_accessory"), "user." + std::string(256, 'x')})
    CHECK_FALSE(split_xattr_name(name));
  CHECK(xattr_prefix(5) == "security.");
  CHECK(xattr_prefix(6).empty());
}

TEST_CASE("the inline area of the specification", "[ondisk][xattr]") {
  const std::vector<u8> area = inline_area();
  CHECK(judge_area(area).empty());
  const auto entries = XattrHeader::entries(ConstBytes(area));
  REQUIRE(entries.size() == 2);
  CHECK(*xattr_suffix(area, entries[0]) == "comment");
  const ConstBytes value = *xattr_local_value(area, entries[0]);
  CHECK(std::string(value.begin(), value.end()) == "hello");
  CHECK(entries[1].type() == 5);
  CHECK(entries[1].is_local());
  CHECK(entries[1].pair_bytes() == 40);
  CHECK_FALSE(xattr_value_root(area, entries[0]));
}

TEST_CASE("damage in the entries of a container", "[ondisk][xattr]") {
  std::vector<u8> area = inline_area();
  const auto entries = XattrHeader::entries(Bytes(area));
  SECTION("more entries than fit") {
    as<XattrHeader>(Bytes(area)).count = 16;
    CHECK(judge_area(area).front() == "xh_count");
  }
  SECTION("an unknown name space") {
    entries[0].type_and_local = 0x86;
    CHECK(judge_area(area) == Fields{"xe_type"});
  }
  SECTION("a value that is local without being so") {
    entries[0].type_and_local = 0x01;
    CHECK(judge_area(area) == Fields{"xe_type"});
  }
  SECTION("a pair outside the container, or over the entries") {
    entries[0].name_offset = 0xF4;
    CHECK(judge_area(area) == Fields{"xe_name_offset"});
    entries[0].name_offset = 0x20;
    CHECK(judge_area(area) == Fields{"xe_name_offset"});
  }
  SECTION("another name's hash") {
    entries[0].name_hash += 1;
    CHECK(judge_area(area) == Fields{"xe_name_hash"});
  }
  SECTION("pairs over one another") {
    entries[1] = entries[0];
    CHECK(judge_area(area) == Fields{"xe_name_offset"});
  }
  SECTION("a user attribute without a name") {
    entries[0].name_length = 0;
    entries[0].name_hash = fixtures::sample_volume().uuid_hash;
    CHECK(judge_area(area) == Fields{"xe_name_len"});
  }
  SECTION("a value size that no arithmetic survives") {
    entries[0].value_size = ~u64{0};
    CHECK_FALSE(judge_area(area).empty());
    CHECK_FALSE(xattr_local_value(area, entries[0]));
  }
}

TEST_CASE("a large value has a root of its own", "[ondisk][xattr]") {
  std::vector<u8> area = bytes_with(256, 204, "big");
  as<XattrHeader>(Bytes(area)).count = 1;
  auto& entry = XattrHeader::entries(Bytes(area))[0];
  entry = {xattr_hash("big", fixtures::sample_volume().uuid_hash), 204, 3, 0x01, 5000};
  auto& root = as<XattrValueRoot>(Bytes(area).subspan(208));
  root.clusters = 2;
  root.list.count = 1;
  root.list.used = 1;
  root.record = {.cpos = 0, .clusters = 2, .reserved = 0, .flags = 0, .block = 20000};
  CHECK(entry.pair_bytes() == 52);
  CHECK(judge_area(area).empty());
  CHECK(ExtentList::records(XattrValueRoot::list_bytes(*xattr_value_root(area, entry))).size() == 1);

  root.list.count = 2;
  root.clusters = 3;
  CHECK(judge_area(area) == Fields{"l_count", "xr_clusters"});
}

TEST_CASE("a bucket is sorted, and its pairs keep inside blocks", "[ondisk][xattr]") {
  std::vector<u8> bytes = bucket();
  auto& header = as<XattrHeader>(Bytes(bytes));
  const auto entries = XattrHeader::entries(Bytes(bytes));
  const auto faults = [&](const VolumeFacts& volume) {
    return fixtures::faults(XattrBucket::kind, bytes, volume, 9000);
  };
  CHECK(faults(fixtures::sample_volume()).empty());
  CHECK(XattrBucket::kind.region_bytes == 4096);
  SECTION("order") {
    std::swap(entries[0], entries[1]);
    CHECK(faults(fixtures::sample_volume()) == Fields{"xe_name_hash"});
  }
  SECTION("free space that holds a pair") {
    header.free_start = 4084;
    CHECK(faults(fixtures::sample_volume()) == Fields{"xe_name_offset"});
    header.free_start = 4097;
    CHECK(faults(fixtures::sample_volume()).front() == "xh_free_start");
  }
  SECTION("a pair across a block boundary") {
    VolumeFacts volume = fixtures::sample_volume();
    volume.geometry.block_bits = 9;
    CHECK(faults(volume).empty());
    std::copy_n(bytes.begin() + 4080, 8, bytes.begin() + 3580);
    for (XattrEntry& entry : entries)
      if (entry.name_offset == 4080) entry.name_offset = 3580;
    header.free_start = 3580;
    CHECK(faults(volume) == Fields{"xe_name_offset"});
    CHECK(faults(fixtures::sample_volume()).empty());
  }
}

TEST_CASE("xattr blocks", "[ondisk][xattr]") {
  std::vector<u8> block = xattr_block();
  auto& xattrs = as<XattrBlock>(Bytes(block));
  const auto faults = [&] {
    return fixtures::faults(XattrBlock::kind, block, fixtures::sample_volume(), 9000);
  };
  CHECK(faults().empty());
  SECTION("whose it is and where") {
    xattrs.signature[0] = 'x';
    xattrs.block = 0;
    xattrs.fs_generation = 0;
    xattrs.suballoc_slot = 2;
    xattrs.flags = 2;
    CHECK(faults() == Fields{"xb_signature", "xb_blkno", "xb_fs_generation", "xb_suballoc_slot", "xb_flags"});
  }
  SECTION("a damaged entry") {
    XattrHeader::entries(XattrBlock::container(Bytes(block)))[0].name_hash = 1;
    CHECK(faults() == Fields{"xe_name_hash"});
  }
  SECTION("an index of buckets") {
    std::fill(block.begin() + XattrBlock::body_offset, block.end(), 0);
    xattrs.flags = XattrBlock::indexed;
    xattrs.root.clusters = 1;
    xattrs.root.list.count = 251;
    xattrs.root.list.used = 1;
    ExtentList::records(XattrBlock::list_bytes(Bytes(block)))[0] = {
        .cpos = 0, .clusters = 1, .reserved = 0, .flags = 0, .block = 20000};
    CHECK(faults().empty());
    xattrs.root.clusters = 2;
    xattrs.root.list.count = 243;
    CHECK(faults() == Fields{"l_count", "xt_clusters"});
  }
}

}  // namespace ocfs2
