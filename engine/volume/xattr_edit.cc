// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/volume/xattr_edit.h"

#include <algorithm>

#include "engine/error.h"
#include "engine/volume/refcount_edit.h"
#include "engine/volume/xattr_buckets.h"

namespace ocfs2 {
namespace {

constexpr u64 all_keys = u64{1} << 32;  ///< beyond every cluster of a value

bool is_acl(XattrType type) {
  return type == XattrType::posix_acl_access || type == XattrType::posix_acl_default;
}

}  // namespace

bool XattrEditor::set(std::string_view full_name, ConstBytes value, XattrMode mode) {
  const auto name = split_xattr_name(full_name);
  require_possible(full_name, name, value);
  const auto old = attributes().find(*name);
  if (mode != XattrMode::either && old.has_value() != (mode == XattrMode::replace)) return false;
  if (old) release_value(*old);
  const LooseAttribute made =
      make_attribute(*name, xattr_hash(name->suffix, volume().facts().uuid_hash), value);
  const bool was_inside = old && old->form == XattrContainer::inline_area;
  if (put_inside(made)) {
    if (old && !was_inside) take_from_outside(*old, *name);
  } else {
    put_outside(made, old);
    if (was_inside) take_from_inside(*name);
  }
  if (!made.entry.is_local()) write_value(*name, value);
  return true;
}

void XattrEditor::require_possible(std::string_view full_name, const std::optional<XattrName>& name,
                                   ConstBytes value) const {
  if (!volume().has(feature::xattr))
    fail(ErrorKind::unsupported,
         "{}: the volume has no extended attributes; enable them with tunefs.ocfs2 --fs-features=xattr",
         volume().name());
  if (!name)
    fail(ErrorKind::invalid_argument,
         "{}: \"{}\" cannot be the name of an attribute: one is user., trusted. or security. and 1 to {} "
         "bytes, "
         "or system.posix_acl_access or system.posix_acl_default",
         volume().name(), full_name, xattr_suffix_max);
  if (value.size() > xattr_value_max)
    fail(ErrorKind::invalid_argument, "{}: the value of {} has {} bytes, and {} are the most",
         volume().name(), full_name, value.size(), xattr_value_max);
  if (is_acl(name->type) && (value.empty() || value.size() % sizeof(AclEntry) != 0))
    fail(ErrorKind::invalid_argument, "{}: {} bytes are no access control list; each entry has {}",
         volume().name(), value.size(), sizeof(AclEntry));
}

bool XattrEditor::remove(std::string_view full_name) {
  const auto name = split_xattr_name(full_name);
  const auto old = name ? attributes().find(*name) : std::nullopt;
  if (!old) return false;
  release_value(*old);
  if (old->form == XattrContainer::inline_area)
    take_from_inside(*name);
  else
    take_from_outside(*old, *name);
  return true;
}

// Inside the inode.

Bytes XattrEditor::edit_area() {
  return Inode::xattr_area(transaction_.edit_as(block_of(inode_), Inode::kind));
}

/// Whether what the inode holds leaves its end free. Blocks of 512 bytes are too small for that.
bool XattrEditor::can_make_area() const {
  const u64 wanted = volume().super().xattr_inline_size;
  if (geometry().block_size() == block_size_min || wanted < xattr_inline_size_default || wanted % 16 != 0)
    return false;
  const auto ref = inode();
  const u64 body = geometry().block_size() - Inode::body_offset;
  switch (ref->body_kind()) {
    case InodeBody::inline_data:
      return ref->inline_data.count >= ref->size + wanted;
    case InodeBody::fast_symlink:
      return body >= ref->size + 1 + wanted;  // its NUL, too
    case InodeBody::extent_list:
      return ref->extents.count >= ref->extents.used + wanted / sizeof(ExtentRecord);
    default:
      return false;
  }
}

void XattrEditor::make_area() {
  const Bytes block = transaction_.edit_as(block_of(inode_), Inode::kind);
  Inode& edited = as<Inode>(block);
  const u16 bytes = volume().super().xattr_inline_size;
  if (edited.body_kind() == InodeBody::inline_data) edited.inline_data.count -= bytes;
  if (edited.body_kind() == InodeBody::extent_list)
    edited.extents.count -= static_cast<u16>(bytes / sizeof(ExtentRecord));
  edited.xattr_inline_size = bytes;
  edited.dynamic_features |= dynamic_feature::has_xattr | dynamic_feature::inline_xattr;
  std::ranges::fill(Inode::xattr_area(block), 0);
}

/// False when it does not fit.
bool XattrEditor::put_inside(const LooseAttribute& attribute) {
  const bool is_there = inode()->xattr_area_bytes() != 0;
  if (!is_there) {
    if (!can_make_area()) return false;
    std::vector<u8> trial(volume().super().xattr_inline_size);
    if (!lay_out_attributes(trial, XattrContainer::inline_area, geometry().block_size(), {&attribute, 1}))
      return false;
    make_area();
  }
  auto all = loosen_attributes(Inode::xattr_area(inode().bytes()));
  drop_attribute(all, attribute.name());
  add_attribute(all, XattrContainer::inline_area, attribute);
  return lay_out_attributes(edit_area(), XattrContainer::inline_area, geometry().block_size(), all);
}

void XattrEditor::take_from_inside(const XattrName& name) {
  const Bytes area = edit_area();
  auto all = loosen_attributes(area);
  drop_attribute(all, name);
  require(lay_out_attributes(area, XattrContainer::inline_area, geometry().block_size(), all));
}

// In a block of their own, or what that leads to.

Bytes XattrEditor::edit_block() {
  return XattrBlock::container(transaction_.edit_as(xattr_block(), XattrBlock::kind));
}

void XattrEditor::make_block() {
  const NewBlock place = space_.allocate_metadata(transaction_);
  auto& block = transaction_.create<XattrBlock>(place.block);
  stamp(block.signature, XattrBlock::signature_text);
  set_origin(block, place.origin);
  block.fs_generation = volume().facts().generation;
  block.block = place.block.value;
  Inode& edited = transaction_.edit<Inode>(block_of(inode_));
  edited.xattr_block = place.block.value;
  edited.dynamic_features |= dynamic_feature::has_xattr;
}

void XattrEditor::give_block_back() {
  const BlockNo at = xattr_block();
  space_.free_metadata(transaction_, at, origin_of(*transaction_.read<XattrBlock>(at)));
  Inode& edited = transaction_.edit<Inode>(block_of(inode_));
  edited.xattr_block = 0;
  if (!edited.has_dynamic(dynamic_feature::inline_xattr))
    edited.dynamic_features &= static_cast<u16>(~dynamic_feature::has_xattr);
}

void XattrEditor::put_outside(const LooseAttribute& attribute, const std::optional<XattrSpot>& old) {
  if (xattr_block() == BlockNo()) make_block();
  XattrBuckets buckets(transaction_, space_, inode_);
  if (indexed()) {
    // Who hashed the name by the other convention has it in another place.
    if (old && old->form == XattrContainer::bucket && old->entry.name_hash != attribute.hash())
      buckets.remove(attribute.name(), old->entry.name_hash);
    return buckets.put(attribute);
  }
  auto all = loosen_attributes(edit_block());
  drop_attribute(all, attribute.name());
  add_attribute(all, XattrContainer::block, attribute);
  if (!lay_out_attributes(edit_block(), XattrContainer::block, geometry().block_size(), all))
    buckets.build(std::move(all));
}

void XattrEditor::take_from_outside(const XattrSpot& old, const XattrName& name) {
  if (old.form == XattrContainer::bucket) {
    XattrBuckets buckets(transaction_, space_, inode_);
    if (buckets.remove(name, old.entry.name_hash)) return;
    buckets.release();
    return give_block_back();
  }
  auto all = loosen_attributes(edit_block());
  drop_attribute(all, name);
  if (all.empty()) return give_block_back();
  require(lay_out_attributes(edit_block(), XattrContainer::block, geometry().block_size(), all));
}

// Values with clusters of their own.

/// The root stays, and has no clusters then.
void XattrEditor::release_value(const XattrSpot& spot) {
  if (spot.entry.is_local()) return;
  const ExtentRoot root = ExtentRoot::of_value(spot.block, spot.kind(), spot.value_root_offset());
  for (u64 end = all_keys; end > 0;)
    end =
        release_extents(transaction_, space_, root, BlockNo(inode()->refcount_root), 0, end, ~std::size_t{0});
}

void XattrEditor::write_value(const XattrName& name, ConstBytes value) {
  const XattrSpot spot = *attributes().find(name);
  const ExtentRoot root = ExtentRoot::of_value(spot.block, spot.kind(), spot.value_root_offset());
  ClusterNo near;
  for (u64 cpos = 0, end = geometry().clusters_for(value.size()); cpos < end;) {
    const BitRun run = space_.allocate_clusters(transaction_, static_cast<u32>(end - cpos), near);
    const BlockNo block = geometry().first_block_of(ClusterNo(run.first));
    const ConstBytes rest = value.subspan(cpos << geometry().cluster_bits);
    transaction_.write_data(block,
                            rest.first(std::min<u64>(rest.size(), run.count << geometry().cluster_bits)));
    ExtentEdit(transaction_, space_, root).insert({.cpos = cpos, .clusters = run.count, .block = block});
    cpos += run.count;
    near = ClusterNo(run.first + run.count);
  }
}

}  // namespace ocfs2
