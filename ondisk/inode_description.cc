// SPDX-License-Identifier: GPL-2.0-or-later
//
// Shows an inode with the parts of its two unions that are meant. Apart from inode.cc for length only.
#include "ondisk/directory.h"
#include "ondisk/inode.h"
#include "ondisk/xattr.h"

namespace ocfs2 {
namespace {

void describe_first_union(const Inode& inode, const FieldVisitor& visit) {
  if (inode.has_flag(inode_flag::bitmap))
    return describe_structure<BitmapTotals>(bytes_of(inode.bitmap), "id1.", visit);
  if (inode.has_flag(inode_flag::journal))
    return describe_structure<JournalState>(bytes_of(inode.journal), "id1.", visit);
  static constexpr Field row{
      .name = "i_rdev", .offset = 0xB8, .size = 8, .width = 8, .shape = Shape::hex, .big_endian = false};
  visit("id1.i_rdev", row, bytes_of(inode.device));
}

void describe_bytes(std::string_view name, std::size_t offset, ConstBytes bytes, Shape shape,
                    const FieldVisitor& visit) {
  visit("id2." + std::string(name), variable_row(name, offset, bytes.size(), shape), bytes);
}

void describe_inline_data(const Inode& inode, ConstBytes body, const FieldVisitor& visit) {
  describe_structure<InlineData>(body, "id2.", visit);
  const ConstBytes data = InlineData::data(body);
  if (inode.is_directory())
    describe_directory_area(data.first(std::min<u64>(inode.size, data.size())), "id2.", visit);
  else
    describe_bytes("id_data", Inode::body_offset + sizeof(InlineData), data, Shape::bytes, visit);
}

void describe_body(ConstBytes block, const FieldVisitor& visit) {
  const auto& inode = as<Inode>(block);
  const ConstBytes body = Inode::body(block);
  switch (inode.body_kind()) {
    case InodeBody::super_block:
      return describe_structure<SuperBlock>(body, "id2.", visit);
    case InodeBody::local_alloc:
      describe_structure<LocalAlloc>(body, "id2.", visit);
      return describe_bytes("la_bitmap", Inode::body_offset + sizeof(LocalAlloc), LocalAlloc::bitmap(body),
                            Shape::bytes, visit);
    case InodeBody::chain_list:
      return describe_chain_list(body, "id2.", visit);
    case InodeBody::truncate_log:
      describe_structure<TruncateLog>(body, "id2.", visit);
      return describe_records(TruncateLog::records(body), "id2.tl_recs", visit);
    case InodeBody::inline_data:
      return describe_inline_data(inode, body, visit);
    case InodeBody::fast_symlink:
      return describe_bytes("i_symlink", Inode::body_offset, body, Shape::text, visit);
    case InodeBody::extent_list:
      return describe_extent_list(body, "id2.", visit);
  }
}

}  // namespace

void describe_inode(ConstBytes block, const FieldVisitor& visit) {
  if (block.size() < sizeof(Inode)) return;
  constexpr auto rows = fields_of<Inode>;
  describe_fields(rows.first(rows.size() - 2), block, "", visit);
  describe_first_union(as<Inode>(block), visit);
  describe_body(block, visit);
  if (const ConstBytes area = Inode::xattr_area(block); !area.empty())
    describe_xattr_container(area, "xattrs.", visit);
}

}  // namespace ocfs2
